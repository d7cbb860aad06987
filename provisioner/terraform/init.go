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
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
)

// initCache remembers what init made of a module tree, so that it runs once for each,
// and one at a time: the tool's provider cache does not bear two at once.
type initCache struct {
	turn  chan struct{} // held while init runs or the map is used
	known map[string]*archive
}

// initialize brings the work folder to where plan and apply can run.
func (d *Driver) initialize(ctx context.Context, c *checked, files fs.FS, environment []string) error {
	w, t := c.work, c.tree
	if !t.foreign && !c.backend.declared {
		return nil // the tool plans and applies without init then
	}
	select {
	case d.inits.turn <- struct{}{}:
		defer func() { <-d.inits.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	key := ""
	if !c.backend.own { // a backend's settings are part of what init leaves
		var err error
		if key, err = d.treeDigest(t, files, c.binary); err != nil {
			return err
		}
		if known := d.inits.known[key]; known != nil {
			return known.unpack(w.module)
		}
	}
	if d.options.PluginCache != "" {
		if err := os.MkdirAll(d.options.PluginCache, 0o700); err != nil {
			return err
		}
	}
	tool, err := d.command(w.module, c.binary, environment)
	if err != nil {
		return err
	}
	d.options.Logger.Debug("initialising", "folder", w.module)
	if err := tool.Init(ctx); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("%s init was interrupted: %w", d.options.Tool.program(), ctx.Err())
		}
		return tenon.Problems{{
			Rule: string(d.options.Tool), File: path.Clean(t.root.Path),
			Message: c.secret.Text("init: " + plain(err.Error())),
		}}
	}
	if key == "" {
		return nil
	}
	made, err := pack(w.module)
	if err != nil {
		return err
	}
	if made != nil && made.portable(w.module) {
		d.inits.known[key] = made
	}
	return nil
}

// treeDigest covers what init looks at: the tool, its configuration, and all files that
// may be part of the module tree.
func (d *Driver) treeDigest(t *tree, files fs.FS, binary string) (string, error) {
	id, err := identity(binary)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %q\n", id, t.root.Path)
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

// plain takes the frame off what the tool writes for people, and puts it on one line.
func plain(text string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("╷", "", "│", "", "╵", "").Replace(text)), " ")
}
