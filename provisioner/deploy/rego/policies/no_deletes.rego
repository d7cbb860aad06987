# Nothing is deleted in production: not an instance, and not a resource that is replaced.
package tenon.no_deletes

deny contains finding if {
	endswith(input.plan.environment, "/prod")
	some instance in input.plan.instances
	some step in instance.steps
	some change in step.changes
	change.action in {"delete", "replace"}
	finding := {
		"message": sprintf("%s of %s: nothing is deleted in production", [change.action, change.address]),
		"instance": instance.id,
		"step": step.name,
		"resource": change.address,
	}
}
