# Only approved regions. Resources of version 6 of the AWS provider and of Google Cloud have
# a region, those of Azure a location.
package tenon.regions

approved := {"eu-central-1", "eu-west-1", "europe-west3", "germanywestcentral"}

deny contains finding if {
	some instance in input.plan.instances
	some step in instance.steps
	some change in step.changes
	change.action in {"create", "update", "replace"}
	some attribute in change.attributes
	attribute.path in {"region", "location"}
	region := object.get(attribute, "after", "what is not known yet") # undefined is no denial
	not region in approved
	finding := {
		"message": sprintf("%v is not an approved region", [region]),
		"instance": instance.id,
		"step": step.name,
		"resource": change.address,
	}
}
