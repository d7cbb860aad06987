// Command program is one that the command driver runs in its tests.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() { os.Exit(run(os.Args[1], os.Args[2])) }

// run makes two files in a folder, as a program that somebody would write: it looks
// for what is there, and names its resources.
func run(protocol, action string) int {
	in := map[string]json.RawMessage{}
	files := os.Getenv("TENON_FILES")
	if protocol == "stdio" {
		text, err := io.ReadAll(os.Stdin)
		must(err)
		must(json.Unmarshal(text, &in))
	} else {
		for _, name := range []string{"params", "secrets", "previous"} {
			text, err := os.ReadFile(filepath.Join(files, name+".json"))
			must(err)
			in[name] = text
		}
		for key, name := range map[string]string{"state": "state", "replace": "replace.json"} {
			if text, err := os.ReadFile(filepath.Join(files, name)); err == nil {
				in[key] = text
			}
		}
	}
	answers := map[string]any{}
	code := work(action, in, answers)
	if protocol == "stdio" {
		must(json.NewEncoder(os.Stdout).Encode(answers))
		return code
	}
	for name, answer := range answers {
		text, err := json.Marshal(answer)
		must(err)
		if name != "state" {
			name += ".json"
		}
		must(os.WriteFile(filepath.Join(files, name), text, 0o600))
	}
	if answers["state"] == nil {
		_ = os.Remove(filepath.Join(files, "state"))
	}
	return code
}

func work(action string, in map[string]json.RawMessage, answers map[string]any) int {
	var params struct {
		Size, Pause int
		World       string
		Fail        bool
	}
	var secrets struct{ Password string }
	state := map[string]int{} // sizes of the files that were made
	must(json.Unmarshal(in["params"], &params))
	must(json.Unmarshal(in["secrets"], &secrets))
	if in["state"] != nil {
		must(json.Unmarshal(in["state"], &state))
	}
	if params.Size < 1 && os.Getenv("TENON_MODE") != "destroy" && action != "destroy" {
		answers["problems"] = []any{map[string]any{"rule": "size", "path": "inputs.size", "message": "too small for " + secrets.Password, "file": "run.sh", "line": 1}}
		answers["state"] = state
		return 65
	}
	fmt.Fprintln(os.Stderr, action, "with", secrets.Password)
	names := []string{"first", "second"}
	var anew []string
	if in["replace"] != nil {
		must(json.Unmarshal(in["replace"], &anew))
	}
	size := func(name string) int {
		text, err := os.ReadFile(filepath.Join(params.World, name))
		if err != nil {
			return 0
		}
		return len(text)
	}
	changes := []map[string]any{}
	kind := action
	if action == "plan" {
		kind = os.Getenv("TENON_MODE")
	}
	for _, name := range names {
		there, does := size(name), ""
		switch {
		case kind == "destroy" && there > 0:
			does = "delete"
		case kind == "apply" && there == 0:
			does = "create"
		case kind == "apply" && slices.Contains(anew, name):
			does = "replace"
		case kind == "apply" && there != params.Size:
			does = "update"
		case kind == "drift" && there == 0:
			does = "delete"
		case kind == "drift" && there != state[name]:
			does = "update"
		}
		if does == "" {
			continue
		}
		changes = append(changes, map[string]any{"address": name, "type": "file", "action": does, "attributes": []any{
			map[string]any{"path": "size", "before": there, "after": params.Size}, map[string]any{"path": "password", "after": secrets.Password},
		}})
		if action == "plan" || action == "drift" {
			continue
		}
		if does == "delete" {
			must(os.Remove(filepath.Join(params.World, name)))
			continue
		}
		must(os.MkdirAll(params.World, 0o700))
		must(os.WriteFile(filepath.Join(params.World, name), []byte(strings.Repeat("x", params.Size)), 0o600))
		state[name] = params.Size
		if name == "first" {
			time.Sleep(time.Duration(params.Pause) * time.Second)
			if params.Fail {
				answers["state"] = state
				fmt.Fprintln(os.Stderr, "no luck with", secrets.Password)
				return 3
			}
		}
	}
	switch action {
	case "plan", "drift":
		answers["plan"] = map[string]any{"changes": changes}
		answers["state"] = state
	case "apply":
		answers["state"] = state
		answers["changes"] = changes
		answers["outputs"] = map[string]any{
			"size": map[string]any{"value": params.Size}, "password": map[string]any{"value": "the password is " + secrets.Password},
		}
	case "destroy":
		answers["changes"] = changes
	}
	return 0
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(70)
	}
}
