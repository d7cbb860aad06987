package bundle_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing/fstest"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/artifacts/standard"
	"github.com/tenon-sdk/tenon/bundle"
)

const worker = `bundle: worker
version: 2.3.0
params:
  type: object
  required: [image]
  properties:
    image: {type: string}
    memory: {type: integer, default: 256}
presets:
  large: {values: {memory: 2048}}
connections:
  jobs: {type: queue@1, grants: [consume]}
steps:
  - name: main
    path: src
    driver: terraform
    inputs: {queue: .connections.jobs.url, size: .params.memory}
app:
  identity: container
  env: {QUEUE_URL: .connections.jobs.url}
`

func files(text string) fstest.MapFS {
	return fstest.MapFS{"bundle.yaml": {Data: []byte(text)}, "src/main.tf": {}}
}

func Example() {
	b, err := bundle.Load(files(worker), ".")
	if err != nil {
		fmt.Println(err)
		return
	}
	preset, _ := b.Preset("large")
	params, problems := b.Params.Merge(preset.Values, map[string]any{"image": "shop/worker:7"})
	if err := problems.Err(); err != nil {
		fmt.Println(err)
		return
	}
	scope := &bundle.Scope{Params: params, Connections: map[string]any{"jobs": map[string]any{"url": "https://queue.example/jobs"}}}
	inputs, err := b.Steps[0].Inputs(context.Background(), scope)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		fmt.Println(name, "=", inputs[name].Value)
	}
	// Output:
	// queue = https://queue.example/jobs
	// size = 2048
}

func ExampleLoad() {
	_, err := bundle.Load(files("bundle: worker\nversion: 2\nstep: []\n"), ".")
	fmt.Println(err)
	// Output:
	// bundle.yaml:1:1: steps: is required
	// bundle.yaml:2:10: version: must be a string, got 2 (a whole number)
	// bundle.yaml:3:1: step: unknown key "step" (did you mean "steps"?)
}

func ExampleLint() {
	catalog, err := artifacts.Load(standard.FS())
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := bundle.Load(files(`bundle: worker
version: 2.3.0
connections:
  jobs: {type: quue@1}
steps:
  - {name: main, path: source, driver: terraform}
`), ".")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range bundle.Lint(b, catalog) {
		fmt.Println(p)
	}
	// Output:
	// bundle.yaml:4:16: connections.jobs.type: unknown artifact type "quue" (did you mean "queue"?)
	// bundle.yaml:6:24: steps[0].path: the step "main" has no folder "source"
}

func ExampleCheck() {
	catalog, err := artifacts.Load(standard.FS())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(bundle.Check(files("bundle: worker\nversion: two\nconnections: {jobs: {type: quue@1}}\nsteps: [{name: main, path: src, driver: terraform}]\n"), ".", catalog))
	// Output:
	// bundle.yaml:2:10: version: "two" is not a version such as 1.4.0
	// bundle.yaml:3:28: connections.jobs.type: unknown artifact type "quue" (did you mean "queue"?)
}

func ExampleParams_Merge() {
	b, err := bundle.Load(files(worker), ".")
	if err != nil {
		fmt.Println(err)
		return
	}
	params, problems := b.Params.Merge(map[string]any{"memory": 512}, map[string]any{"image": 7})
	text, _ := json.Marshal(params)
	fmt.Println(string(text))
	fmt.Println(problems)
	// Output:
	// {"image":7,"memory":512}
	// image: must be a string, got 7 (a whole number)
}

func ExampleApp_Env() {
	b, err := bundle.Load(files(worker), ".")
	if err != nil {
		fmt.Println(err)
		return
	}
	// The queue is not built yet.
	env, err := b.App.Env(context.Background(), &bundle.Scope{Unknown: []tenon.Path{tenon.At("connections", "jobs")}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(env["QUEUE_URL"].Known(), env["QUEUE_URL"].Waits)
	// Output:
	// false [connections.jobs]
}

func ExampleBundle_Digest() {
	b, err := bundle.Load(files(worker), ".")
	if err != nil {
		fmt.Println(err)
		return
	}
	digest, err := b.Digest()
	fmt.Println(digest, err)
	// Output:
	// sha256:a7f54229c576946d4e7b00c9afdd6da1a3fcdbc4493ce41ffcbb4945f143fc31 <nil>
}
