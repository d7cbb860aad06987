package plugin

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"testing/fstest"
	"time"
)

// archiveOf puts files into a tar archive, in their order, without times and owners.
func archiveOf(files fs.FS) ([]byte, error) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := fs.Stat(files, name) // of what a link leads to
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		header := &tar.Header{Name: name, Mode: int64(info.Mode().Perm()), Size: int64(len(text)), Typeflag: tar.TypeReg, Format: tar.FormatPAX, ModTime: time.Unix(0, 0)}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	})
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}

// filesOf reads an archive that archiveOf made.
func filesOf(archive []byte) (fs.FS, error) {
	files := fstest.MapFS{}
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the files cannot be read: %w", err)
		}
		if !fs.ValidPath(header.Name) || path.Clean(header.Name) != header.Name || header.Typeflag != tar.TypeReg {
			return nil, fmt.Errorf("the files cannot be read: %q is not a file in them", header.Name)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("the files cannot be read: %w", err)
		}
		files[header.Name] = &fstest.MapFile{Data: text, Mode: fs.FileMode(header.Mode).Perm()}
	}
}
