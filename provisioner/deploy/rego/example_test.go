package rego_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/deploy/rego"
)

// Policies can be tested without an engine: a plan is a document.
func Example() {
	ctx := context.Background()
	gate, err := rego.New(ctx, os.DirFS("policies"), nil)
	if err != nil {
		log.Fatal(err)
	}
	plan := &deploy.Plan{Environment: "shop/prod", Instances: []deploy.InstancePlan{{
		ID: "shop/prod.db", Action: deploy.Replace, Steps: []deploy.StepPlan{{
			Name: "main", Changes: []provisioner.Change{{Address: "aws_db_instance.main", Action: provisioner.Replace}},
		}},
	}}}
	found, err := gate.Check(ctx, &deploy.Review{Stage: deploy.AtPlan, Plan: plan})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range found {
		fmt.Println(f)
	}
	// Output:
	// deny no_deletes: shop/prod.db main aws_db_instance.main: replace of aws_db_instance.main: nothing is deleted in production
}
