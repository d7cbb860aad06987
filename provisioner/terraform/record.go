package terraform

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tenon-sdk/tenon/internal/process"
)

// record is what run.json holds: written without a process before the tool is started,
// and with it right after.
type record struct {
	Operation string     `json:"operation"` // apply, destroy or plan
	Tool      Tool       `json:"tool"`
	Folder    string     `json:"folder"`   // of the module, in the bundle
	OwnState  bool       `json:"ownState"` // the module keeps its state itself
	Arguments []string   `json:"arguments"`
	Steps     int        `json:"steps,omitempty"` // of a saved plan
	Process   process.ID `json:"process"`
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

// readRecord gives nil where no tool was about to be started.
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

// running is the process of the record, if it still runs. The host may have died between
// the start of the tool and the second writing of the record: then it is the one that
// works in the module's folder.
func (w *work) running(r *record) (process.ID, bool) {
	if r.Process.PID != 0 {
		return r.Process, r.Process.Alive()
	}
	if found := process.In(w.module); len(found) > 0 {
		return found[0], true // the tool itself has the lowest number
	}
	return process.ID{}, false
}
