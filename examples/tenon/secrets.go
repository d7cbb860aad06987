package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/tenon-sdk/tenon/graph"
)

// secretSource reads secrets from where the files say: the command's environment, a file,
// or what a program prints. Paths and programs start from the estate's folder.
type secretSource struct {
	root   string
	lookup func(name string) (string, bool)
	env    []string
}

func (a *app) secrets(root string) secretSource {
	return secretSource{root: root, lookup: os.LookupEnv, env: a.environ}
}

// Secret gives the value of one secret. Its errors never hold what was read.
func (s secretSource) Secret(ctx context.Context, ref graph.SecretRef) (string, error) {
	switch {
	case ref.Env != "":
		value, ok := s.lookup(ref.Env)
		if !ok {
			return "", fmt.Errorf("the environment variable %s is not set", ref.Env)
		}
		return value, nil
	case ref.File != "":
		path := ref.File
		if !filepath.IsAbs(path) {
			path = filepath.Join(s.root, path)
		}
		data, err := os.ReadFile(path)
		return strings.TrimRight(string(data), "\r\n"), err
	case len(ref.Command) > 0:
		command := exec.CommandContext(ctx, ref.Command[0], ref.Command[1:]...)
		command.Dir, command.Env = s.root, s.env
		output, err := command.Output()
		if err != nil {
			return "", fmt.Errorf("%s: %w", ref.Command[0], err)
		}
		return strings.TrimRight(string(output), "\r\n"), nil
	}
	return "", errors.New("the secret names no source")
}
