package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

func (a *app) envCommand() *cobra.Command {
	return group("env", "Environments: resolve, plan, deploy, destroy",
		a.envResolveCommand(), a.envRenderCommand(), a.envPlanCommand(), a.envDeployCommand(),
		a.envResumeCommand(), a.envDestroyCommand(), a.envOrphanCommand(), a.envStatusCommand(), a.envDriftCommand())
}

// session is an environment with its records and an engine to work on it.
type session struct {
	*estate
	store   *store.Store
	engine  *deploy.Engine
	plugins func() // ends them
}

func (s *session) close() {
	s.plugins()
	_ = s.store.Close() // everything that was written is durable
}

// session opens the records of an estate. Events of a run go to sink.
func (a *app) session(ctx context.Context, dir, env string, sink deploy.Sink) (*session, error) {
	opened, err := a.open(dir, env)
	if err != nil {
		return nil, err
	}
	return a.sessionOf(ctx, opened, sink)
}

// recorded is session also where the files cannot be read or do not have the environment
// any more: what was applied is in the records.
func (a *app) recorded(ctx context.Context, dir, env string, sink deploy.Sink) (*session, error) {
	opened, err := a.open(dir, env)
	if err != nil {
		if opened = leftBehind(dir, env); opened == nil || !a.hasRecords(ctx, opened) {
			return nil, err
		}
	}
	return a.sessionOf(ctx, opened, sink)
}

// hasRecords says that there are records of the environment.
func (a *app) hasRecords(ctx context.Context, e *estate) bool {
	if !isFile(filepath.Join(a.stateOf(e), "tenon.db")) {
		return false
	}
	st, err := store.Open(ctx, a.stateOf(e), nil)
	if err != nil {
		return false
	}
	defer st.Close()
	instances, err := st.Instances(ctx, e.environment)
	return err == nil && len(instances) > 0
}

func (a *app) sessionOf(ctx context.Context, opened *estate, sink deploy.Sink) (*session, error) {
	st, err := store.Open(ctx, a.stateOf(opened), nil)
	if err != nil {
		return nil, err
	}
	placed := deploy.SinkFunc(func(e deploy.Event) {
		if e.Problem != nil {
			e.Problem = &opened.place(tenon.Problems{*e.Problem})[0]
		}
		sink.Send(e)
	})
	drivers := a.drivers()
	endPlugins, err := a.openPlugins(ctx, opened.root, drivers)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	options := &deploy.Options{
		Concurrency: a.concurrency, Events: placed, Secrets: a.secrets(opened.root), RequestedBy: requestedBy(),
		FailFast: a.failFast,
	}
	if a.approveWorse {
		options.Approve = func(context.Context, *deploy.WorseError) error { return nil }
	}
	if options.Gates, err = a.gates(); err != nil {
		endPlugins()
		return nil, errors.Join(err, st.Close())
	}
	engine := deploy.New(st, drivers, options).Only(a.selection)
	return &session{opened, st, engine, endPlugins}, nil
}

// stateOf says where the records of an estate lie.
func (a *app) stateOf(e *estate) string {
	dsn := ""
	if e.Estate != nil {
		dsn = e.Store()
	}
	switch {
	case a.state != "":
		return a.state
	case dsn == "":
		return filepath.Join(e.root, ".tenon")
	case strings.Contains(dsn, "://") || filepath.IsAbs(dsn):
		return dsn
	default:
		return filepath.Join(e.root, dsn)
	}
}

// resolve resolves the environment with what the records know of artifacts. Problems carry
// the names that files have from the current folder.
func (s *session) resolve(ctx context.Context) (*graph.Environment, error) {
	known, err := s.engine.Artifacts(ctx, s.Catalog())
	if err != nil {
		return nil, err
	}
	env, err := graph.Resolve(s.Estate, s.environment, &graph.Options{Artifacts: known})
	return env, relocateError(err, s.root)
}

// artifacts is what the records know, without making any where there are none yet.
func (a *app) known(ctx context.Context, e *estate) (map[string]*artifacts.Artifact, error) {
	dsn := a.stateOf(e)
	if !strings.Contains(dsn, "://") && !isFile(filepath.Join(dsn, "tenon.db")) {
		return nil, nil
	}
	st, err := store.Open(ctx, dsn, nil)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	return deploy.New(st, a.drivers(), nil).Artifacts(ctx, e.Catalog())
}

// resolved loads and resolves without making records: what the commands that only look use.
func (a *app) resolved(ctx context.Context, dir, env string) (*graph.Environment, tenon.Problems, error) {
	opened, err := a.open(dir, env)
	if err != nil {
		return nil, nil, err
	}
	known, err := a.known(ctx, opened)
	if err != nil {
		return nil, nil, err
	}
	environment, err := graph.Resolve(opened.Estate, opened.environment, &graph.Options{Artifacts: known})
	problems := tenon.ProblemsOf(err)
	if err != nil && problems == nil {
		return nil, nil, err
	}
	if err == nil {
		problems = environment.Warnings()
	}
	return environment, opened.place(problems), nil
}
