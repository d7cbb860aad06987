// Package terraform drives Terraform and OpenTofu.
//
//	driver := terraform.New(&terraform.Options{Tool: terraform.OpenTofu, Environ: os.Environ()})
//	result, err := driver.Apply(ctx, request, provisioner.Discard)
package terraform
