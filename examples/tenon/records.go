package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/tenon-sdk/tenon/provisioner/store"
)

// records opens the records of the estate that DIR belongs to, without making any.
func (a *app) records(ctx context.Context, dir string, opts *store.Options) (*store.Store, error) {
	at := a.state
	if at == "" {
		root, _, err := findRoot(dir)
		if err != nil {
			return nil, err
		}
		at = filepath.Join(root, ".tenon") // also where the files have a mistake
		if loaded, err := a.load(root); err == nil {
			at = a.stateOf(&estate{Estate: loaded, root: root})
		}
	}
	if !strings.Contains(at, "://") && !isFile(filepath.Join(at, "tenon.db")) {
		return nil, usage("%s: holds no records (nothing was deployed yet, or they lie elsewhere: --state)", at)
	}
	return store.Open(ctx, at, opts)
}
