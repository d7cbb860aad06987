// Package contract_test is how a platform team tests the contracts of its Terraform modules:
// copy it beside a module. It runs nothing; testdata holds what Terraform printed.
package contract_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tenon-sdk/tenon/artifacts/artifacttest"
)

// What the module gives is an SQS queue, after it is applied and already in its plan.
func TestModuleGivesAQueue(t *testing.T) {
	for _, file := range []string{"plan.json", "state.json", "outputs.json"} {
		artifacttest.Produces(t, "testdata/"+file, "aws-sqs-queue@^1", &artifacttest.Options{Output: "queue"})
	}
}

// Whoever wants any queue takes it; whoever wants SQS does not take any queue.
func TestQueueFits(t *testing.T) {
	artifacttest.Fits(t, "aws-sqs-queue@^1", "queue@^1", nil)
	artifacttest.DoesNotFit(t, "queue@^1", "aws-sqs-queue@^1", nil)
}

// Our own code takes whatever a queue may look like.
func TestWorkerTakesEveryQueue(t *testing.T) {
	artifacttest.Takes(t, "aws-sqs-queue@^1", nil, func(document any) error {
		queue, ok := document.(map[string]any)
		if !ok {
			return fmt.Errorf("a queue is no object")
		}
		if arn, _ := queue["arn"].(string); !strings.HasPrefix(arn, "arn:aws") {
			return fmt.Errorf("arn %q", queue["arn"])
		}
		return nil
	})
}
