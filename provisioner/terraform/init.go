package terraform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/flock"
)

// initCache remembers what init made of a module tree, so that it runs once for each:
// who comes while it runs waits for it. Different trees are initialised at the same time,
// unless they share a provider cache: the tool's does not bear two at once.
type initCache struct {
	sync.Mutex
	turns map[string]chan struct{} // by key; held while init of this tree runs
	known map[string]*archive      // by key
}

// turn is held by who initialises the tree of a key.
func (i *initCache) turn(key string) chan struct{} {
	i.Lock()
	defer i.Unlock()
	if i.turns[key] == nil {
		i.turns[key] = make(chan struct{}, 1)
	}
	return i.turns[key]
}

func (i *initCache) get(key string) *archive {
	i.Lock()
	defer i.Unlock()
	return i.known[key]
}

func (i *initCache) put(key string, made *archive) {
	i.Lock()
	defer i.Unlock()
	i.known[key] = made
}

// initialize brings the work folder to where plan and apply can run, or where there is no
// backend to be asked, validate.
func (d *Driver) initialize(ctx context.Context, c *checked, files fs.FS, a asking, arguments ...string) error {
	if !c.tree.foreign && !c.backend.declared {
		return nil // the tool plans and applies without init then
	}
	arguments = append([]string{"init", "-input=false", "-no-color"}, arguments...)
	if c.backend.own && !slices.Contains(arguments, noBackend) {
		// A backend's settings are part of what init leaves: it is kept for nobody.
		return d.runInit(ctx, a, arguments)
	}
	key, err := d.treeDigest(c.tree, files, c.binary, arguments)
	if err != nil {
		return err
	}
	turn := d.inits.turn(key)
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if known := d.inits.get(key); known != nil {
		return known.unpack(c.work.module)
	}
	if err := d.runInit(ctx, a, arguments); err != nil {
		return err
	}
	made, err := pack(c.work.module)
	if err != nil {
		return err
	}
	if made != nil && made.portable(c.work.module) {
		d.inits.put(key, made)
	}
	return nil
}

// noBackend is the flag of an init that asks no backend.
const noBackend = "-backend=false"

func (d *Driver) runInit(ctx context.Context, a asking, arguments []string) error {
	if d.options.PluginCache != "" {
		if err := os.MkdirAll(d.options.PluginCache, 0o700); err != nil {
			return err
		}
		release, err := flock.Take(ctx, filepath.Join(d.options.PluginCache, ".tenon.lock"))
		if err != nil {
			return fmt.Errorf("waiting for the provider cache: %w", err)
		}
		defer release()
	}
	_, err := a.run(ctx, arguments...)
	if err == nil || ctx.Err() != nil || tenon.ProblemsOf(err) != nil {
		return err
	}
	return transient(tenon.Problems{{Rule: string(d.options.Tool), File: path.Clean(a.path), Message: "init: " + err.Error()}})
}

// treeDigest covers what init looks at: the tool, its configuration, the provider lock, and
// all files that may be part of the module tree.
func (d *Driver) treeDigest(t *tree, files fs.FS, binary string, arguments []string) (string, error) {
	id, err := identity(binary)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %q %q\n", id, t.root.Path, arguments)
	for _, module := range t.modules {
		folder := module.Path
		entries, err := fs.ReadDir(files, folder)
		if err != nil {
			return "", err
		}
		for _, entry := range entries {
			name := entry.Name()
			if entry.IsDir() || !isConfig(name) && name != lockName {
				continue
			}
			text, err := fs.ReadFile(files, path.Join(folder, name))
			if err != nil {
				return "", err
			}
			fmt.Fprintf(sum, "%q %d\n", path.Join(folder, name), len(text))
			if _, err := sum.Write(text); err != nil {
				return "", err
			}
		}
	}
	if d.options.CLIConfig != "" {
		file, err := os.Open(d.options.CLIConfig)
		if err != nil {
			return "", err
		}
		defer file.Close()
		if _, err := io.Copy(sum, file); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func isConfig(name string) bool {
	return slices.ContainsFunc([]string{".tf", ".tf.json", ".tofu", ".tofu.json"}, func(end string) bool {
		return strings.HasSuffix(name, end)
	})
}
