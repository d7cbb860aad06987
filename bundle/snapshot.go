package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"

	"github.com/tenon-sdk/tenon"
)

// MaxSize is how many bytes the files of a bundle may have in all.
const MaxSize = 64 << 20

// Snapshot reads the bundle's files into memory, without those that are Ignored, and gives
// them with their Digest: what was digested is what is used, whatever happens to the folder
// meanwhile. The file system is safe for concurrent use.
func (b *Bundle) Snapshot() (fs.FS, string, error) {
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	sum := sha256.New()
	err := b.walk(func(name string, executable bool, content []byte) error {
		fmt.Fprintf(sum, "%q %t %x\n", name, executable, sha256.Sum256(content)) // a hash takes everything
		header := &zip.FileHeader{Name: name, Method: zip.Store}
		header.SetMode(0o644)
		if executable {
			header.SetMode(0o755)
		}
		file, err := writer.CreateHeader(header)
		if err == nil {
			_, err = file.Write(content)
		}
		return err
	})
	if err == nil {
		err = writer.Close()
	}
	if err != nil {
		return nil, "", err
	}
	files, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	return files, "sha256:" + hex.EncodeToString(sum.Sum(nil)), err
}

// walk visits the files that are part of the bundle, in order.
func (b *Bundle) walk(visit func(name string, executable bool, content []byte) error) error {
	var problems tenon.Problems
	left := int64(MaxSize)
	err := fs.WalkDir(b.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && Ignored(entry.Name()):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return nil
		case !entry.Type().IsRegular():
			problems.Add(tenon.Problem{Rule: "bad-file", File: path.Join(b.Dir, name), Message: "is not a regular file", Hint: "a bundle holds files and folders, no links"})
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if left -= info.Size(); left < 0 {
			problems.Add(tenon.Problem{Rule: "too-large", File: b.Dir, Message: fmt.Sprintf("the files of the bundle have more than %d MiB", MaxSize>>20)})
			return fs.SkipAll
		}
		content, err := fs.ReadFile(b.Files, name)
		if err != nil {
			return err
		}
		return visit(name, info.Mode()&0o100 != 0, content)
	})
	if err != nil {
		return err
	}
	return problems.Err()
}
