package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/folder"
	"github.com/tenon-sdk/tenon/internal/process"
	"github.com/tenon-sdk/tenon/provisioner"
)

// work is the private folder of one run:
//
//	run.json    which process runs, and for what
//	taken-…     the wrapper's number; made by it, or by a recovery that is before it
//	exit        the status with which the program ended
//	said.txt    its standard output; its answer with the protocol stdio
//	errors.txt  its standard error
//	request     its standard input, with the protocol stdio
//	files/      what it is asked, and its answers: TENON_FILES
//	bundle/     the bundle's files; the step's folder among them, where it runs
type work struct{ root, step string }

const (
	recordName  = "run.json"
	takenPrefix = "taken-"
	exitName    = "exit"
	saidName    = "said.txt"
	errorsName  = "errors.txt"
	requestName = "request"
	filesName   = "files"
	bundleName  = "bundle"
)

func workOf(req *provisioner.Request) (*work, error) {
	if !filepath.IsAbs(req.WorkDir) {
		return nil, fmt.Errorf("the work folder %q is not an absolute path", req.WorkDir)
	}
	if !fs.ValidPath(path.Clean(req.Path)) {
		return nil, tenon.Problems{{Rule: ruleProgram, File: req.Path, Message: "the folder of a step lies inside its bundle"}}
	}
	root := filepath.Clean(req.WorkDir)
	return &work{root: root, step: filepath.Join(root, bundleName, filepath.FromSlash(path.Clean(req.Path)))}, nil
}

func (w *work) path(name string) string { return filepath.Join(w.root, name) }
func (w *work) file(name string) string { return filepath.Join(w.root, filesName, name) }

// discard empties the folder after a run that left nothing to look at.
func (w *work) discard(err error) error {
	if failed := folder.Empty(w.root); failed != nil {
		return errors.Join(err, failed)
	}
	return err
}

// record is what run.json holds: written without a process before the program is started,
// and with it right after.
type record struct {
	Action   Action     `json:"action"`
	Half     bool       `json:"half,omitempty"` // the first of two runs: what it does is undone by the second
	Stdio    bool       `json:"stdio,omitempty"`
	Named    bool       `json:"named,omitempty"` // the program names its resources
	Deadline time.Time  `json:"deadline"`
	Mark     string     `json:"mark"` // in the environment of all that it starts
	Process  process.ID `json:"process"`
}

func (w *work) writeRecord(r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	temporary := w.path(recordName + ".new")
	if err := os.WriteFile(temporary, text, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, w.path(recordName))
}

// readRecord gives nil where no program was about to be started.
func (w *work) readRecord() (*record, error) {
	text, err := os.ReadFile(w.path(recordName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := &record{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w", w.path(recordName), err)
	}
	return r, nil
}

// token tells runs apart.
func (r *record) token() string {
	_, token, _ := strings.Cut(r.Mark, "=")
	return token
}

// take takes the run from a wrapper that has not begun yet, so that it never will; false
// where it has.
func (w *work) take(r *record) (bool, error) {
	file, err := os.OpenFile(w.path(takenPrefix+r.token()), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, errors.Join(file.Close(), os.Remove(w.path(recordName))) // whoever comes late finds no run of its own
}

// running is the wrapper, if it still runs. The host may have died between its start and
// the second writing of the record: it has written down its number itself.
func (w *work) running(r *record) (process.ID, bool) {
	id := r.Process
	for end := time.Now().Add(time.Second); id.PID == 0 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		text, _ := os.ReadFile(w.path(takenPrefix + r.token()))
		number, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			continue // it is just being written
		}
		if id, err = process.Of(number); err != nil || runtime.GOOS == "linux" && !slices.Contains(process.Marked(r.Mark), number) {
			return process.ID{}, false // it has ended; its number may be another one's
		}
	}
	if !id.Alive() {
		return process.ID{}, false // whoever has the number now is somebody else
	}
	return id, true
}

// status is that with which the program ended; false where it has not, or was killed with
// its wrapper.
func (w *work) status() (int, bool) {
	info, err := os.Lstat(w.path(exitName))
	if err != nil || !info.Mode().IsRegular() {
		return 0, false
	}
	text, err := os.ReadFile(w.path(exitName))
	if err != nil {
		return 0, false
	}
	code, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return code, err == nil
}
