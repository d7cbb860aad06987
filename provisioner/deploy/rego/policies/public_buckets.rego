# No bucket of Amazon S3 is open to everybody: neither by its ACL, nor by a switch that lets
# others open it.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl,
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
package tenon.public_buckets

open_acls := {"public-read", "public-read-write", "authenticated-read"}

switches := {"block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"}

deny contains finding if {
	some instance in input.plan.instances
	some step in instance.steps
	some change in step.changes
	change.type in {"aws_s3_bucket", "aws_s3_bucket_acl"}
	some attribute in change.attributes
	attribute.path == "acl"
	attribute.after in open_acls
	finding := {
		"message": sprintf("the ACL %s opens the bucket", [attribute.after]),
		"instance": instance.id,
		"step": step.name,
		"resource": change.address,
	}
}

deny contains finding if {
	some instance in input.plan.instances
	some step in instance.steps
	some change in step.changes
	change.type == "aws_s3_bucket_public_access_block"
	change.action in {"create", "update", "replace"}
	some attribute in change.attributes
	attribute.path in switches
	attribute.after == false
	finding := {
		"message": sprintf("%s is off", [attribute.path]),
		"instance": instance.id,
		"step": step.name,
		"resource": change.address,
	}
}

deny contains finding if {
	some instance in input.plan.instances
	some step in instance.steps
	some change in step.changes
	change.type == "aws_s3_bucket_public_access_block"
	change.action == "delete"
	finding := {
		"message": "nothing keeps the bucket from being opened any more",
		"instance": instance.id,
		"step": step.name,
		"resource": change.address,
	}
}
