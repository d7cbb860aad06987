package aws_test

import (
	"errors"
	"fmt"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/iam"
	"github.com/tenon-sdk/tenon/iam/aws"
)

// queueGrants are what a type of queue offers.
var queueGrants, _ = artifacts.ParseGrants(map[string]any{
	"publish": map[string]any{"aws": []any{
		map[string]any{"actions": []any{"sqs:SendMessage", "sqs:GetQueueUrl"}, "resources": []any{"{{.arn}}"}},
		map[string]any{"actions": []any{"kms:GenerateDataKey"}, "resources": []any{"{{.kmsKeyArn}}"}, "when": "{{.kmsKeyArn}}"},
	}},
	"consume": map[string]any{"aws": []any{
		map[string]any{"actions": []any{"sqs:ReceiveMessage", "sqs:DeleteMessage"}, "resources": []any{"{{.arn}}"}},
	}},
}, nil)

func ExampleRender() {
	bindings, _ := iam.Bind("events", "shop/dev.events.queue", "aws-sqs-queue@1.0.0", queueGrants, []string{"publish"})
	access := iam.Access{Instance: "shop/dev.api", Identity: iam.Function, Bindings: bindings}
	rendered, err := aws.Render(access, map[string]any{
		"events": map[string]any{"arn": "arn:aws:sqs:eu-west-1:000000000000:shop-dev-events"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rendered.Policy)
	fmt.Println(rendered.Trust)
	for _, origin := range rendered.Origins {
		fmt.Printf("statement %d: %s on %s\n", origin.Statement, origin.Grant, origin.Producer)
	}
	// Output:
	// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:GetQueueUrl","sqs:SendMessage"],"Resource":["arn:aws:sqs:eu-west-1:000000000000:shop-dev-events"]}]}
	// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com"]},"Action":["sts:AssumeRole"]}]}
	// statement 0: publish on shop/dev.events.queue
}

// A value that would widen the policy is refused.
func ExampleRender_unsafe() {
	bindings, _ := iam.Bind("events", "imported:events", "aws-sqs-queue@1.0.0", queueGrants, []string{"consume"})
	bindings[0].File, bindings[0].Line, bindings[0].Column = "project.yaml", 9, 5
	_, err := aws.Render(iam.Access{Bindings: bindings}, map[string]any{
		"events": map[string]any{"arn": "arn:aws:sqs:eu-west-1:000000000000:*"},
	})
	fmt.Println(err)
	var problems tenon.Problems
	fmt.Println(errors.As(err, &problems), problems[0].Rule)
	// Output:
	// project.yaml:9:5: connections.events: the grant "consume" on imported:events (aws-sqs-queue@1.0.0) cannot be rendered: the field arn holds '*', which must not stand in a resource
	// true unsafe-value
}

func ExampleReads() {
	bindings, _ := iam.Bind("events", "shop/dev.events.queue", "aws-sqs-queue@1.0.0", queueGrants, []string{"publish"})
	fmt.Println(aws.Reads(iam.Access{Bindings: bindings}))
	// Output: map[events:[arn kmsKeyArn]]
}
