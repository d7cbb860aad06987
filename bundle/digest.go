package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/tenon-sdk/tenon"
)

// Ignored says that a file or folder is not part of a bundle: what tools leave behind
// (.terraform, state, plans, crash logs) and version control. name is its last element.
func Ignored(name string) bool {
	switch name {
	case ".terraform", ".git", ".tenon", ".DS_Store", "crash.log":
		return true
	}
	return strings.HasSuffix(name, ".tfstate") || strings.HasSuffix(name, ".tfstate.backup") || strings.HasSuffix(name, ".tfplan") || strings.HasSuffix(name, ".tfstate.lock.info")
}

// Digest of the bundle's files: "sha256:" and hex over path, executable bit and bytes of
// each, in order, without those that are Ignored. The same files give the same digest
// anywhere. A symbolic link or another file that is not regular is a problem.
func (b *Bundle) Digest() (string, error) {
	sum := sha256.New()
	var problems tenon.Problems
	err := fs.WalkDir(b.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name != "." && Ignored(entry.Name()) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() {
			return nil
		}
		if !entry.Type().IsRegular() {
			problems.Add(tenon.Problem{Rule: "bad-file", File: path.Join(b.Dir, name), Message: "is not a regular file", Hint: "a bundle holds files and folders, no links"})
			return nil
		}
		return digestFile(sum, b.Files, name, entry)
	})
	if err != nil {
		return "", err
	}
	if err := problems.Err(); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}

func digestFile(sum io.Writer, files fs.FS, name string, entry fs.DirEntry) error {
	stat, err := entry.Info()
	if err != nil {
		return err
	}
	file, err := files.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	one := sha256.New()
	if _, err := io.Copy(one, file); err != nil {
		return err
	}
	_, err = fmt.Fprintf(sum, "%q %t %x\n", name, stat.Mode()&0o100 != 0, one.Sum(nil))
	return err
}
