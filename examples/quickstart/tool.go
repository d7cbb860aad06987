package main

import (
	"os"
	"os/exec"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// tool is what runs the modules.
type tool struct {
	name      string
	driver    provisioner.Driver
	simulated bool
}

// chooseTool takes terraform or tofu, whichever is on PATH, else the memory driver.
func chooseTool() tool {
	for _, choice := range []struct {
		program string
		tool    terraform.Tool
	}{{"terraform", terraform.Terraform}, {"tofu", terraform.OpenTofu}} {
		if path, err := exec.LookPath(choice.program); err == nil {
			options := &terraform.Options{Tool: choice.tool, Path: path, Environ: os.Environ()}
			return tool{name: choice.program, driver: terraform.New(options)}
		}
	}
	return tool{name: "memory driver", driver: simulated(), simulated: true}
}

// drivers gives the tool under both names: the modules run with either.
func (t tool) drivers() provisioner.Drivers {
	return provisioner.Drivers{"terraform": t.driver, "opentofu": t.driver}
}

// mark says of a line that what it tells was not done by a real tool.
func (t tool) mark(text string) string {
	if t.simulated {
		return text + " (memory)"
	}
	return text
}
