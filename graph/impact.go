package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/artifacts/schema"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Affected is a place in an estate that stops fitting when a type changes.
type Affected struct {
	Environment string `json:"environment"` // shop/dev
	Component   string `json:"component"`   // in it
	// Side that breaks there. A consumer has a connection that the artifact From fills; a
	// producer makes the artifact.
	Side       schema.Side `json:"side"`
	Connection string      `json:"connection,omitempty"`
	From       string      `json:"from,omitempty"` // address of the artifact
	Artifact   string      `json:"artifact,omitempty"`
	Why        string      `json:"why"`
}

// Link is the edge that breaks, as people write it: db.database -> api.database; empty for
// a producer.
func (a Affected) Link() string {
	if a.Connection == "" {
		return ""
	}
	return a.From + " -> " + a.Component + "." + a.Connection
}

// Impact names each component, link and environment that would stop fitting if the type
// before, of the estate's catalog, were replaced by the type after: connections that take
// an artifact of it, and components that make one. An environment that cannot be resolved
// is left out and its error is in the second result, by its address. The order is by
// environment, component, connection.
func Impact(estate *Estate, before, after *artifacts.Type) ([]Affected, map[string]error) {
	report := artifacts.Diff(before, after)
	var found []Affected
	failed := map[string]error{}
	for _, address := range estate.Environments() {
		env, err := Resolve(estate, address, nil)
		if err != nil {
			failed[address] = err
			continue
		}
		for _, i := range env.Instances() {
			found = append(found, impactOn(estate, env, i, before, after, report)...)
		}
	}
	slices.SortFunc(found, func(a, b Affected) int {
		return cmp.Or(strings.Compare(a.Environment, b.Environment), strings.Compare(a.Component, b.Component),
			strings.Compare(string(a.Side), string(b.Side)), strings.Compare(a.Connection, b.Connection), strings.Compare(a.Artifact, b.Artifact))
	})
	return found, failed
}

func impactOn(estate *Estate, env *Environment, i *Instance, before, after *artifacts.Type, report artifacts.Report) []Affected {
	var found []Affected
	for _, slot := range i.slots {
		if slot.Type != before {
			continue
		}
		if why := stopsFitting(estate.catalog, slot.Wants, before, after); why != "" {
			found = append(found, Affected{Environment: env.address, Component: i.component, Side: schema.Consumers, Connection: slot.Name, From: slot.From, Why: why})
		}
	}
	for name, made := range i.types {
		if made != before || report.Producers.Answer == schema.Yes {
			continue
		}
		why := fmt.Sprintf("what it makes now may be no %s", after)
		if report.Producers.Answer == schema.No {
			why += fmt.Sprintf(": %s: %s", value.Canonical(report.Producers.Witness), report.Producers.Reason)
		}
		found = append(found, Affected{Environment: env.address, Component: i.component, Side: schema.Producers, Artifact: name, Why: why})
	}
	return found
}

// stopsFitting says why an artifact of the type after does not fill a connection that one
// of before fills; empty where it does.
func stopsFitting(catalog *artifacts.Catalog, wants artifacts.Ref, before, after *artifacts.Type) string {
	if !catalog.Fits(after, wants) {
		return fmt.Sprintf("it wants %s, and %s is none", wants, after)
	}
	contract := before // it was written for this one
	if !wants.Accepts(before) {
		wanted, err := catalog.Lookup(wants)
		if err != nil {
			return err.Error()
		}
		contract = wanted
	}
	switch verdict := artifacts.Compatible(after, contract); verdict.Answer {
	case schema.No:
		return fmt.Sprintf("it may get %s, which is no %s: %s: %s", value.Canonical(verdict.Witness), contract, cmp.Or(verdict.Path, "/"), verdict.Reason)
	case schema.Unknown:
		return fmt.Sprintf("whether every %s is a %s cannot be decided: %s", after, contract, strings.Join(verdict.Undecided, ", "))
	}
	return ""
}
