package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/iam/aws"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

// show prints what a deployed environment has to offer: its artifacts and, for the api,
// the environment variables, the policy, the tags and the names. Nothing secret is shown.
func (s *story) show(ctx context.Context, env *graph.Environment) error {
	status, err := s.engine.Status(ctx, env)
	if err != nil {
		return err
	}
	s.section("artifacts", "%s", s.tool.mark("checked against their types, secrets redacted"))
	for _, instance := range status.Instances {
		for _, name := range slices.Sorted(maps.Keys(instance.Artifacts)) {
			artifact := instance.Artifacts[name]
			s.line("%s.%s  %s", instance.ID, name, s.dim(artifact.Type))
			s.wrapped(fields(artifact.Data))
		}
	}
	api := env.Instance("api")
	s.section("env", "%s", s.tool.mark(api.Address()))
	for _, instance := range status.Instances {
		if instance.ID == api.Address() {
			s.variables(instance.Env)
		}
	}
	if err := s.policy(ctx, api); err != nil {
		return err
	}
	metadata := api.Metadata()
	s.section("tags", "on everything that %s makes", api.Address())
	s.wrapped(pairs(metadata.Tags))
	s.section("names", "start with %s", metadata.NamePrefix)
	return nil
}

// policy prints what the api may do: what it bound on its connections, and no more.
func (s *story) policy(ctx context.Context, api *graph.Instance) error {
	known, err := s.engine.Artifacts(ctx, s.estate.Catalog())
	if err != nil {
		return err
	}
	data := map[string]any{}
	for _, slot := range api.Slots() {
		if artifact, ok := known[slot.From]; ok {
			data[slot.Name] = artifact.Redacted()
		}
	}
	access, err := aws.Render(api.Access(), data)
	if err != nil {
		return err
	}
	s.section("policy", "%s on AWS, attached by its module", api.Address())
	for i, statement := range access.Policy.Statement {
		origin := access.Origins[i]
		s.line("%s %s", statement.Effect, strings.Join(statement.Action, ", "))
		s.line("   on %s  %s", strings.Join(statement.Resource, ", "), s.dim(fmt.Sprintf("bound: %s [%s]", origin.Slot, origin.Grant)))
	}
	return nil
}

func (s *story) variables(env map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		s.line("%-12s %s", name, env[name])
	}
}

var planSigns = map[string]string{"create": "+", "update": "~", "replace": "±", "delete": "-", "none": "=", "deferred": "?"}

// planned prints what a plan says of one instance.
func (s *story) planned(instance deploy.InstancePlan) {
	what := instance.Reason
	if len(instance.WaitsFor) > 0 {
		what = "waits for " + strings.Join(instance.WaitsFor, ", ")
	} else if len(instance.Mocked) > 0 {
		slots := make([]string, len(instance.Mocked))
		for n, m := range instance.Mocked {
			slots[n] = m.Slot
		}
		what += ", planned on stand-ins for " + strings.Join(slots, ", ")
	}
	s.line("%s %-8s %-22s %s", planSigns[instance.Action], instance.Action, instance.ID, s.dim(what))
}

// fields writes a document flat: host="a" port=5432.
func fields(document any) []string {
	object, ok := document.(map[string]any)
	if !ok {
		return []string{compact(document)}
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		list = append(list, name+"="+compact(object[name]))
	}
	return list
}

func pairs(values map[string]string) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list = append(list, name+"="+values[name])
	}
	return list
}

func compact(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
