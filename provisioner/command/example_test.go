package command_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing/fstest"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/command"
)

func Example() {
	bundle := fstest.MapFS{"src/database.sh": {Mode: 0o755, Data: []byte(`#!/bin/sh
[ "$1" = destroy ] && exit 0
echo '{"host": {"value": "db.internal"}}' > "$TENON_FILES/outputs.json"
`)}}
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	driver := command.New(&command.Options{Environ: os.Environ()})
	result, err := driver.Apply(context.Background(), &provisioner.Request{
		Address: "shop/dev.db", Step: "main", Files: bundle, Path: "src",
		Config: map[string]any{"command": []any{"./database.sh"}},
		Inputs: map[string]any{"size": "small"},
		State:  &memo{}, WorkDir: filepath.Join(folder, "work"),
	}, provisioner.Discard)
	fmt.Println(result.Outcome, result.Outputs["host"].Value, err)
	// Output: done db.internal <nil>
}
