package deploy

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/internal/value"
)

// standIn is a value that an instance is planned with and that stands in for a real one. It
// may be a secret of now.
type standIn struct {
	Path  []string `json:"path"` // in the scope
	Value any      `json:"value"`
}

// standIns collects those that the steps of an instance may have read.
func (a *assembly) standIns(known map[string]foreseen) []standIn {
	scope, found := scopeDocument(a.scope), []standIn{}
	for _, path := range a.scope.Mocked {
		if v, ok := path.Get(scope); ok {
			found = append(found, standIn{keys(path), v})
		}
	}
	for _, step := range slices.Sorted(maps.Keys(known)) {
		for _, name := range slices.Sorted(maps.Keys(known[step].outputs)) {
			if known[step].mocked {
				found = append(found, standIn{[]string{"steps", step, "outputs", name}, known[step].outputs[name].Value})
			}
		}
	}
	return found
}

// keys of a path that leads through maps only.
func keys(path tenon.Path) (names []string) {
	for _, step := range path.Steps() {
		name, _ := step.(string)
		names = append(names, name)
	}
	return names
}

// readStandIns reads what standIns has written as JSON.
func readStandIns(data []byte) ([]standIn, error) {
	if data == nil {
		return nil, nil
	}
	var read []struct {
		Path  []string        `json:"path"`
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(data, &read); err != nil {
		return nil, err
	}
	made := make([]standIn, len(read))
	for n, r := range read {
		v, err := value.Decode(r.Value)
		if err != nil {
			return nil, err
		}
		made[n] = standIn{r.Path, v}
	}
	return made, nil
}

// scopeDocument is the part of a scope that stand-ins are in.
func scopeDocument(scope *bundle.Scope) any {
	steps := make(map[string]any, len(scope.Steps))
	for name, outputs := range scope.Steps {
		steps[name] = map[string]any{"outputs": outputs}
	}
	return map[string]any{"connections": scope.Connections, "access": scope.Access, "steps": steps}
}

// pair is a stand-in and what is there instead.
type pair struct{ planned, real any }

// pairs gives for each stand-in what the scope has now.
func pairs(stands []standIn, scope *bundle.Scope) []pair {
	document, found := scopeDocument(scope), make([]pair, 0, len(stands))
	for _, s := range stands {
		path := tenon.Path{}
		for _, key := range s.Path {
			path = path.Append(key)
		}
		if now, ok := path.Get(document); ok {
			found = append(found, pair{s.Value, now})
		}
	}
	return found
}
