package graph_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing/fstest"

	"github.com/tenon-sdk/tenon/graph"
)

// folder makes a small project: a worker that takes messages off a queue.
func folder(links string) fstest.MapFS {
	return fstest.MapFS{
		"project.yaml":               {Data: []byte("project: shop\ncomponents:\n  events: {bundle: queue}\n  worker: {bundle: worker}\nlinks:\n" + links)},
		"environments/dev.yaml":      {Data: []byte("environment: dev\n")},
		"bundles/queue/bundle.yaml":  {Data: []byte("bundle: queue\nversion: 1.0.0\nconnections: {dead: {type: queue@1, optional: true}}\nartifacts: {queue: {type: aws-sqs-queue@1, value: .outputs.queue, grants: [consume]}}\nsteps: [{name: main, path: src, driver: terraform}]\n")},
		"bundles/worker/bundle.yaml": {Data: []byte("bundle: worker\nversion: 2.3.0\nconnections: {jobs: {type: queue@1}}\nartifacts: {failed: {type: aws-sqs-queue@1, value: .outputs.queue}}\nsteps: [{name: main, path: src, driver: terraform}]\n")},
	}
}

func Example() {
	estate, err := graph.Load(folder("  - events.queue -> worker.jobs [consume]\n"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	env, err := graph.Resolve(estate, "shop/dev", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, instance := range env.Instances() {
		fmt.Println(instance.Address(), instance.Bundle())
		for _, slot := range instance.Slots() {
			if slot.Source != "" {
				fmt.Println(" ", slot.Name, "is", slot.From, slot.Type, slot.Grants)
			}
		}
	}
	// Output:
	// shop/dev.events queue@1.0.0
	// shop/dev.worker worker@2.3.0
	//   jobs is shop/dev.events.queue aws-sqs-queue@1.0.0 [consume]
}

func ExampleLoad() {
	files := folder("  - events.queue => worker.jobs\n")
	files["environments/dev.yaml"].Data = []byte("environment: dev\nprotect: true\n")
	_, err := graph.Load(files, nil)
	fmt.Println(err)
	// Output:
	// environments/dev.yaml:2:1: protect: unknown key "protect" (did you mean "protected"?)
	// project.yaml:6:5: links[0]: "events.queue => worker.jobs" is not a link such as db.database -> api.database [read]
}

func ExampleResolve() {
	estate, err := graph.Load(folder("  []\n"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = graph.Resolve(estate, "shop/dev", nil)
	fmt.Println(err)
	// Output:
	// project.yaml:4:11: components.worker: worker: nothing fills the connection "jobs", which wants queue@1 (link it: events.queue -> worker.jobs)
}

func ExampleCycleError() {
	estate, err := graph.Load(folder("  - events.queue -> worker.jobs\n  - worker.failed -> events.dead\n"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = graph.Resolve(estate, "shop/dev", nil)
	var cycle *graph.CycleError
	if errors.As(err, &cycle) {
		fmt.Println(cycle)
	}
	// Output:
	// these wait for each other: shop/dev.events -> shop/dev.worker -> shop/dev.events
}

func ExampleEnvironment_MarshalJSON() {
	estate, err := graph.Load(folder("  - events.queue -> worker.jobs\n"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	env, err := graph.Resolve(estate, "shop/dev", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := json.MarshalIndent(env, "", " ")
	fmt.Println(string(text), err)
	// Output:
	// {
	//  "environment": "shop/dev",
	//  "instances": [
	//   {
	//    "id": "shop/dev.events",
	//    "bundle": "queue",
	//    "version": "1.0.0",
	//    "connections": {},
	//    "missing": []
	//   },
	//   {
	//    "id": "shop/dev.worker",
	//    "bundle": "worker",
	//    "version": "2.3.0",
	//    "connections": {
	//     "jobs": {
	//      "from": "shop/dev.events.queue",
	//      "source": "link",
	//      "type": "aws-sqs-queue@1.0.0",
	//      "grants": []
	//     }
	//    },
	//    "missing": []
	//   }
	//  ],
	//  "order": [
	//   "shop/dev.events",
	//   "shop/dev.worker"
	//  ],
	//  "problems": []
	// } <nil>
}
