package aws

import (
	"errors"
	"slices"
	"strings"
)

// arn is arn:partition:service:region:account:resource. Region and account are empty
// where a service has none in its ARNs.
// Source: IAM user guide, "Identify AWS resources with Amazon Resource Names (ARNs)".
type arn struct {
	partition, service, region, account, resource string
}

const arnColons = 5 // before the resource

func parseARN(text string) (arn, error) {
	parts := strings.SplitN(text, ":", arnColons+1)
	if len(parts) <= arnColons || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || parts[arnColons] == "" {
		return arn{}, errors.New("is not an ARN (arn:partition:service:region:account:resource)")
	}
	return arn{parts[1], parts[2], parts[3], parts[4], parts[5]}, nil
}

// typed are services whose resources always begin with their type: table/orders,
// function:mail. An ARN of theirs that ends within the type is cut short, and a star of
// the template behind it would reach every resource of the type.
// Source: Service Authorization Reference, "Resource types defined by" each (2026-11).
var typed = []string{
	"acm", "athena", "batch", "bedrock", "cloudwatch", "cognito-identity", "cognito-idp", "dynamodb", "ec2", "ecr", "ecs", "eks",
	"elasticache", "elasticfilesystem", "elasticloadbalancing", "es", "events", "firehose", "iam", "kafka", "kinesis", "kms", "lambda",
	"logs", "rds", "rds-db", "redshift", "sagemaker", "secretsmanager", "ses", "ssm", "states",
}

// whole refuses an ARN that does not name one resource.
func (a arn) whole() error {
	if !slices.Contains(typed, a.service) {
		return nil
	}
	if i := strings.IndexAny(a.resource, ":/"); i < 1 || strings.HasSuffix(a.resource, ":") || strings.HasSuffix(a.resource, "/") {
		return errors.New("is an ARN that is cut short: it ends before the name of the resource")
	}
	return nil
}
