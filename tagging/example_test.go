package tagging_test

import (
	"fmt"
	"strings"

	"github.com/tenon-sdk/tenon/tagging"
)

func ExampleCascade() {
	tags, problems := tagging.Cascade(
		tagging.Scope{Organization: "acme", Project: "shop", Environment: "dev", Component: "db"},
		tagging.Level{Name: "organization acme", Tags: map[string]tagging.Tag{
			"cost-center": {Value: "4711", Locked: true, File: "organization.yaml", Line: 4},
		}},
		tagging.Level{Name: "project shop", Tags: map[string]tagging.Tag{
			"team":        {Value: "commerce", File: "project.yaml", Line: 2},
			"cost-center": {Value: "42", File: "project.yaml", Line: 3, Column: 3},
		}},
		tagging.Level{Name: "environment dev", Tags: map[string]tagging.Tag{
			"stage": {Value: "nonprod", File: "environments/dev.yaml", Line: 2},
		}},
	)
	for _, key := range tags.Keys() {
		fmt.Printf("%s=%s\n", key, tags[key])
	}
	fmt.Println(problems)
	// Output:
	// cost-center=4711
	// managed-by=tenon
	// stage=nonprod
	// team=commerce
	// tenon-component=db
	// tenon-environment=dev
	// tenon-instance=shop/dev.db
	// tenon-organization=acme
	// tenon-project=shop
	// project.yaml:3:3: project shop must not change the tag "cost-center": organization acme locked it in organization.yaml:4
}

func ExampleCheckAWS() {
	fmt.Println(tagging.CheckAWS(tagging.Tags{
		"team":    "commerce & friends",
		"AWS:own": "",
		"notes":   strings.Repeat("x", 300),
	}))
	// Output:
	// ["AWS:own"]: the tag "AWS:own" begins with aws:, which AWS keeps for itself
	// notes: AWS takes at most 256 characters in the value of a tag, that of "notes" has 300
	// team: AWS takes no '&' in the value of the tag "team"
}

func ExampleNamePrefix() {
	fmt.Println(tagging.NamePrefix(tagging.MaxNamePrefix, "shop", "dev", "db"))
	fmt.Println(tagging.NamePrefix(tagging.MaxNamePrefix, "shop", "pr-123", "db"))
	fmt.Println(tagging.NamePrefix(tagging.MaxNamePrefix, "shop", "production", "recommendations"))
	// Output:
	// shop-dev-db
	// shop-pr-123-db-a7bn427u
	// shop-production-recom-khpffxup
}

func ExampleRun_Environ() {
	run := tagging.Run{Deployment: "d-17", Time: "2026-11-23T15:04:05Z", RequestedBy: "ada"}
	fmt.Println(strings.Join(run.Environ(), "\n"))
	// Output:
	// TENON_DEPLOYMENT=d-17
	// TENON_TIME=2026-11-23T15:04:05Z
	// TENON_REQUESTED_BY=ada
}
