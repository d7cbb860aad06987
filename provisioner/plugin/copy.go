package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Digest gives the digest of a plugin, sha256:HEX, as lock files have it: of the bytes of a
// program, or of all files of a folder with their names and whether they can be run.
func Digest(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return digest(path, info, "")
}

// program is the file in the folder of a plugin that is run.
const program = "plugin"

// copied is a private copy of a plugin, which nobody else can change.
type copied struct {
	folder  string // private; removed with the plugin
	program string
	digest  string // of the bytes that lie there
}

// copyOf copies a plugin, a program or a folder with one that is called plugin, and gives
// the digest of what was copied.
func copyOf(path string) (_ *copied, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "tenon-plugin-") // 0700
	if err != nil {
		return nil, err
	}
	c := &copied{folder: folder}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.remove())
		}
	}()
	place := filepath.Join(folder, filepath.Base(path)) // its name, for those who list processes
	c.program = place
	if info.IsDir() {
		c.program = filepath.Join(place, program)
	}
	if c.digest, err = digest(path, info, place); err != nil {
		return nil, err
	}
	found, err := os.Stat(c.program)
	switch {
	case info.IsDir() && errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no program %s in the folder %s", program, path)
	case err != nil:
		return nil, err
	case !found.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a program", path)
	case found.Mode()&0o111 == 0:
		return nil, fmt.Errorf("%s cannot be run: it is not executable (chmod +x %s)", path, path)
	}
	return c, nil
}

func (c *copied) remove() error {
	// Folders of the copy are writable, so that they can be removed.
	return os.RemoveAll(c.folder)
}

// digest reads a file or folder once, and copies what it reads to a place where that is
// given: the bytes that are counted are the bytes that are run.
func digest(path string, info fs.FileInfo, to string) (string, error) {
	sum := sha256.New()
	if !info.IsDir() {
		if err := copyFile(path, info, to, sum); err != nil {
			return "", err
		}
		return "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return "", err
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := ""
		if to != "" {
			target = filepath.Join(to, filepath.FromSlash(name))
		}
		switch kind := entry.Type(); {
		case kind.IsDir():
			if target == "" {
				return nil
			}
			return os.MkdirAll(target, 0o700)
		case kind&fs.ModeSymlink != 0:
			link, err := root.Readlink(name)
			if err != nil {
				return err
			}
			if _, err := root.Stat(name); err != nil {
				return fmt.Errorf("%s leads out of the plugin's folder, or to nothing", name)
			}
			fmt.Fprintf(sum, "link %q %q\n", name, link)
			if target == "" {
				return nil
			}
			return os.Symlink(link, target)
		case !kind.IsRegular():
			return fmt.Errorf("%s is neither a file nor a folder", name)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		own := sha256.New()
		file, err := root.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := copyOpen(file, info, target, own); err != nil {
			return err
		}
		fmt.Fprintf(sum, "file %q %t %x\n", name, info.Mode()&0o111 != 0, own.Sum(nil))
		return nil
	})
	if err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}

func copyFile(path string, info fs.FileInfo, to string, sum io.Writer) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a program", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return copyOpen(file, info, to, sum)
}

func copyOpen(file io.Reader, info fs.FileInfo, to string, sum io.Writer) error {
	if to == "" {
		_, err := io.Copy(sum, file)
		return err
	}
	mode := fs.FileMode(0o400)
	if info.Mode()&0o111 != 0 {
		mode = 0o500
	}
	copied, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.MultiWriter(copied, sum), file)
	return errors.Join(err, copied.Close())
}

// nameOf a plugin is the name of its file or folder, without an ending.
func nameOf(path string) string {
	base := filepath.Base(path)
	if name := strings.TrimSuffix(base, ".exe"); name != "" {
		return name
	}
	return base
}
