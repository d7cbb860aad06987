package main

import (
	"fmt"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

// simulated is the memory driver, giving the outputs that the real modules would.
func simulated() provisioner.Driver {
	return memory.New(&memory.Options{Outputs: outputs})
}

func outputs(req *provisioner.Request) map[string]provisioner.Output {
	place, name := req.Metadata, req.Metadata.NamePrefix
	switch place.Bundle {
	case "network":
		return map[string]provisioner.Output{"network": {Value: map[string]any{
			"id": name, "cidr": "10.20.0.0/16",
			"subnets": []any{map[string]any{"id": name + "-a", "cidr": "10.20.0.0/24", "zone": place.Region + "a"}},
		}}}
	case "postgres":
		return map[string]provisioner.Output{
			"host":     {Value: name + ".db.internal"},
			"port":     {Value: 5432},
			"password": {Value: "made-up", Sensitive: true},
		}
	case "queue":
		return map[string]provisioner.Output{
			"arn": {Value: fmt.Sprintf("arn:aws:sqs:%s:%s:%s", place.Region, place.Account, name)},
			"url": {Value: fmt.Sprintf("https://sqs.%s.amazonaws.com/%s/%s", place.Region, place.Account, name)},
		}
	}
	return map[string]provisioner.Output{"url": {Value: "http://" + name + ".internal:8080"}}
}
