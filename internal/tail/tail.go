// Package tail follows a file that another process writes, by whole lines.
package tail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Tail follows a file that grows. Not for concurrent use.
type Tail struct {
	path   string
	offset int64
	rest   []byte // the beginning of a line whose end is not written yet
}

// Of follows the file at a path, which need not be there yet.
func Of(path string) *Tail { return &Tail{path: path} }

// maxLine is the longest line that is kept whole; of a longer one only the start is.
const maxLine = 16 << 20

// Read hands on the lines that came since the last call.
func (t *Tail) Read(line func([]byte)) error {
	file, err := os.OpenFile(t.path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe would wait for its other end
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return errors.Join(err, fmt.Errorf("%s is not a file", t.path))
	}
	if _, err := file.Seek(t.offset, io.SeekStart); err != nil {
		return err
	}
	buffer := make([]byte, 64<<10)
	for {
		n, err := file.Read(buffer)
		t.offset += int64(n)
		t.take(buffer[:n], line)
		if err == io.EOF || n == 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *Tail) take(text []byte, line func([]byte)) {
	for {
		end := bytes.IndexByte(text, '\n')
		if end < 0 {
			if room := maxLine - len(t.rest); room > 0 {
				t.rest = append(t.rest, text[:min(room, len(text))]...)
			}
			return
		}
		line(append(t.rest, text[:end]...))
		t.rest, text = t.rest[:0], text[end+1:]
	}
}

// Size is how much of the file was read so far, in bytes.
func (t *Tail) Size() int64 { return t.offset }

// Last hands on what stands after the last line end, once nobody writes any more.
func (t *Tail) Last(line func([]byte)) {
	if len(t.rest) > 0 {
		line(t.rest)
		t.rest = nil
	}
}
