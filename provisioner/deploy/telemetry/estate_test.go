package telemetry_test

import (
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/deploy/telemetry"
	"github.com/tenon-sdk/tenon/provisioner/memory"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// Values that no telemetry may hold.
const (
	plain  = "pl4in-value"
	secret = "s3cret-value"
)

// files is a project: b needs a, which has two steps; c stands alone.
var files = fstest.MapFS{
	"project.yaml": {Data: []byte(`
project: shop
components:
  a: {bundle: maker, params: {note: ` + plain + `}}
  b: {bundle: taker}
  c: {bundle: maker}
links: [a.thing -> b.thing]
`)},
	"environments/dev.yaml": {Data: []byte("environment: dev\n")},
	"types/thing.yaml": {Data: []byte(`
artifact: thing
version: 1.0.0
title: Thing
schema: {type: object, required: [id], properties: {id: {type: string}}}
examples: [{id: x}]
`)},
	"bundles/maker/bundle.yaml": {Data: []byte(`
bundle: maker
version: 1.2.3
params:
  type: object
  properties:
    note: {type: string, default: none}
    token: {type: string, default: ` + secret + `, x-sensitive: true}
connections: {}
artifacts: {thing: {type: thing@1, value: '{id: .metadata.component}'}}
steps:
  - {name: first, path: src, driver: memory, inputs: {note: .params.note, token: .params.token}}
  - {name: second, path: src, driver: memory}
`)},
	"bundles/maker/src/x": {Data: []byte("x")},
	"bundles/taker/bundle.yaml": {Data: []byte(`
bundle: taker
version: 2.0.0
params: {type: object, properties: {}}
connections: {thing: {type: thing@1}}
artifacts: {}
steps: [{name: main, path: src, driver: memory, inputs: {from: .connections.thing.id}}]
`)},
	"bundles/taker/src/x": {Data: []byte("x")},
}

// world is an engine over the memory driver whose events become telemetry.
type world struct {
	recorder
	sink   *telemetry.Sink
	engine *deploy.Engine
	env    *graph.Environment
}

func newWorld(t *testing.T, opts *memory.Options, options *telemetry.Options) *world {
	t.Helper()
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "store"), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	w := &world{}
	w.sink, err = telemetry.New(&w.recorder, meters{r: &w.recorder}, options)
	require.NoError(t, err)
	w.engine = deploy.New(st, provisioner.Drivers{"memory": memory.New(opts)}, &deploy.Options{Events: w.sink, Backoff: time.Millisecond})
	estate, err := graph.Load(files, &graph.LoadOptions{NoStandard: true})
	require.NoError(t, err)
	w.env, err = graph.Resolve(estate, "shop/dev", nil)
	require.NoError(t, err)
	return w
}
