// Package environ chooses what a child process gets of its parent's environment: what any
// program needs to run and reach a network, what the caller names, and nothing else.
package environ

import (
	"maps"
	"slices"
	"strings"
)

// needed are the variables that any program needs to run and reach a network.
var needed = []string{
	"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TMP", "TEMP", "LANG", "LC_*", "TZ", "SYSTEMROOT",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR",
}

// Of gives the variables for a child, NAME=value, sorted: of environ those that any program
// needs and those that pass names (a final * stands for any rest), less those that never
// names, and over them those in set.
func Of(environ, pass, never []string, set map[string]string) []string {
	variables := map[string]string{}
	for _, entry := range environ {
		name, value, ok := strings.Cut(entry, "=")
		if ok && (Matches(name, needed) || Matches(name, pass) && !Matches(name, never)) {
			variables[name] = value
		}
	}
	maps.Copy(variables, set)
	list := make([]string, 0, len(variables))
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		list = append(list, name+"="+variables[name])
	}
	return list
}

// Matches says that a name is one of the patterns.
func Matches(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		prefix, open := strings.CutSuffix(pattern, "*")
		return name == pattern || open && strings.HasPrefix(name, prefix)
	})
}
