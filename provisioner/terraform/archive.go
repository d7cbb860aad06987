package terraform

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// archive is what init made in a module's folder, small enough to be kept in memory:
// providers are links into a mirror or cache there.
type archive struct {
	folders []string
	files   map[string][]byte
	links   map[string]string
}

// maxArchive is the size in bytes up to which it is kept.
const maxArchive = 16 << 20

// pack reads .terraform and the lock file; nil where they are too large to be kept.
func pack(module string) (*archive, error) {
	a := &archive{files: map[string][]byte{}, links: map[string]string{}}
	size := int64(0)
	visit := func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(module, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir():
			a.folders = append(a.folders, name)
		case entry.Type()&fs.ModeSymlink != 0:
			a.links[name], err = os.Readlink(path)
		default:
			var info fs.FileInfo
			if info, err = entry.Info(); err != nil {
				return err
			}
			if size += info.Size(); size > maxArchive {
				return filepath.SkipAll
			}
			a.files[name], err = os.ReadFile(path)
		}
		return err
	}
	for _, name := range []string{".terraform", lockName} {
		path := filepath.Join(module, name)
		if _, err := os.Lstat(path); err != nil {
			continue // a module without foreign providers has no lock file
		}
		if err := filepath.WalkDir(path, visit); err != nil {
			return nil, err
		}
	}
	if size > maxArchive {
		return nil, nil
	}
	return a, nil
}

// unpack writes it into another copy of the same module.
func (a *archive) unpack(module string) error {
	for _, name := range a.folders {
		if err := os.MkdirAll(filepath.Join(module, name), 0o700); err != nil {
			return err
		}
	}
	for name, text := range a.files {
		if err := os.WriteFile(filepath.Join(module, name), text, 0o600); err != nil {
			return err
		}
	}
	for name, target := range a.links {
		if err := os.Symlink(target, filepath.Join(module, name)); err != nil && !os.IsExist(err) {
			return err
		}
	}
	return nil
}

// portable says that nothing in it names the folder it was made in.
func (a *archive) portable(module string) bool {
	for _, target := range a.links {
		if strings.HasPrefix(target, module) {
			return false
		}
	}
	return true
}
