package terraform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"github.com/tenon-sdk/tenon/provisioner"
)

// state is what the driver reads of a state file.
// Source: the state file format, version 4, as both tools write it.
type state struct {
	Version int    `json:"version"`
	Tool    string `json:"terraform_version"`
	Outputs map[string]struct {
		Value     any  `json:"value"`
		Sensitive bool `json:"sensitive"`
	} `json:"outputs"`
	Resources []struct {
		Module    string `json:"module"`
		Mode      string `json:"mode"` // managed or data
		Type      string `json:"type"`
		Name      string `json:"name"`
		Instances []struct {
			Key        any    `json:"index_key"` // a text or a number
			Status     string `json:"status"`    // tainted, or empty
			Deposed    string `json:"deposed"`
			Attributes struct {
				ID any `json:"id"`
			} `json:"attributes"`
		} `json:"instances"`
	} `json:"resources"`
}

// parseState reads a state file's text; nil for none.
func parseState(text []byte) (*state, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	s := &state{}
	if err := decoder.Decode(s); err != nil {
		return nil, fmt.Errorf("the state is not one that this driver wrote: %w", err)
	}
	if s.Version > stateVersion {
		return nil, fmt.Errorf("the state was written by %s, in a form that is newer than this driver knows (%d, not %d): take a newer driver and tool",
			s.Tool, s.Version, stateVersion)
	}
	return s, nil
}

// stateVersion is the newest form of state files that the driver reads.
const stateVersion = 4

// isEmpty says that nothing in the world is known to this state.
func (s *state) isEmpty() bool {
	if s == nil {
		return true
	}
	for _, resource := range s.Resources {
		if resource.Mode != "data" {
			return false
		}
	}
	return true
}

// instance is one resource of a state.
type instance struct {
	address, kind, id string
	tainted           bool // it was made, and not to its end
}

// instances are the resources that are managed, without what waits to be deleted after
// its successor was made.
func (s *state) instances() []instance {
	var all []instance
	if s == nil {
		return nil
	}
	for _, resource := range s.Resources {
		if resource.Mode == "data" {
			continue
		}
		name := resource.Type + "." + resource.Name
		if resource.Module != "" {
			name = resource.Module + "." + name
		}
		for _, one := range resource.Instances {
			if one.Deposed != "" {
				continue
			}
			full := name
			switch key := one.Key.(type) {
			case string:
				full += "[" + strconv.Quote(key) + "]"
			case json.Number:
				full += "[" + key.String() + "]"
			}
			all = append(all, instance{full, resource.Type, fmt.Sprint(one.Attributes.ID), one.Status == "tainted"})
		}
	}
	return all
}

// find gives the resource at an address.
func (s *state) find(address string) (instance, bool) {
	for _, one := range s.instances() {
		if one.address == address {
			return one, true
		}
	}
	return instance{}, false
}

// has says that the resource at an address is known, with this id; empty: with any.
func (s *state) has(address, id string) bool {
	found, ok := s.find(address)
	return ok && (id == "" || found.id == id)
}

func (s *state) outputs() map[string]provisioner.Output {
	outputs := map[string]provisioner.Output{}
	if s != nil {
		for name, output := range s.Outputs {
			outputs[name] = provisioner.Output{Value: output.Value, Sensitive: output.Sensitive}
		}
	}
	return outputs
}

// readState gives the text of the state in the work folder: of the place where the tool
// put it when it could not write the usual one, else of the usual one. It is nil where
// there is none, or none that is whole (the tool is writing it, or was killed at that).
func (w *work) readState() ([]byte, error) {
	for _, name := range []string{rescueName, stateName} {
		text, err := os.ReadFile(w.inside(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(text) > 0 && json.Valid(text) {
			return text, nil
		}
	}
	return nil, nil
}

// writeState lays the state of the last run where the tool looks for it. The file is
// made also without one, so that only its owner can read what the tool writes into it.
func (w *work) writeState(text []byte) error {
	return os.WriteFile(w.inside(stateName), text, 0o600)
}

// stateChanged says that the state file is another one than seen, which it renews.
func (w *work) stateChanged(seen *fs.FileInfo) bool {
	info, err := os.Stat(w.inside(stateName))
	if err != nil {
		return false
	}
	before := *seen
	*seen = info
	return before == nil || before.Size() != info.Size() || !before.ModTime().Equal(info.ModTime())
}

// exists says that there is a file or folder.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
