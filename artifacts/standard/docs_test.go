package standard_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/artifacts"
)

var update = flag.Bool("update", false, "write docs/types anew")

const pages = "../../docs/types"

// The reference in docs/types is what the catalog says now. To write it anew:
// go test ./artifacts/standard -run TestReference -update
func TestReference(t *testing.T) {
	t.Parallel()
	r := newReference(t)
	want := map[string]string{"README.md": r.index(), "hierarchy.svg": r.picture()}
	for _, typ := range r.types {
		want[typ.Name()+".md"] = r.page(typ)
	}
	there, err := filepath.Glob(pages + "/*")
	require.True(t, err == nil)
	if *update {
		for _, file := range there {
			require.NoError(t, os.Remove(file))
		}
		require.NoError(t, os.MkdirAll(pages, 0o755))
		for name, text := range want {
			require.NoError(t, os.WriteFile(filepath.Join(pages, name), []byte(text), 0o644))
		}
		return
	}
	require.Len(t, there, len(want), "go test ./artifacts/standard -run TestReference -update")
	for name, text := range want {
		found, err := os.ReadFile(filepath.Join(pages, name))
		require.NoError(t, err)
		require.Equal(t, text, string(found), "%s is out of date: go test ./artifacts/standard -run TestReference -update", name)
	}
}

type reference struct {
	catalog *artifacts.Catalog
	types   []*artifacts.Type
	files   map[string]typeFile
	below   map[string][]*artifacts.Type // what says that it is one, by name
}

func newReference(t *testing.T) *reference {
	t.Helper()
	r := &reference{catalog: load(t), files: map[string]typeFile{}, below: map[string][]*artifacts.Type{}}
	r.types = r.catalog.Types()
	for _, file := range typeFiles(t) {
		r.files[file.Artifact] = file
	}
	for _, typ := range r.types {
		for _, ref := range typ.IsA() {
			super, err := r.catalog.Lookup(ref)
			require.NoError(t, err)
			r.below[super.Name()] = append(r.below[super.Name()], typ)
		}
	}
	return r
}

func link(typ *artifacts.Type) string { return fmt.Sprintf("[%s](%s.md)", typ.Name(), typ.Name()) }

func (r *reference) index() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# The standard catalog\n\n%d artifact types. Capabilities stand above products: whoever wants a `postgresql` takes any of those that are one.\n\n![What is what](hierarchy.svg)\n\n", len(r.types))
	b.WriteString("| category | neutral | AWS | Azure | Google Cloud | Kubernetes |\n|---|---|---|---|---|---|\n")
	for _, category := range categories {
		fmt.Fprintf(&b, "| %s |", category)
		for _, cloud := range []string{"neutral", "aws", "azure", "gcp", "kubernetes"} {
			var links []string
			for _, typ := range r.types {
				if file := r.files[typ.Name()]; file.cloud == cloud && file.category == category {
					links = append(links, link(typ))
				}
			}
			fmt.Fprintf(&b, " %s |", strings.Join(links, ", "))
		}
		b.WriteString("\n")
	}
	b.WriteString("\nThese pages are made of the type files in `artifacts/standard/types`: `go test ./artifacts/standard -run TestReference -update`.\n")
	return b.String()
}

func (r *reference) page(typ *artifacts.Type) string {
	var b strings.Builder
	file := r.files[typ.Name()]
	fmt.Fprintf(&b, "# %s\n\n`%s` · [%s](README.md), %s · [type file](../../artifacts/standard/types/%s/%s/%s.yaml)\n\n%s\n",
		typ.Title(), typ, file.cloud, file.category, file.cloud, file.category, typ.Name(), strings.TrimSpace(typ.Description()))
	if len(typ.IsA()) > 0 {
		var supers []string
		for _, ref := range typ.IsA() {
			if super, err := r.catalog.Lookup(ref); err == nil {
				supers = append(supers, link(super))
			}
		}
		fmt.Fprintf(&b, "\nIs a %s.\n", strings.Join(supers, ", "))
	}
	if products := r.below[typ.Name()]; len(products) > 0 {
		var links []string
		for _, product := range products {
			links = append(links, link(product))
		}
		fmt.Fprintf(&b, "\nTaken where it is wanted: %s.\n", strings.Join(links, ", "))
	}
	r.fields(&b, typ)
	grants(&b, typ)
	if names := typ.Harvests(); len(names) > 0 {
		fmt.Fprintf(&b, "\n## Found in Terraform\n\nAs `%s`.\n", strings.Join(names, "`, `"))
	}
	b.WriteString("\n## Examples\n")
	for _, example := range typ.Examples() {
		fmt.Fprintf(&b, "\n```json\n%s\n```\n", indented(typ.Redact(example)))
	}
	return b.String()
}

func indented(v any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

func grants(b *strings.Builder, typ *artifacts.Type) {
	if len(typ.Grants()) == 0 {
		return
	}
	b.WriteString("\n## Grants\n\n| grant | | on |\n|---|---|---|\n")
	for _, grant := range typ.Grants() {
		var lines []string
		for _, statement := range grant.AWS {
			lines = append(lines, "`"+strings.Join(statement.Actions, "`, `")+"`")
		}
		for name, v := range map[string]any{"gcp": grant.GCP, "azure": grant.Azure} {
			walk(v, func(object map[string]any) {
				if role, ok := object["role"].(string); ok {
					lines = append(lines, name+" `"+role+"`")
				}
			})
		}
		sort.Strings(lines)
		said := strings.TrimSpace(grant.Description)
		if len(lines) > 0 {
			said += " " + strings.Join(lines, "; ")
		}
		on := strings.Join(grant.Platforms(), ", ")
		if on == "" {
			on = "by product"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", grant.Name, strings.ReplaceAll(said, "|", `\|`), on)
	}
}

// fields writes a table of what documents have, two levels deep.
func (r *reference) fields(b *strings.Builder, typ *artifacts.Type) {
	b.WriteString("\n## Fields\n\n| field | | |\n|---|---|---|\n")
	rows := map[string]string{}
	r.rows(rows, "", typ.Schema(), typ.Required(), 0)
	for _, path := range typ.Sensitive() {
		if row, ok := rows[path.String()]; ok {
			rows[path.String()] = strings.Replace(row, "| ", "| sensitive, ", 1)
		}
	}
	for _, name := range sortedKeys(rows) {
		fmt.Fprintf(b, "| `%s` %s |\n", name, rows[name])
	}
}

func sortedKeys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (r *reference) rows(rows map[string]string, prefix string, schema any, required []string, depth int) {
	object := r.resolve(schema)
	for _, part := range append(list(object["allOf"]), list(object["anyOf"])...) {
		r.rows(rows, prefix, part, nil, depth)
	}
	for _, name := range list(object["required"]) {
		if text, ok := name.(string); ok && depth > 0 {
			required = append(required, text)
		}
	}
	properties, _ := object["properties"].(map[string]any)
	for name, v := range properties {
		property := r.resolve(v)
		path := prefix + name
		said := words(property)
		if slices.Contains(required, name) {
			said = "required, " + said
		}
		about, _ := property["description"].(string)
		if about == "" {
			about, _ = property["title"].(string)
		}
		if old, there := rows[path]; there && len(old) >= len(said) && prefix == "" {
			continue
		}
		rows[path] = fmt.Sprintf("| %s | %s", said, strings.ReplaceAll(about, "|", `\|`))
		if depth < 2 {
			r.rows(rows, path+".", property, nil, depth+1)
			if items, ok := property["items"]; ok {
				r.rows(rows, path+"[].", items, nil, depth+1)
			}
		}
	}
}

func list(v any) []any { l, _ := v.([]any); return l }

func (r *reference) resolve(schema any) map[string]any {
	object, _ := schema.(map[string]any)
	if ref, ok := object["$ref"].(string); ok {
		if shared, ok := r.catalog.Shared(ref); ok {
			return r.resolve(shared)
		}
	}
	return object
}

func words(property map[string]any) string {
	if v, ok := property["const"]; ok {
		return fmt.Sprintf("`%v`", v)
	}
	if values := list(property["enum"]); len(values) > 0 {
		var texts []string
		for _, v := range values {
			texts = append(texts, fmt.Sprintf("`%v`", v))
		}
		return strings.Join(texts, " ")
	}
	if kind, ok := property["type"].(string); ok {
		return kind
	}
	return "any"
}

// picture draws what is what: each capability with what is one of it, to the right.
func (r *reference) picture() string {
	const row, column, left, width = 22, 250, 12, 236
	type box struct {
		typ  *artifacts.Type
		x, y int
	}
	var boxes []box
	var lines []string
	y := 44
	var place func(typ *artifacts.Type, depth int) int
	place = func(typ *artifacts.Type, depth int) int {
		products := r.below[typ.Name()]
		own := y
		if len(products) == 0 {
			y += row
		}
		for i, product := range products {
			at := place(product, depth+1)
			if i == 0 {
				own = at
			}
			x := left + depth*column + width
			lines = append(lines, fmt.Sprintf(`<path d="M%d %d H%d V%d H%d"/>`, x, own+8, x+6, at+8, x+column-width))
		}
		boxes = append(boxes, box{typ, left + depth*column, own})
		return own
	}
	for _, typ := range r.types {
		if len(typ.IsA()) == 0 && len(r.below[typ.Name()]) > 0 {
			place(typ, 0)
			y += 8
		}
	}
	slices.SortFunc(boxes, func(a, b box) int { return (a.y-b.y)*10_000 + a.x - b.x })
	colors := map[string]string{"neutral": "#f1f3f5", "aws": "#fff0e0", "azure": "#e3f0ff", "gcp": "#e6f7e9", "kubernetes": "#ece9fb"}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n", left+4*column, y+10)
	b.WriteString("<title>What is what in the standard catalog</title>\n" + `<rect width="100%" height="100%" fill="#fff"/>` + "\n" + `<g fill="none" stroke="#adb5bd">` + "\n")
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	b.WriteString("</g>\n")
	for i, cloud := range []string{"neutral", "aws", "azure", "gcp", "kubernetes"} {
		fmt.Fprintf(&b, `<rect x="%d" y="12" width="14" height="14" rx="3" fill="%s" stroke="#868e96"/><text x="%d" y="24" fill="#212529">%s</text>`+"\n", left+i*110, colors[cloud], left+i*110+20, cloud)
	}
	for _, box := range boxes {
		fmt.Fprintf(&b, `<a href="%[1]s.md"><rect x="%[2]d" y="%[3]d" width="%[4]d" height="18" rx="4" fill="%[5]s" stroke="#868e96"/><text x="%[6]d" y="%[7]d" fill="#212529">%[8]s</text></a>`+"\n",
			box.typ.Name(), box.x, box.y-1, width, colors[r.files[box.typ.Name()].cloud], box.x+8, box.y+12, html.EscapeString(box.typ.Name()))
	}
	b.WriteString("</svg>\n")
	return b.String()
}
