package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing/fstest"

	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/memory"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// open makes an engine over the memory driver, and resolves shop/dev.
func open(ctx context.Context) (*deploy.Engine, *graph.Environment, func()) {
	folder, err := os.MkdirTemp("", "")
	must(err)
	st, err := store.Open(ctx, folder, nil)
	must(err)
	files := fstest.MapFS{}
	for name, text := range wares {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	estate, err := graph.Load(files, nil)
	must(err)
	env, err := graph.Resolve(estate, "shop/dev", nil)
	must(err)
	engine := deploy.New(st, provisioner.Drivers{"memory": memory.New(nil)}, &deploy.Options{RequestedBy: "alice"})
	return engine, env, func() { must(errors.Join(st.Close(), os.RemoveAll(folder))) }
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func ExampleNew() {
	ctx := context.Background()
	engine, env, done := open(ctx)
	defer done()
	plan, err := engine.Plan(ctx, env)
	must(err)
	for _, i := range plan.Instances {
		fmt.Println(i.Action, i.ID)
	}
	run, err := engine.Apply(ctx, plan)
	must(err)
	fmt.Println(run.Status, run.Applied)
	// Output:
	// create shop/dev.a
	// create shop/dev.b
	// create shop/dev.c
	// create shop/dev.d
	// succeeded [shop/dev.a shop/dev.b shop/dev.c shop/dev.d]
}

func ExampleEngine_Deploy() {
	ctx := context.Background()
	engine, env, done := open(ctx)
	defer done()
	for range 2 {
		run, err := engine.Deploy(ctx, env)
		must(err)
		fmt.Println(len(run.Applied), "applied,", len(run.Skipped), "unchanged")
	}
	// Output:
	// 4 applied, 0 unchanged
	// 0 applied, 4 unchanged
}

func ExampleRunError() {
	err := (&deploy.Run{Deployment: "d-1", Status: "failed", Errors: map[string]error{
		"shop/dev.db": context.DeadlineExceeded,
	}}).Err()
	fmt.Println(err)
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output:
	// shop/dev.db: context deadline exceeded
	// true
}

func ExampleStalePlanError() {
	fmt.Println(&deploy.StalePlanError{Changed: []deploy.StaleInput{{Instance: "shop/dev.db", Input: "params"}}})
	// Output: the plan is stale, plan again; changed since it was made: shop/dev.db: params
}

func ExampleProtectedError() {
	fmt.Println(&deploy.ProtectedError{Environment: "shop/prod"})
	// Output: shop/prod is protected: it is destroyed only with an explicit override (--unprotect), or once it was deployed with protected: false
}

func ExampleInUseError() {
	fmt.Println(&deploy.InUseError{Users: map[string][]string{"shop/dev.db": {"platform/shared.network.network"}}})
	// Output: platform/shared.network.network is used by shop/dev.db: destroy or change the users first
}

func ExampleReadPlan() {
	ctx := context.Background()
	_, env, done := open(ctx)
	defer done()
	_, err := deploy.ReadPlan([]byte(`{"environment": "shop/prod"}`), env)
	fmt.Println(err)
	// Output: the plan is for environment "shop/prod", not for "shop/dev"
}
