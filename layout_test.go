package tenon_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/need"
)

const module = "github.com/tenon-sdk/tenon"

// floors is the architecture: a package imports only from floors below its own, and its
// own parents. The longest prefix counts.
var floors = []struct {
	folder string
	floor  int
}{
	{"", 0},
	{"internal", 0},
	{"artifacts", 1},
	{"artifacts/schema", 0}, // a library in its own right: it imports nothing of Tenon
	{"tagging", 1},
	{"iam", 2},
	{"provisioner", 2},
	{"provisioner/plugin/protocol", 1}, // generated; it imports nothing of Tenon
	{"bundle", 3},
	{"graph", 4},
	{"provisioner/store", 4},
	{"provisioner/deploy", 5},
	{"examples", 6},
}

// drivers are handed to the engine by programs; no package of the library chooses one.
var drivers = []string{"provisioner/command", "provisioner/memory", "provisioner/plugin", "provisioner/terraform"}

func floorOf(folder string) (int, bool) {
	longest, found := -1, -1
	for _, f := range floors {
		inside := folder == f.folder || f.folder != "" && strings.HasPrefix(folder, f.folder+"/")
		if inside && len(f.folder) > longest {
			longest, found = len(f.folder), f.floor
		}
	}
	return found, found >= 0
}

// wrongImport says why importer must not import imported; empty where it may.
func wrongImport(importer, imported string) string {
	from, known := floorOf(importer)
	if !known {
		return fmt.Sprintf("%s has no floor: a new idea finds its room inside one of the fixed folders", importer)
	}
	to, known := floorOf(imported)
	if !known {
		return fmt.Sprintf("%s has no floor", imported)
	}
	isExample := strings.HasPrefix(importer, "examples/")
	if slices.Contains(drivers, imported) && !isExample && !slices.Contains(drivers, importer) && !strings.HasPrefix(importer, imported+"/") {
		return fmt.Sprintf("%s imports the driver %s: drivers are handed in", importer, imported)
	}
	if isExample && strings.HasPrefix(imported, "internal/") {
		return fmt.Sprintf("%s imports %s: examples show what a stranger can do", importer, imported)
	}
	if strings.HasPrefix(imported, importer+"/internal/") {
		return ""
	}
	if importer == "artifacts/artifacttest" && imported == "artifacts/standard" {
		return "" // the kit's types, where its user names no catalog: data only
	}
	parent := imported != "" && importer != "artifacts/schema" && strings.HasPrefix(importer, imported+"/")
	bothInternal := strings.HasPrefix(importer, "internal/") && (imported == "" || strings.HasPrefix(imported, "internal/"))
	if to < from || parent || bothInternal {
		return ""
	}
	return fmt.Sprintf("%s (floor %d) imports %s (floor %d)", importer, from, imported, to)
}

func TestFloorRules(t *testing.T) {
	t.Parallel()
	allowed := [][2]string{
		{"artifacts", ""}, {"artifacts", "internal/value"}, {"graph", "bundle"}, {"graph/render", "graph"},
		{"provisioner/store", "provisioner"}, {"provisioner/deploy", "graph"}, {"iam/aws", "iam"}, {"iam", "artifacts"},
		{"artifacts", "artifacts/schema"}, {"artifacts/schema", "artifacts/schema/internal/language"}, {"internal/source", ""}, {"internal/schema", "internal/value"}, {"examples/tenon", "provisioner/terraform"},
	}
	for _, pair := range allowed {
		require.Empty(t, wrongImport(pair[0], pair[1]))
	}
	refused := [][2]string{
		{"", "artifacts"}, {"", "internal/value"}, {"artifacts", "bundle"}, {"artifacts", "tagging"}, {"artifacts", "artifacts/standard"},
		{"artifacts/schema", ""}, {"artifacts/schema", "internal/value"}, {"artifacts/schema", "artifacts"}, {"graph", "graph/render"}, {"graph", "provisioner/store"}, {"iam/aws", "iam/gcp"}, {"bundle", "graph"},
		{"provisioner/deploy", "provisioner/terraform"}, {"provisioner", "provisioner/store"}, {"internal/value", "artifacts"},
		{"examples/tenon", "internal/value"}, {"util", ""},
	}
	for _, pair := range refused {
		require.NotEmpty(t, wrongImport(pair[0], pair[1]), "%s must not import %s", pair[0], pair[1])
	}
}

type listed struct {
	ImportPath string
	Imports    []string
	Standard   bool
	Module     *struct{ Path string }
}

func goList(t *testing.T, arguments ...string) []listed {
	t.Helper()
	command := exec.Command(need.Tool(t, "go"), append([]string{"list", "-json=ImportPath,Imports,Standard,Module"}, arguments...)...)
	command.Stderr = os.Stderr
	output, err := command.Output()
	require.NoError(t, err)
	var packages []listed
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var p listed
		err := decoder.Decode(&p)
		if err == io.EOF {
			return packages
		}
		require.NoError(t, err)
		packages = append(packages, p)
	}
}

func TestFloors(t *testing.T) {
	t.Parallel()
	packages := goList(t, module+"/...")
	require.NotEmpty(t, packages)
	for _, p := range packages {
		importer := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		for _, path := range p.Imports {
			if path != module && !strings.HasPrefix(path, module+"/") {
				continue
			}
			if why := wrongImport(importer, strings.TrimPrefix(strings.TrimPrefix(path, module), "/")); why != "" {
				t.Error(why)
			}
		}
	}
}

// The modules that a user of any library package downloads and links stand in
// docs/dependencies.md, each with its reason: a new one is a decision, not an accident.
func TestDependencyList(t *testing.T) {
	t.Parallel()
	var linked []string
	for _, p := range goList(t, "-deps", "./...") {
		if p.Module != nil && p.Module.Path != module && !p.Standard {
			linked = append(linked, p.Module.Path)
		}
	}
	slices.Sort(linked)
	linked = slices.Compact(linked)

	file, err := os.Open("docs/dependencies.md")
	require.NoError(t, err)
	defer file.Close()
	row := regexp.MustCompile("^\\| `([^`]+)` \\| (.+) \\|$")
	var explained []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if match := row.FindStringSubmatch(lines.Text()); match != nil {
			explained = append(explained, match[1])
		}
	}
	slices.Sort(explained)
	require.Equal(t, linked, explained, "docs/dependencies.md lists exactly what the library links, with a reason each")
}
