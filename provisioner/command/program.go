package command

import (
	"debug/elf"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// program is what a step runs, and how.
type program struct {
	command  []string
	actions  []Action
	stdio    bool
	timeout  time.Duration
	settings map[string]any
}

func (p *program) can(a Action) bool { return slices.Contains(p.actions, a) }

const (
	ruleConfig  = "command-config"
	ruleProgram = "command-program"
)

var settings = []string{"actions", "command", "protocol", "settings", "timeout"}

// program reads the step's config and looks for the program.
func (d *Driver) program(req *provisioner.Request) (*program, error) {
	c := config{values: req.Config}
	p := &program{command: d.options.Command, actions: d.options.Actions, timeout: d.options.Timeout, settings: map[string]any{}}
	for _, key := range slices.Sorted(maps.Keys(req.Config)) {
		if !slices.Contains(settings, key) {
			c.wrong(fmt.Sprintf("there is no setting %q of this driver", key), tenon.DidYouMean(key, settings), key)
		}
	}
	switch named, given := c.texts("command"); {
	case given && p.command != nil:
		c.wrong("this driver runs a program of its own", "leave command out, and put what the program needs under settings", "command")
	case p.command == nil && len(named) == 0:
		c.wrong("a step needs a program to run", `add config: {command: [./provision.sh]}`, "command")
	case given:
		p.command = named
	}
	if listed, given := c.texts("actions"); given {
		if d.options.Command != nil {
			c.wrong("the actions of this driver's program are its operator's to say", "leave actions out", "actions")
		}
		p.actions = nil
		for i, name := range listed {
			if !slices.Contains(optional, Action(name)) {
				c.wrong(fmt.Sprintf("there is no action %q", name), tenon.DidYouMean(name, texts(optional)), "actions", i)
			}
			p.actions = append(p.actions, Action(name))
		}
	}
	switch protocol := c.text("protocol"); protocol {
	case "", "files":
	case "stdio":
		p.stdio = true
	default:
		c.wrong(fmt.Sprintf("there is no protocol %q", protocol), "say files or stdio", "protocol")
	}
	if text := c.text("timeout"); text != "" {
		limit, err := time.ParseDuration(text)
		switch {
		case err != nil || limit <= 0:
			c.wrong(fmt.Sprintf("%q is not a time", text), "say 90s, 10m or 1h30m", "timeout")
		case limit > d.options.Timeout:
			c.wrong(fmt.Sprintf("a run may take %s here, and not %s", d.options.Timeout, text), "", "timeout")
		default:
			p.timeout = limit
		}
	}
	if given, ok := req.Config["settings"]; ok {
		if p.settings, ok = given.(map[string]any); !ok {
			c.wrong("settings are a map", "", "settings")
		}
	}
	if len(c.problems) > 0 {
		return nil, c.problems.Err()
	}
	return p, d.find(p, req)
}

// find looks for the program where the step will look for it.
func (d *Driver) find(p *program, req *provisioner.Request) error {
	name := p.command[0]
	wrong := func(file, message, hint string) error {
		return tenon.Problems{{Rule: ruleProgram, File: file, Path: tenon.At("config", "command", 0), Message: message, Hint: hint}}
	}
	switch {
	case filepath.IsAbs(name):
		if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
			return &provisioner.ToolMissingError{Tool: name}
		}
		return nil
	case !strings.Contains(name, "/"):
		for _, folder := range filepath.SplitList(d.path) {
			if info, err := os.Stat(filepath.Join(folder, name)); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return nil
			}
		}
		return &provisioner.ToolMissingError{Tool: name, Cure: "install it, or put a program into the bundle and name it ./" + name}
	}
	file := path.Join(path.Clean(req.Path), name)
	if !fs.ValidPath(file) {
		return wrong(path.Clean(req.Path), fmt.Sprintf("%q leads out of the bundle", name), "name a file of this bundle")
	}
	info, err := fs.Stat(req.Files, file)
	switch {
	case err != nil:
		return wrong(path.Clean(req.Path), fmt.Sprintf("there is no program %s in the step's folder", name), "")
	case !info.Mode().IsRegular():
		return wrong(path.Clean(req.Path), name+" is not a file", "")
	case info.Mode()&0o100 == 0:
		return wrong(file, "the program cannot be run: its mode does not allow it", "chmod +x it, and git update-index --chmod=+x")
	}
	if other := builtFor(req.Files, file); other != "" {
		return wrong(file, fmt.Sprintf("the program is built for %s, and this machine is %s/%s", other, runtime.GOOS, runtime.GOARCH), "build it for this machine, or take a script")
	}
	return nil
}

// machines are the names of architectures that programs are usually built for.
var machines = map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_386: "386", elf.EM_ARM: "arm", elf.EM_RISCV: "riscv64", elf.EM_PPC64: "ppc64", elf.EM_S390: "s390x"}

// builtFor says which machine a program was built for, where that is another one. A shell
// that is given one takes it for a script.
func builtFor(files fs.FS, name string) string {
	file, err := files.Open(name)
	if err != nil {
		return ""
	}
	defer file.Close()
	head := make([]byte, 20)
	if n, err := file.Read(head); err != nil || n < len(head) || string(head[:4]) != elf.ELFMAG {
		return ""
	}
	machine := elf.Machine(head[18]) | elf.Machine(head[19])<<8
	if head[elf.EI_DATA] == byte(elf.ELFDATA2MSB) {
		machine = elf.Machine(head[19]) | elf.Machine(head[18])<<8
	}
	own, here := machines[machine], runtime.GOARCH
	small := own == "386" && here == "amd64" || own == "arm" && here == "arm64" // usually runs too
	if runtime.GOOS == "linux" && (own == "" || own == strings.TrimSuffix(here, "le") || small) {
		return ""
	}
	if own == "" {
		own = machine.String()
	}
	return "linux/" + own
}

// config reads the settings of a step.
type config struct {
	values   map[string]any
	problems tenon.Problems
}

func (c *config) wrong(message, hint string, at ...any) {
	c.problems.Add(tenon.Problem{Rule: ruleConfig, Path: tenon.At(append([]any{"config"}, at...)...), Message: message, Hint: hint})
}

func (c *config) text(key string) string {
	switch v := c.values[key].(type) {
	case nil:
	case string:
		return v
	default:
		c.wrong(key+" is a text", "", key)
	}
	return ""
}

func (c *config) texts(key string) ([]string, bool) {
	given, ok := c.values[key]
	if !ok {
		return nil, false
	}
	list, ok := given.([]any)
	if !ok {
		c.wrong(key+" is a list of texts", "", key)
		return nil, true
	}
	var found []string
	for i, item := range list {
		text, ok := item.(string)
		if !ok || text == "" || strings.ContainsRune(text, 0) {
			c.wrong(fmt.Sprintf("%s is a list of texts", key), "", key, i)
			continue
		}
		found = append(found, text)
	}
	return found, true
}

func texts(list []Action) []string {
	var found []string
	for _, a := range list {
		found = append(found, string(a))
	}
	return found
}
