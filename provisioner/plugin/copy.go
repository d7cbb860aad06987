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
	"syscall"
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
	place   string // of the copy in it
	program string
	digest  string // of the bytes that lie there
}

// copyOf copies a plugin, a program or a folder with one that is called plugin, and gives
// the digest of what was copied.
func copyOf(path, temp string) (_ *copied, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	folder, err := tempFolder(temp, copyPrefix)
	if err != nil {
		return nil, err
	}
	c := &copied{folder: folder, place: filepath.Join(folder, filepath.Base(path))} // its name, for those who list processes
	defer func() {
		if err != nil {
			err = errors.Join(err, c.remove())
		}
	}()
	c.program = c.place
	if info.IsDir() {
		c.program = filepath.Join(c.place, program)
	}
	if c.digest, err = digest(path, info, c.place); err != nil {
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

// check says whether the copy was changed since it was made: the plugin itself could.
func (c *copied) check() error {
	now, err := Digest(c.place)
	if err == nil && now != c.digest {
		err = fmt.Errorf("the copy that was checked has changed since: %s is %s now", c.place, now)
	}
	return err
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
		if err := copyFile(path, to, sum); err != nil {
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
		own := sha256.New()
		file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return err
		}
		defer file.Close()
		info, err := copyOpen(file, target, own)
		if err != nil {
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

func copyFile(path, to string, sum io.Writer) error {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe would wait for its other end
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = copyOpen(file, to, sum)
	return err
}

// copyOpen reads an open file: what was looked at before may have been another one.
func copyOpen(file *os.File, to string, sum io.Writer) (fs.FileInfo, error) {
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a program", file.Name())
	}
	if err != nil {
		return nil, err
	}
	if to == "" {
		_, err := io.Copy(sum, file)
		return info, err
	}
	mode := fs.FileMode(0o400)
	if info.Mode()&0o111 != 0 {
		mode = 0o500
	}
	copied, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.MultiWriter(copied, sum), file)
	return info, errors.Join(err, copied.Close())
}

// nameOf a plugin is the name of its file or folder, without an ending.
func nameOf(path string) string {
	base := filepath.Base(path)
	if name := strings.TrimSuffix(base, ".exe"); name != "" {
		return name
	}
	return base
}
