package terraform

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Private are credentials for modules and providers that are not public. They reach the
// tool, and git where the tool starts it, by environment variables. The zero value has none.
//
// Modules over SSH need either a key that SSH finds in the HOME of Options.Environ, or an
// agent: name SSH_AUTH_SOCK in Options.Pass.
type Private struct {
	// Registries are tokens of module and provider registries, by host name.
	Registries map[string]string
	// Git are tokens for modules in git over HTTPS, by host name, or user and token joined
	// with a colon. Empty ones are none.
	Git map[string]string
	// SSHCommand is how git starts SSH, such as ssh -i /path/key -o IdentitiesOnly=yes.
	SSHCommand string
}

// into adds the variables, and gives what is secret in them.
func (p *Private) into(variables map[string]string) (secrets []string) {
	for host, token := range p.Registries {
		if token == "" {
			continue
		}
		variables["TF_TOKEN_"+asVariable.Replace(host)] = token
		secrets = append(secrets, token)
	}
	if p.SSHCommand != "" {
		variables["GIT_SSH_COMMAND"] = p.SSHCommand
	}
	// Settings of git that Pass has let through stay: the next numbers are taken.
	// Source: git documentation, git-config, GIT_CONFIG_COUNT; http.<url>.extraHeader.
	count, _ := strconv.Atoi(variables["GIT_CONFIG_COUNT"]) // none is 0
	for _, host := range slices.Sorted(maps.Keys(p.Git)) {
		pair := p.Git[host]
		if pair == "" {
			continue
		}
		if !strings.Contains(pair, ":") {
			pair = "x-access-token:" + pair // the name that GitHub wants, and that others pass over
		}
		encoded := base64.StdEncoding.EncodeToString([]byte(pair))
		variables[fmt.Sprintf("GIT_CONFIG_KEY_%d", count)] = "http.https://" + host + "/.extraHeader"
		variables[fmt.Sprintf("GIT_CONFIG_VALUE_%d", count)] = "Authorization: Basic " + encoded
		_, secret, _ := strings.Cut(pair, ":")
		secrets = append(secrets, secret, encoded)
		count++
		variables["GIT_CONFIG_COUNT"] = strconv.Itoa(count)
	}
	return secrets
}

// asVariable spells a host name as part of a variable's name.
// Source: Terraform CLI documentation, "Environment Variable Credentials": dots are written
// as underscores, hyphens as two.
var asVariable = strings.NewReplacer(".", "_", "-", "__")
