package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/tenon-sdk/tenon/provisioner/store"
)

// records opens the records of the estate that DIR belongs to, without making any.
func (a *app) records(ctx context.Context, dir string, opts *store.Options) (*store.Store, error) {
	at, err := a.recordsFolder(dir)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(at, "://") && !isFile(filepath.Join(at, "tenon.db")) {
		return nil, usage("%s: holds no records (nothing was deployed yet, or they lie elsewhere: --state)", at)
	}
	return store.Open(ctx, at, opts)
}

// recordsFolder says where the records of the estate that DIR belongs to lie, or would.
func (a *app) recordsFolder(dir string) (string, error) {
	if a.state != "" {
		return a.state, nil
	}
	root, _, err := findRoot(dir)
	if err != nil {
		return "", err
	}
	if loaded, err := a.load(root); err == nil {
		return a.stateOf(&estate{Estate: loaded, root: root}), nil
	}
	return filepath.Join(root, ".tenon"), nil // also where the files have a mistake
}
