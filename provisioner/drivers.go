package provisioner

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tenon-sdk/tenon"
)

// Drivers are drivers by the name that steps use. The zero value holds none.
type Drivers map[string]Driver

// Find gives the driver of a name; a *UnknownDriverError where there is none.
func (d Drivers) Find(name string) (Driver, error) {
	if driver := d[name]; driver != nil {
		return driver, nil
	}
	known := slices.Sorted(maps.Keys(d))
	return nil, &UnknownDriverError{Name: name, Known: slices.DeleteFunc(known, func(name string) bool { return d[name] == nil })}
}

// UnknownDriverError is a step that asks for a driver which the program was not given.
type UnknownDriverError struct {
	Name  string
	Known []string // sorted
}

func (e *UnknownDriverError) Error() string {
	text := fmt.Sprintf("unknown driver %q", e.Name)
	if hint := tenon.DidYouMean(e.Name, e.Known); hint != "" {
		return text + " (" + hint + ")"
	}
	if len(e.Known) == 0 {
		return text + " (there are none)"
	}
	return text + " (there are " + quoteList(e.Known) + ")"
}

func quoteList(names []string) string {
	text := ""
	for i, name := range names {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%q", name)
	}
	return text
}
