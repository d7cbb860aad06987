# What can be tagged carries the tags that the bill and the on-call need. tags_all is what
# the AWS provider makes of a resource's own tags and its default ones.
package tenon.required_tags

required := {"team", "cost-center"}

deny contains finding if {
	some instance in input.plan.instances
	some step in instance.steps
	some change in step.changes
	change.action in {"create", "replace"}
	some attribute in change.attributes
	startswith(attribute.path, "tags_all")
	not unknown(change)
	missing := required - tags(change)
	count(missing) > 0
	finding := {
		"message": sprintf("has no tag %s", [concat(", ", sort(missing))]),
		"instance": instance.id,
		"step": step.name,
		"resource": change.address,
	}
}

warn contains finding if {
	some instance in input.plan.instances
	some step in instance.steps
	some change in step.changes
	unknown(change)
	finding := {
		"message": "its tags are known only once it is made",
		"instance": instance.id,
		"step": step.name,
		"resource": change.address,
	}
}

unknown(change) if {
	some attribute in change.attributes
	attribute.path == "tags_all"
	attribute.unknown
}

tags(change) := {name |
	some attribute in change.attributes
	startswith(attribute.path, "tags_all.")
	name := substring(attribute.path, 9, -1)
}
