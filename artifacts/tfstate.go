package artifacts

import (
	"encoding/json"
	"fmt"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/value"
)

// resource is a managed resource as Terraform knows it.
type resource struct {
	address    string
	typ        string
	attributes any
	unknown    any // true where a plan does not know the value yet
}

// isUnknown says that a plan does not know what lies at path.
func (r resource) isUnknown(path tenon.Path) bool {
	at := r.unknown
	for _, step := range path.Steps() {
		if at == true {
			return true
		}
		switch v := at.(type) {
		case map[string]any:
			key, _ := step.(string)
			at = v[key]
		case []any:
			i, ok := step.(int)
			if !ok || i < 0 || i >= len(v) {
				return false
			}
			at = v[i]
		default:
			return false
		}
	}
	return at == true
}

type stateFile struct {
	Version   int `json:"version"` // of a state file
	Resources []struct {
		Mode      string `json:"mode"`
		Type      string `json:"type"`
		Name      string `json:"name"`
		Module    string `json:"module"`
		Instances []struct {
			Index      any             `json:"index_key"`
			Attributes json.RawMessage `json:"attributes"`
			Deposed    string          `json:"deposed"`
		} `json:"instances"`
	} `json:"resources"`

	FormatVersion string      `json:"format_version"` // of terraform show -json
	Values        *stateShown `json:"values"`
	PlannedValues *stateShown `json:"planned_values"`
	Changes       []struct {
		Address string `json:"address"`
		Change  struct {
			AfterUnknown json.RawMessage `json:"after_unknown"`
		} `json:"change"`
	} `json:"resource_changes"`
}

type stateShown struct {
	RootModule moduleShown `json:"root_module"`
}

type moduleShown struct {
	Resources []struct {
		Address string          `json:"address"`
		Mode    string          `json:"mode"`
		Type    string          `json:"type"`
		Values  json.RawMessage `json:"values"`
	} `json:"resources"`
	ChildModules []moduleShown `json:"child_modules"`
}

// maxState is how large a state or plan may be.
const maxState = 256 << 20

func readStateFile(data []byte) (*stateFile, error) {
	if len(data) > maxState {
		return nil, fmt.Errorf("it has more than %d bytes", maxState)
	}
	var file stateFile
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("it is no JSON of Terraform: %w", err)
	}
	return &file, nil
}

func readState(data []byte) ([]resource, error) {
	file, err := readStateFile(data)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the state cannot be read: %w", err)
	case file.Values != nil:
		return file.Values.RootModule.resources(nil)
	case file.PlannedValues != nil:
		return nil, fmt.Errorf("it is a plan, not a state")
	case file.FormatVersion != "":
		return nil, nil // terraform show -json of an empty state
	case file.Version != 4:
		return nil, fmt.Errorf("the state has version %d: only version 4 is read, and what terraform show -json prints", file.Version)
	}
	var list []resource
	for _, r := range file.Resources {
		if r.Mode != "managed" {
			continue
		}
		for _, instance := range r.Instances {
			if instance.Deposed != "" || len(instance.Attributes) == 0 {
				continue
			}
			attributes, err := value.Decode(instance.Attributes)
			if err != nil {
				return nil, fmt.Errorf("%s.%s: %w", r.Type, r.Name, err)
			}
			list = append(list, resource{address: address(r.Module, r.Type, r.Name, instance.Index), typ: r.Type, attributes: attributes})
		}
	}
	return list, nil
}

// address of one instance of a resource, as Terraform writes it.
func address(module, typ, name string, index any) string {
	text := typ + "." + name
	if module != "" {
		text = module + "." + text
	}
	switch index := index.(type) {
	case string:
		return fmt.Sprintf("%s[%q]", text, index)
	case float64:
		return fmt.Sprintf("%s[%d]", text, int(index))
	}
	return text
}

func readPlan(data []byte) ([]resource, error) {
	file, err := readStateFile(data)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the plan cannot be read: %w", err)
	case file.PlannedValues == nil:
		return nil, fmt.Errorf("it is no plan: give what terraform show -json prints of a saved plan")
	}
	unknown := map[string]any{}
	for _, change := range file.Changes {
		if len(change.Change.AfterUnknown) == 0 {
			continue
		}
		v, err := value.Decode(change.Change.AfterUnknown)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", change.Address, err)
		}
		unknown[change.Address] = v
	}
	return file.PlannedValues.RootModule.resources(unknown)
}

func (m moduleShown) resources(unknown map[string]any) ([]resource, error) {
	var list []resource
	for _, r := range m.Resources {
		if r.Mode != "managed" || len(r.Values) == 0 {
			continue
		}
		attributes, err := value.Decode(r.Values)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Address, err)
		}
		list = append(list, resource{address: r.Address, typ: r.Type, attributes: attributes, unknown: unknown[r.Address]})
	}
	for _, child := range m.ChildModules {
		more, err := child.resources(unknown)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}
