// Package iam turns the grants that an application picked on its connections into least
// privilege: platform-neutral values that one small package per platform renders.
//
//	bindings, problems := iam.Bind("queue", "shop/dev.events.queue", "aws-sqs-queue@1.0.0", exposed, []string{"publish"})
//	access := iam.Access{Instance: "shop/dev.api", Identity: iam.Function, Bindings: bindings}
//	rendered, err := aws.Render(access, data) // package iam/aws
//
// The author of a type says what can be granted, a bundle exposes some of it, a consumer
// picks. What is not exposed cannot be bound; a connection without grants gives data, not
// permission. Values here hold no data of artifacts and no secrets.
package iam
