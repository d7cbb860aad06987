package terraform

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/folder"
	"github.com/tenon-sdk/tenon/provisioner"
)

// work is the private folder of one run:
//
//	run.json      which process runs, and for what
//	output.jsonl  what it says, a JSON document a line
//	errors.txt    what it says otherwise
//	debug.txt     what it writes at a log level, where one is asked for
//	plan          a saved plan, while there is one
//	files/        the bundle's files; the module among them, its inputs and its state
type work struct {
	root   string
	module string // absolute path of the step's folder
}

const (
	recordName  = "run.json"
	outputName  = "output.jsonl"
	errorsName  = "errors.txt"
	planName    = "plan"
	filesName   = "files"
	stateName   = "terraform.tfstate"
	rescueName  = "errored.tfstate" // where the tool could not write its state to its place
	lockName    = ".terraform.lock.hcl"
	backendName = "tenon.tfbackend" // what completes the module's backend
	debugName   = "debug.txt"       // what the tool writes at a log level
)

func workOf(req *provisioner.Request) (*work, error) {
	if !filepath.IsAbs(req.WorkDir) {
		return nil, fmt.Errorf("the work folder %q is not an absolute path", req.WorkDir)
	}
	if !fs.ValidPath(path.Clean(req.Path)) {
		return nil, tenon.Problems{{Rule: ruleFolder, File: req.Path, Message: "the folder of a step lies inside its bundle"}}
	}
	root := filepath.Clean(req.WorkDir)
	return &work{root: root, module: filepath.Join(root, filesName, filepath.FromSlash(path.Clean(req.Path)))}, nil
}

func (w *work) path(name string) string   { return filepath.Join(w.root, name) }
func (w *work) inside(name string) string { return filepath.Join(w.module, name) }

// empty removes what is in the work folder, and leaves the folder.
func (w *work) empty() error { return folder.Empty(w.root) }

// isEmpty says that nothing was left behind in the work folder.
func (w *work) isEmpty() bool { return folder.IsEmpty(w.root) }

// fill copies the bundle's files.
func (w *work) fill(files fs.FS) error {
	if err := os.MkdirAll(w.root, 0o700); err != nil {
		return err
	}
	return folder.Fill(w.path(filesName), files, leftOut)
}

// leftOut are traces of a run by hand, and values that somebody set for one: the inputs
// of a step are what the bundle says and nothing else.
func leftOut(entry fs.DirEntry) bool {
	name := entry.Name()
	if entry.IsDir() {
		return name == ".terraform" || name == ".git"
	}
	switch {
	case name == stateName, name == rescueName, name == ".terraform.tfstate.lock.info":
	case strings.HasPrefix(name, stateName+"."):
	case name == "terraform.tfvars", name == "terraform.tfvars.json":
	case strings.HasSuffix(name, ".auto.tfvars"), strings.HasSuffix(name, ".auto.tfvars.json"):
	default:
		return false
	}
	return true
}

// inFiles is where a folder of the bundle lies in the work folder.
func (w *work) inFiles(folder string) string {
	return filepath.Join(w.path(filesName), filepath.FromSlash(folder))
}
