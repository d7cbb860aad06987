package terraform

import (
	"io/fs"
	"slices"
	"strings"
)

// dialect shows files as the tool reads them. OpenTofu also reads name.tofu, in the place
// of name.tf where both are there; the module reader knows only the latter.
// Source: OpenTofu documentation, "Files and Directories".
func (d *Driver) dialect(files fs.FS) fs.FS {
	if d.options.Tool != OpenTofu {
		return files
	}
	return tofuFS{files}
}

type tofuFS struct{ files fs.FS }

// tofuName is the .tofu form of a .tf name, empty for any other.
func tofuName(name string) string {
	if stem, ok := strings.CutSuffix(name, ".tf"); ok {
		return stem + ".tofu"
	}
	if stem, ok := strings.CutSuffix(name, ".tf.json"); ok {
		return stem + ".tofu.json"
	}
	return ""
}

// original is the name that a file shown by dialect has in files.
func original(files fs.FS, name string) string {
	if tofu := tofuName(name); tofu != "" {
		if _, err := fs.Stat(files, name); err != nil {
			if _, err := fs.Stat(files, tofu); err == nil {
				return tofu
			}
		}
	}
	return name
}

func (t tofuFS) Open(name string) (fs.File, error) {
	if tofu := tofuName(name); tofu != "" {
		if file, err := t.files.Open(tofu); err == nil {
			return file, nil
		}
	}
	return t.files.Open(name)
}

// ReadDir lists name.tofu as name.tf, once.
func (t tofuFS) ReadDir(folder string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(t.files, folder)
	if err != nil {
		return nil, err
	}
	byName := map[string]fs.DirEntry{}
	for _, entry := range entries {
		name := entry.Name()
		if stem, ok := strings.CutSuffix(name, ".tofu"); ok {
			name = stem + ".tf"
		} else if stem, ok := strings.CutSuffix(name, ".tofu.json"); ok {
			name = stem + ".tf.json"
		}
		if _, taken := byName[name]; !taken || name != entry.Name() {
			byName[name] = renamed{entry, name}
		}
	}
	shown := make([]fs.DirEntry, 0, len(byName))
	for _, entry := range byName {
		shown = append(shown, entry)
	}
	slices.SortFunc(shown, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return shown, nil
}

// renamed is an entry under the name it is shown by; nothing else of it is looked at.
type renamed struct {
	fs.DirEntry
	name string
}

func (r renamed) Name() string { return r.name }
