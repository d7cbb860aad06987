package main

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/graph/render"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

//go:embed estate
var files embed.FS

// environments in the order in which they are made: shop/dev takes its network from
// platform/shared as a default.
var environments = []string{"platform/shared", "shop/dev"}

// story is what its parts share: the loaded files, the records, and the engine.
type story struct {
	*screen
	estate *graph.Estate
	engine *deploy.Engine
	tool   tool
}

// tell opens everything and tells the story, or its end.
func tell(ctx context.Context, out *screen, records string, destroy bool) error {
	folder, err := fs.Sub(files, "estate")
	if err != nil {
		return err
	}
	estate, err := graph.Load(folder, nil) // every mistake of every file at once
	if err != nil {
		return err
	}
	chosen := chooseTool()
	if records == "" {
		records = filepath.Join(".tenon", "quickstart")
		if chosen.simulated {
			records += "-memory" // what real tools made is not the memory driver's to change
		}
	}
	st, err := store.Open(ctx, records, nil)
	if err != nil {
		return err
	}
	defer st.Close()
	s := &story{screen: out, estate: estate, tool: chosen}
	s.engine = deploy.New(st, s.tool.drivers(), &deploy.Options{Events: out})
	s.title("Tenon quickstart · %s · records in %s", s.tool.name, records)
	if s.tool.simulated {
		s.title("Neither terraform nor tofu is on PATH: the memory driver plays their part, marked (memory).")
	}
	if destroy {
		return s.destroy(ctx)
	}
	return s.build(ctx)
}

// build is the story: from files to running environments, then once more.
func (s *story) build(ctx context.Context) error {
	if err := s.lint(); err != nil {
		return err
	}
	var dev *graph.Environment
	for _, address := range environments {
		env, err := s.resolve(ctx, address)
		if err != nil {
			return err
		}
		if err := s.deploy(ctx, env); err != nil {
			return err
		}
		dev = env
	}
	dev, err := s.resolve(ctx, dev.Address()) // now with the artifacts that were made
	if err != nil {
		return err
	}
	if err := s.show(ctx, dev); err != nil {
		return err
	}
	if err := s.again(ctx, dev); err != nil {
		return err
	}
	s.section("destroy", "go run ./examples/quickstart --destroy")
	return nil
}

// lint looks for the mistakes of each bundle.
func (s *story) lint() error {
	var names []string
	var problems tenon.Problems
	for _, b := range s.estate.Bundles() {
		names = append(names, b.Name+" "+b.Version)
		problems.Add(bundle.Lint(b, s.estate.Catalog())...)
	}
	s.section("load", "organization %s: projects %s; %d artifact types",
		s.estate.Organization(), strings.Join(s.estate.Projects(), ", "), len(s.estate.Catalog().Types()))
	s.section("lint", "bundles %s: %d problems", strings.Join(names, ", "), len(problems))
	return problems.Err()
}

// resolve fills every connection of an environment, with the artifacts that are there.
func (s *story) resolve(ctx context.Context, address string) (*graph.Environment, error) {
	known, err := s.engine.Artifacts(ctx, s.estate.Catalog())
	if err != nil {
		return nil, err
	}
	return graph.Resolve(s.estate, address, &graph.Options{Artifacts: known})
}

// deploy shows the graph of an environment and its plan, then applies exactly that.
func (s *story) deploy(ctx context.Context, env *graph.Environment) error {
	s.section("resolve", "%s", env.Address())
	s.block(render.Text(env))
	plan, err := s.engine.Plan(ctx, env)
	if err != nil {
		return err
	}
	s.section("plan", "%s", s.tool.mark(env.Address()))
	for _, instance := range plan.Instances {
		s.planned(instance)
	}
	s.section("deploy", "%s", s.tool.mark(env.Address()))
	run, err := s.engine.Apply(ctx, plan)
	return s.ended(run, err)
}

// again deploys what has not changed: no process is started.
func (s *story) again(ctx context.Context, env *graph.Environment) error {
	run, err := s.engine.Deploy(ctx, env)
	if err := s.ended(run, err); err != nil {
		return err
	}
	s.section("again", "%s: %d applied, %d unchanged", env.Address(), len(run.Applied), len(run.Skipped))
	return nil
}

// destroy takes down what was last applied, users before what they use.
func (s *story) destroy(ctx context.Context) error {
	for _, address := range slices.Backward(environments) {
		s.section("destroy", "%s", s.tool.mark(address))
		run, err := s.engine.Destroy(ctx, address, nil)
		if err := s.ended(run, err); err != nil {
			return err
		}
		if len(run.Applied) == 0 {
			s.line("nothing is there")
		}
	}
	return nil
}

// ended gives the reasons why a run did not succeed.
func (s *story) ended(run *deploy.Run, err error) error {
	s.settle()
	switch {
	case run == nil || run.Status == "succeeded":
		return err
	case run.Status == "canceled":
		return fmt.Errorf("canceled: nothing is lost, the next run goes on (%w)", context.Canceled)
	}
	var problems tenon.Problems
	for instance, failure := range run.Errors {
		problems.AddError("failed", fmt.Errorf("%s: %w", instance, failure))
	}
	if len(problems) == 0 {
		return err
	}
	return problems.Sorted()
}
