package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/artifacts/standard"
)

// catalog is the standard catalog and the folders of --catalog and more, checked together.
func (a *app) catalog(more ...string) (*artifacts.Catalog, error) {
	var sources []fs.FS
	if !a.noStandard {
		sources = append(sources, standard.FS())
	}
	folders, err := a.catalogFolders()
	if err != nil {
		return nil, err
	}
	for _, folder := range more {
		sources = append(sources, os.DirFS(folder))
	}
	catalog, err := artifacts.Load(append(sources, folders...)...)
	return catalog, relocateError(err, append(more, a.catalogs...)...)
}

// catalogFolders opens the folders of --catalog.
func (a *app) catalogFolders() ([]fs.FS, error) {
	var folders []fs.FS
	for _, folder := range a.catalogs {
		if info, err := os.Stat(folder); err != nil {
			return nil, err
		} else if !info.IsDir() {
			return nil, usage("--catalog %s: must be a folder", folder)
		}
		folders = append(folders, os.DirFS(folder))
	}
	return folders, nil
}

// inCatalog says that a file lies in a folder of --catalog.
func (a *app) inCatalog(file string) bool {
	for _, folder := range a.catalogs {
		if relative, err := filepath.Rel(absolute(folder), absolute(file)); err == nil && filepath.IsLocal(relative) {
			return true
		}
	}
	return false
}

// withFiles is the catalog and the types of single files.
func withFiles(catalog *artifacts.Catalog, files []string) (*artifacts.Catalog, error) {
	var sources []fs.FS
	var folders []string
	for _, file := range files {
		folder, name := splitFile(file)
		sources = append(sources, oneFile{os.DirFS(folder), name})
		folders = append(folders, folder)
	}
	extended, err := catalog.With(sources...)
	return extended, relocateError(err, folders...)
}

// typeOfFile is the type that a file holds.
func (a *app) typeOfFile(catalog *artifacts.Catalog, file string) (*artifacts.Type, error) {
	if !a.inCatalog(file) {
		var err error
		if catalog, err = withFiles(catalog, []string{file}); err != nil {
			return nil, err
		}
	}
	for _, t := range catalog.Types() {
		if t.File() != "" && strings.HasSuffix("/"+filepath.ToSlash(absolute(file)), "/"+t.File()) {
			return t, nil
		}
	}
	return nil, fmt.Errorf("%s holds no artifact type", file)
}

// oneFile is a folder in which only one file can be seen.
type oneFile struct {
	folder fs.FS
	name   string
}

func (f oneFile) Open(name string) (fs.File, error) {
	if name != "." && name != f.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return f.folder.Open(name)
}

func (f oneFile) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(f.folder, name)
	var kept []fs.DirEntry
	for _, entry := range entries {
		if entry.Name() == f.name {
			kept = append(kept, entry)
		}
	}
	return kept, err
}

// splitFile gives the folder and the name of a file.
func splitFile(file string) (folder, name string) {
	return filepath.Dir(file), filepath.Base(file)
}

func absolute(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return path
}

// relocateError is relocate for an error that holds problems.
func relocateError(err error, folders ...string) error {
	if problems := tenon.ProblemsOf(err); problems != nil {
		return relocate(problems, folders...)
	}
	return err
}

// relocate gives problems whose files are named as in one of the folders the names that
// they have from the current folder, so that an editor can jump to them.
func relocate(problems tenon.Problems, folders ...string) tenon.Problems {
	located := make(tenon.Problems, len(problems))
	for i, p := range problems {
		located[i] = p
		located[i].File = relocateFile(p.File, folders)
	}
	return located.Sorted()
}

func relocateFile(file string, folders []string) string {
	for _, folder := range folders {
		path := filepath.Join(folder, filepath.FromSlash(file))
		if _, err := os.Stat(path); file == "" || err != nil {
			continue
		}
		if relative, err := filepath.Rel(absolute("."), absolute(path)); err == nil {
			path = relative
		}
		return filepath.ToSlash(path)
	}
	return file
}
