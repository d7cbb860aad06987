package deploy_test

import (
	"context"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/memory"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

type ctx = context.Context

func TestDestroyInReverse(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.deploy(t)
	seen := len(s.driver.Calls())
	run, err := s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.NoError(t, err)
	require.Equal(t, ids("a", "b", "c", "d"), run.Applied)
	var order []string
	for _, call := range s.driver.Calls()[seen:] {
		require.Equal(t, memory.Destroy, call.Operation)
		if call.Address != "shop/dev.d" {
			order = append(order, call.Address)
		}
	}
	require.Equal(t, ids("c", "b", "a"), order)
	known, err := s.store.Artifacts(t.Context())
	require.NoError(t, err)
	require.Empty(t, known)
	run, err = s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.NoError(t, err)
	require.Empty(t, run.Applied)
}

// What is destroyed is what was applied, whatever the files say by then.
func TestDestroyFromWhatWasApplied(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.deploy(t)
	for name := range s.files {
		delete(s.files, name)
	}
	run, err := s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.NoError(t, err)
	require.Len(t, run.Applied, 4)
}

func TestProtected(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.write("environments/dev.yaml", "environment: dev\nprotected: true\n")
	s.deploy(t)
	_, err := s.engine.Destroy(t.Context(), "shop/dev", nil)
	var protected *deploy.ProtectedError
	require.ErrorAs(t, err, &protected)
	require.EqualError(t, err, "shop/dev is protected: it is destroyed only with an explicit override (--unprotect), or once it was deployed with protected: false")
	run, err := s.engine.Destroy(t.Context(), "shop/dev", &deploy.DestroyOptions{Unprotect: true})
	require.NoError(t, err)
	require.Len(t, run.Applied, 4)
}

func TestKeepOnDestroy(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.write("bundles/maker/bundle.yaml", strings.Replace(wares["bundles/maker/bundle.yaml"], "steps:\n", "steps:\n  - {name: key, path: src, driver: memory, keepOnDestroy: true, inputs: {x: 1}}\n", 1))
	s.deploy(t)
	run, err := s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.NoError(t, err)
	require.Len(t, run.Applied, 4)
	record, err := s.store.Instance(t.Context(), "shop/dev.a")
	require.NoError(t, err)
	require.Equal(t, "destroyed", record.Status)
	state, err := s.store.State(t.Context(), "shop/dev.a", "key")
	require.NoError(t, err)
	require.NotNil(t, state, "the key is kept")
	run, err = s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.NoError(t, err)
	require.Empty(t, run.Applied, "it stays as it is")

	require.Equal(t, ids("a", "b", "c", "d"), s.deploy(t).Applied)
	again, err := s.store.State(t.Context(), "shop/dev.a", "key")
	require.NoError(t, err)
	require.Equal(t, state, again, "and is used again")
}

// two is an estate of two projects: user/dev takes a thing from shop/dev.
func (s *shop) two() fstest.MapFS {
	files := fstest.MapFS{"organization.yaml": {Data: []byte("organization: acme\nprojects: [shop, user]\n")}}
	for name, file := range s.files {
		files["shop/"+name] = file
		if strings.HasPrefix(name, "bundles/") || strings.HasPrefix(name, "types/") {
			files["user/"+name] = file
		}
	}
	files["shop/project.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(string(s.files["project.yaml"].Data), "components:", "allow: ['user/*']\ncomponents:", 1))}
	delete(files, "user/types/thing.yaml")
	files["user/project.yaml"] = &fstest.MapFile{Data: []byte("project: user\ncomponents:\n  u: {bundle: taker}\n")}
	files["user/environments/dev.yaml"] = &fstest.MapFile{Data: []byte("environment: dev\ninstances:\n  u: {connections: {thing: shop/dev.a.thing}}\n")}
	return files
}

func TestAcrossEnvironments(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	user := s.resolveIn(t, s.two(), "user/dev")
	plan, err := s.engine.Plan(t.Context(), user)
	require.NoError(t, err)
	require.Equal(t, "deferred", plan.Instances[0].Action)
	run, err := s.engine.Deploy(t.Context(), user)
	require.Error(t, err)
	require.ErrorContains(t, run.Errors["user/dev.u"], "thing waits for shop/dev.a.thing, which is not deployed (deploy shop/dev first)")

	_, err = s.engine.Deploy(t.Context(), s.resolveIn(t, s.two(), "shop/dev"))
	require.NoError(t, err)
	run, err = s.engine.Deploy(t.Context(), s.resolveIn(t, s.two(), "user/dev"))
	require.NoError(t, err)
	require.Equal(t, []string{"user/dev.u"}, run.Applied)

	_, err = s.engine.Destroy(t.Context(), "shop/dev", nil)
	var used *deploy.InUseError
	require.ErrorAs(t, err, &used)
	require.EqualError(t, err, "shop/dev.a.thing is used by user/dev.u: destroy or change the users first")

	// Nor is it deleted when its component leaves the files.
	s.write("project.yaml", "project: shop\ncomponents:\n  d: {bundle: maker, params: {size: 1}}\n")
	files := s.two()
	files["user/environments/dev.yaml"] = &fstest.MapFile{Data: []byte("environment: dev\ninstances:\n  u: {connections: {thing: shop/dev.d.thing}}\n")}
	run, err = s.engine.Deploy(t.Context(), s.resolveIn(t, files, "shop/dev"))
	require.Error(t, err)
	require.ErrorAs(t, run.Errors["shop/dev.a"], &used)
	require.Equal(t, ids("b", "c"), run.Applied)

	_, err = s.engine.Deploy(t.Context(), s.resolveIn(t, files, "user/dev"))
	require.NoError(t, err)
	run, err = s.engine.Deploy(t.Context(), s.resolveIn(t, files, "shop/dev"))
	require.NoError(t, err)
	require.Equal(t, ids("a"), run.Applied)
}

func TestOneAtATime(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	lease, err := s.store.Lock(t.Context(), "shop/dev", "deploy of bob")
	require.NoError(t, err)
	env := s.resolve(t)
	for name, do := range map[string]func() error{
		"plan":    func() error { _, err := s.engine.Plan(t.Context(), env); return err },
		"deploy":  func() error { _, err := s.engine.Deploy(t.Context(), env); return err },
		"destroy": func() error { _, err := s.engine.Destroy(t.Context(), "shop/dev", nil); return err },
		"resume":  func() error { _, err := s.engine.Resume(t.Context(), env); return err },
	} {
		var locked *store.LockedError
		require.ErrorAs(t, do(), &locked, name)
		require.Equal(t, "deploy of bob", locked.Who)
	}
	require.NoError(t, lease.Release())
	s.deploy(t)
}

// A deployment that failed before it changed anything leaves what was: it is what a destroy
// goes by, and what must not change.
func TestFailedAttemptLeavesWhatWas(t *testing.T) {
	t.Parallel()
	s := newShop(t, &memory.Options{Fail: func(_ memory.Operation, req *provisioner.Request) error {
		if text, err := fs.ReadFile(req.Files, "src/main.txt"); err != nil || string(text) == "broken\n" {
			return tenon.Problem{Message: "does not parse"}
		}
		return nil
	}})
	check := func(first bool) {
		s.write("bundles/maker/src/main.txt", "broken\n")
		s.write("project.yaml", strings.Replace(wares["project.yaml"], "a: {bundle: maker, params: {size: 1}}", "a: {bundle: maker, params: {size: 1, zone: z9}}", 1))
		run, err := s.engine.Deploy(t.Context(), s.resolve(t))
		require.Error(t, err)
		require.Contains(t, run.Failed, "shop/dev.a")
		s.write("project.yaml", wares["project.yaml"])
		if first {
			s.write("bundles/maker/src/main.txt", wares["bundles/maker/src/main.txt"])
			s.deploy(t)
			return
		}
		seen := len(s.driver.Calls())
		destroyed, err := s.engine.Destroy(t.Context(), "shop/dev", nil)
		require.NoError(t, err)
		require.Equal(t, ids("a", "b", "c", "d"), destroyed.Applied)
		require.Equal(t, map[string]int{"a": 1, "b": 1, "c": 1, "d": 1}, s.calls(seen, memory.Destroy))
	}
	check(true) // of what never was: the param may still change
	check(false)

	// What was never made is nothing to destroy.
	run, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	require.Equal(t, ids("a", "d"), run.Failed)
	seen := len(s.driver.Calls())
	_, err = s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.NoError(t, err)
	require.Empty(t, s.calls(seen, memory.Destroy))
}
