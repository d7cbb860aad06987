package iam_test

import (
	"encoding/json"
	"fmt"
	"testing/fstest"

	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/iam"
)

// exposed is what a producer lets others bind.
var exposed, _ = artifacts.ParseGrants(map[string]any{
	"publish": map[string]any{"aws": []any{map[string]any{"actions": []any{"sqs:SendMessage"}, "resources": []any{"{{.arn}}"}}}},
	"consume": map[string]any{
		"aws": []any{map[string]any{"actions": []any{"sqs:ReceiveMessage", "sqs:DeleteMessage"}, "resources": []any{"{{.arn}}"}}},
		"gcp": map[string]any{"role": "roles/pubsub.subscriber"},
	},
}, nil)

func ExampleBind() {
	bindings, problems := iam.Bind("events", "shop/dev.events.queue", "aws-sqs-queue@1.0.0", exposed, []string{"publish", "consum"})
	for _, binding := range bindings {
		fmt.Println(binding.Slot, binding.Grant.Name)
	}
	fmt.Println(problems)
	// Output:
	// events publish
	// connections.events: shop/dev.events.queue (aws-sqs-queue@1.0.0) does not expose the grant "consum" (it exposes consume (aws, gcp), publish (aws); did you mean "consume"?)
}

func ExampleAccess() {
	bindings, _ := iam.Bind("events", "shop/dev.events.queue", "aws-sqs-queue@1.0.0", exposed, []string{"publish"})
	bindings[0].File, bindings[0].Line = "project.yaml", 9
	text, err := json.MarshalIndent(iam.Access{Instance: "shop/dev.api", Identity: iam.Function, Bindings: bindings, Path: "/apps/"}, "", "  ")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(text))
	// Output:
	// {
	//   "instance": "shop/dev.api",
	//   "identity": "function",
	//   "bindings": [
	//     {
	//       "slot": "events",
	//       "producer": "shop/dev.events.queue",
	//       "type": "aws-sqs-queue@1.0.0",
	//       "grant": "publish",
	//       "file": "project.yaml",
	//       "line": 9
	//     }
	//   ],
	//   "path": "/apps/"
	// }
}

func ExampleCheck() {
	catalog, err := artifacts.Load(fstest.MapFS{"bucket.yaml": {Data: []byte(`
artifact: bucket
version: 1.0.0
title: Bucket
schema:
  type: object
  required: [arn]
  properties: {arn: {type: string}}
grants:
  manage:
    aws:
      - {actions: ['s3:*'], resources: ['{{.arn}}*']}
examples: [{arn: 'arn:aws:s3:::files'}]
`)}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(iam.Check(catalog))
	// Output:
	// bucket.yaml:10:3: warning: grants.manage.aws[0].actions[0]: "s3:*" allows more than can be seen (name the actions)
	// bucket.yaml:10:3: warning: grants.manage.aws[0].resources[0]: the star of "{{.arn}}*" reaches everything whose name only begins like the field (put a / or a : before it)
}
