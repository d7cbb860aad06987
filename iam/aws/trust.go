package aws

import "github.com/tenon-sdk/tenon/iam"

// china is the partition of the regions in China.
const china = "aws-cn"

// trust is the policy that lets the platform of a workload take the role; nil without an
// identity. The principals are the same in every partition, but for EC2 in China.
// Sources: Lambda developer guide, "Defining Lambda function permissions with an execution
// role"; ECS developer guide, "Amazon ECS task IAM role"; EC2 user guide, "IAM roles for
// Amazon EC2", of both the global and the China regions; EKS user guide, "Create IAM role
// with trust policy required by EKS Pod Identity" (2026-11).
func trust(identity iam.Identity, partition string) *Document {
	var service string
	actions := []string{"sts:AssumeRole"}
	switch identity {
	case iam.Function:
		service = "lambda.amazonaws.com"
	case iam.Container:
		service = "ecs-tasks.amazonaws.com"
	case iam.VM:
		service = "ec2.amazonaws.com"
		if partition == china {
			service = "ec2.amazonaws.com.cn"
		}
	case iam.Kubernetes:
		service = "pods.eks.amazonaws.com"
		actions = append(actions, "sts:TagSession")
	default:
		return nil
	}
	return &Document{Version: Version, Statement: []Statement{{
		Effect: "Allow", Principal: map[string][]string{"Service": {service}}, Action: actions,
	}}}
}

// partition is that of the first resource; empty where none says.
func (d *Document) partition() string {
	if d == nil {
		return ""
	}
	for _, statement := range d.Statement {
		for _, resource := range statement.Resource {
			if parsed, err := parseARN(resource); err == nil {
				return parsed.partition
			}
		}
	}
	return ""
}
