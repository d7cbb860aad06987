package provisioner

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
)

// Drivers are drivers by the name that steps use, or by name and version:
//
//	provisioner.Drivers{"terraform": newest, "terraform:1.9": older, "vault": vault}
//
// The zero value holds none. It is a value: programs hand it to whoever runs steps.
type Drivers map[string]Driver

// Find gives the driver for a name and the version of its tool that a step wants, empty
// for any: the one that was given for exactly this version, or for the longest beginning
// of it ("1.9" for 1.9.8), or for the name alone. A *UnknownDriverError where there is none.
func (d Drivers) Find(name, version string) (Driver, error) {
	for wanted := version; wanted != ""; {
		if driver := d[name+":"+wanted]; driver != nil {
			return driver, nil
		}
		at := strings.LastIndexAny(wanted, ".-")
		wanted = wanted[:max(at, 0)]
	}
	if driver := d[name]; driver != nil {
		return driver, nil
	}
	known := slices.Sorted(maps.Keys(d))
	return nil, &UnknownDriverError{Name: name, Version: version, Known: slices.DeleteFunc(known, func(name string) bool { return d[name] == nil })}
}

// UnknownDriverError is a step that asks for a driver which the program was not given.
type UnknownDriverError struct {
	Name, Version string
	Known         []string // sorted
}

func (e *UnknownDriverError) Error() string {
	wanted := e.Name
	if e.Version != "" && slices.ContainsFunc(e.Known, func(known string) bool { return strings.HasPrefix(known, e.Name+":") }) {
		wanted += ":" + e.Version
	}
	text := fmt.Sprintf("unknown driver %q", wanted)
	if hint := tenon.DidYouMean(wanted, e.Known); hint != "" {
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
