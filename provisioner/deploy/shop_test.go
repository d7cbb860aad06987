package deploy_test

import (
	"io/fs"
	"maps"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/memory"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// shop is an estate in memory, with its records and an engine over the memory driver.
type shop struct {
	files  fstest.MapFS
	store  *store.Store
	driver *memory.Driver
	engine *deploy.Engine

	mu     sync.Mutex
	events []deploy.Event
}

// wares is a project: a makes a thing, b and c make one from another, d makes one alone.
//
//	a -> b -> c    d
var wares = map[string]string{
	"project.yaml": `
project: shop
components:
  a: {bundle: maker, params: {size: 1}}
  b: {bundle: taker}
  c: {bundle: taker}
  d: {bundle: maker, params: {size: 1}}
links:
  - a.thing -> b.thing
  - b.thing -> c.thing
`,
	"environments/dev.yaml": "environment: dev\n",
	"types/thing.yaml": `
artifact: thing
version: 1.0.0
title: Thing
schema:
  type: object
  required: [id]
  properties:
    id: {type: string}
    size: {type: integer, minimum: 1}
    token: {type: string, x-sensitive: true}
examples: [{id: x}]
`,
	"bundles/maker/bundle.yaml": `
bundle: maker
version: 1.0.0
params:
  type: object
  properties:
    size: {type: integer}
    zone: {type: string, default: z1, x-immutable: true}
    token: {type: string, default: t0k3n-0f-the-maker, x-sensitive: true}
    note: {type: string, default: none}
connections: {}
artifacts:
  thing: {type: thing@1, value: '{id: "of \(.metadata.component)", size: .outputs.size, token: .outputs.token}'}
steps:
  - {name: main, path: src, driver: memory, inputs: {size: .params.size, token: .params.token, note: .params.note}}
`,
	"bundles/maker/src/main.txt": "nothing\n",
	"bundles/taker/bundle.yaml": `
bundle: taker
version: 1.0.0
params: {type: object, properties: {}}
connections: {thing: {type: thing@1}}
artifacts:
  thing: {type: thing@1, value: '{id: "of \(.metadata.component)", size: .outputs.size}'}
steps:
  - {name: main, path: src, driver: memory, inputs: {size: .connections.thing.size, from: .connections.thing.id}}
app:
  env: {FROM: .connections.thing.id, TOKEN: .connections.thing.token}
`,
	"bundles/taker/src/main.txt": "nothing\n",
}

func newShop(t testing.TB, opts *memory.Options) *shop {
	t.Helper()
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "store"), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	s := &shop{files: fstest.MapFS{}, store: st, driver: memory.New(opts)}
	for name, text := range wares {
		s.write(name, text)
	}
	s.engine = deploy.New(st, provisioner.Drivers{"memory": s.driver}, &deploy.Options{RequestedBy: "alice", Events: s})
	return s
}

// Send keeps the events.
func (s *shop) Send(e deploy.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// of gives the types of the events of an instance, in order.
func (s *shop) of(instance string) (types []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Instance == instance {
			types = append(types, e.Type)
		}
	}
	return types
}

func (s *shop) write(name, text string) {
	s.files[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
}

func (s *shop) resolve(t testing.TB) *graph.Environment {
	t.Helper()
	return s.resolveIn(t, s.files, "shop/dev")
}

func (s *shop) resolveIn(t testing.TB, files fs.FS, address string) *graph.Environment {
	t.Helper()
	estate, err := graph.Load(files, &graph.LoadOptions{NoStandard: true})
	require.NoError(t, err)
	known, err := s.engine.Artifacts(t.Context(), estate.Catalog())
	require.NoError(t, err)
	env, err := graph.Resolve(estate, address, &graph.Options{Artifacts: known})
	require.NoError(t, err)
	return env
}

func (s *shop) plan(t testing.TB) *deploy.Plan {
	t.Helper()
	plan, err := s.engine.Plan(t.Context(), s.resolve(t))
	require.NoError(t, err)
	return plan
}

func (s *shop) deploy(t testing.TB) *deploy.Run {
	t.Helper()
	run, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.NoError(t, err)
	return run
}

// actions of a plan by component.
func actions(plan *deploy.Plan) map[string]string {
	found := map[string]string{}
	for _, i := range plan.Instances {
		found[i.ID[len("shop/dev."):]] = i.Action
	}
	return found
}

// ids are the addresses of components.
func ids(components ...string) []string {
	list := []string{}
	for _, c := range components {
		list = append(list, "shop/dev."+c)
	}
	return list
}

// calls of the driver since the last time, by component.
func (s *shop) calls(seen int, operation memory.Operation) map[string]int {
	count := map[string]int{}
	for _, call := range s.driver.Calls()[seen:] {
		if call.Operation == operation {
			count[call.Address[len("shop/dev."):]]++
		}
	}
	return maps.Clone(count)
}
