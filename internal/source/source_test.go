package source_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/source"
	"github.com/tenon-sdk/tenon/internal/value"
)

func parse(t testing.TB, label, text string) *source.Node {
	t.Helper()
	node, problems := source.Parse(label, []byte(text))
	require.Empty(t, problems)
	return node
}

func TestValues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: 1":                            `{"a":1}`,
		"a: 0x10":                         `{"a":16}`,
		"a: 0o10":                         `{"a":8}`,
		"a: 1_000":                        `{"a":1000}`,
		"a: 12345678901234567890123":      `{"a":12345678901234567890123}`,
		"a: 1.50":                         `{"a":1.5}`,
		"a: yes":                          `{"a":"yes"}`, // not a truth value since YAML 1.2
		"a: on":                           `{"a":"on"}`,
		"a: true":                         `{"a":true}`,
		"a: ~":                            `{"a":null}`,
		"a:":                              `{"a":null}`,
		"a: 2026-11-23":                   `{"a":"2026-11-23"}`,
		"a: '1'":                          `{"a":"1"}`,
		"a: |\n  x\n  y\n":                `{"a":"x\ny\n"}`,
		"a: >-\n  x\n  y\n":               `{"a":"x y"}`,
		"a: &x {b: 1}\nc: *x":             `{"a":{"b":1},"c":{"b":1}}`,
		"a: &x {b: 1}\nc: {<<: *x, d: 2}": `{"a":{"b":1},"c":{"b":1,"d":2}}`,
		"a: &x {b: 1}\nc: {b: 3, <<: *x}": `{"a":{"b":1},"c":{"b":3}}`,
		"[1, {a: b}]":                     `[1,{"a":"b"}]`,
		"\xef\xbb\xbfa: 1":                `{"a":1}`,
		"a: 1\r\nb: 2\r\n":                `{"a":1,"b":2}`,
		"--- {a: 1}\n":                    `{"a":1}`,
		"x":                               `"x"`,
		"1: a":                            `{"1":"a"}`,
	} {
		node, problems := source.Parse("a.yaml", []byte(text))
		require.Empty(t, problems, text)
		require.Equal(t, want, string(value.Canonical(node.Value())), text)
	}
	require.Equal(t, `{"a":[1,true,null]}`, string(value.Canonical(parse(t, "a.json", "{\"a\": [1, true, null]}\n").Value())))
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	for label, text := range map[string]string{
		"a.yaml": "first: 1\ntext: |\n  several\n  lines\nlist:\n  - {id: x, port: 5432}\n  -\n    id: y\n\"quoted key\": 'v'\n",
		"a.json": "{\n\"first\": 1,\n \"text\": \"several\\nlines\\n\",\n\"list\":\n [{\"id\": \"x\", \"port\": 5432},\n  {\n   \"id\": \"y\"}], \"quoted key\": \"v\"}\n",
	} {
		node := parse(t, label, text)
		want := map[string]map[string][2]int{
			"a.yaml": {"first": {1, 8}, "list[0].port": {6, 19}, "list[1].id": {8, 9}, `["quoted key"]`: {9, 15}, "list": {6, 3}},
			"a.json": {"first": {2, 10}, "list[0].port": {5, 23}, "list[1].id": {7, 10}, `["quoted key"]`: {7, 31}, "list": {5, 2}},
		}[label]
		for _, below := range []*source.Node{node.Get("first"), node.Get("list", 0, "port"), node.Get("list", 1, "id"), node.Get("quoted key"), node.Get("list")} {
			require.Equal(t, want[below.Path.String()], [2]int{below.Line, below.Column}, "%s %s", label, below.Path)
			require.Equal(t, label, below.File)
		}
		require.Nil(t, node.Get("nothing", "below"))
		require.Equal(t, []string{"first", "text", "list", "quoted key"}, node.Keys())
		require.Len(t, node.Get("list").Items(), 2)
		require.Nil(t, node.Get("first").Items())
		line, column := node.Get("list", 0).KeyPlace("port")
		require.Equal(t, map[string][2]int{"a.yaml": {6, 13}, "a.json": {5, 15}}[label], [2]int{line, column})
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ label, text, want string }{
		"key twice":            {"a.yaml", "a: 1\nb: 2\na: 3\n", "a.yaml:3:1: a: the key stands twice, first in line 1"},
		"key twice in JSON":    {"a.json", "{\"a\": 1,\n\"a\": 2}", "a.json:2:1: a: the key stands twice, first in line 1"},
		"open list":            {"a.yaml", "a: [1\n", "a.yaml:"},
		"tab":                  {"a.yaml", "a:\n\tb: 1\n", "a.yaml:2"},
		"two documents":        {"a.yaml", "a: 1\n---\nb: 2\n", "a.yaml:"},
		"two JSON documents":   {"a.json", "{} {}", "a.json:1:4"},
		"nothing":              {"a.yaml", "", "a.yaml"},
		"only a comment":       {"a.yaml", "# nothing\n", "a.yaml"},
		"not UTF-8":            {"a.yaml", "a: 1\nb: \xff\n", "a.yaml:2:4: the file is not valid UTF-8"},
		"unknown alias":        {"a.yaml", "a: *b\n", "a.yaml:1"},
		"alias of itself":      {"a.yaml", "a: &x [*x]\n", "a.yaml:1"},
		"a number without end": {"a.yaml", "a: .inf\n", "a.yaml:1:4"},
		"no number":            {"a.yaml", "a: .nan\n", "a.yaml:1:4"},
		"a key that is a list": {"a.yaml", "? [a]\n: b\n", "a.yaml:1"},
		"a tag":                {"a.yaml", "a: !!binary aGk=\n", "a.yaml:1"},
		"cut off":              {"a.json", `{"a": `, "a.json:1"},
		"a comment in JSON":    {"a.json", "{} // no", "a.json:1"},
		"trailing comma":       {"a.json", `{"a": 1,}`, "a.json:1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			node, problems := source.Parse(test.label, []byte(test.text))
			require.Nil(t, node)
			require.True(t, problems.HasErrors())
			require.Contains(t, problems.Error(), test.want)
			require.NotContains(t, problems.Error(), " yaml: ", "the library's name")
		})
	}
}

// What is too much is a problem, soon.
func TestLimits(t *testing.T) {
	t.Parallel()
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for n := range 12 {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", n+1, n+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", n), 10), ", "))
	}
	for name, test := range map[string]struct{ label, text, want string }{
		"alias bomb":       {"a.yaml", bomb, "more than 500000 values, aliases counted each time"},
		"deep lists":       {"a.yaml", strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "nested more than 200 levels deep"},
		"deep JSON":        {"a.json", strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "nested more than 200 levels deep"},
		"a large file":     {"a.yaml", "a: " + strings.Repeat("x", source.MaxBytes), "the file is larger than 4 MiB"},
		"many values":      {"a.json", "[" + strings.Repeat("1,", 600_000) + "1]", "more than 500000 values"},
		"deep block style": {"a.yaml", deep(1500), "nested more than 200 levels deep"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			node, problems := source.Parse(test.label, []byte(test.text))
			require.Less(t, time.Since(began), 20*time.Second)
			require.Nil(t, node)
			require.Contains(t, problems.Error(), test.want)
			require.Less(t, len(problems), 20, "said once, not for every value")
		})
	}
}

func deep(levels int) string {
	var b strings.Builder
	for n := range levels {
		fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", n))
	}
	return b.String()
}

func TestRead(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"deep/a.yaml": {Data: []byte("a: 1\n")}, "folder": {Mode: 0o755 | 1<<31}}
	node, problems := source.Read(fsys, "deep/a.yaml", "shown/as/this.yaml")
	require.Empty(t, problems)
	require.Equal(t, "shown/as/this.yaml", node.File)
	_, problems = source.Read(fsys, "nothing.yaml", "nothing.yaml")
	require.Equal(t, "nothing.yaml: file does not exist", problems.Error())
	_, problems = source.Read(fsys, "folder", "folder")
	require.True(t, problems.HasErrors())
}

func TestLocate(t *testing.T) {
	t.Parallel()
	node := parse(t, "a.yaml", "a:\n  b: 1\n  c: 2\n")
	located := node.Get("a").Locate(tenon.Problems{
		{Rule: "type", Path: tenon.At("b"), Message: "is wrong"},
		{Rule: "required", Path: tenon.At("d", "e"), Message: "is required"},
		{Rule: "unknown-key", Path: tenon.At("c"), Message: "unknown key"},
	})
	require.Equal(t, "a.yaml:2:3: a.d.e: is required\na.yaml:2:6: a.b: is wrong\na.yaml:3:3: a.c: unknown key", located.Sorted().Error())
	require.Equal(t, "a.yaml:2:3: a: is odd (mend it)", node.Get("a").Problem("x", "is odd", "mend it").String())
	require.Equal(t, "a.yaml:3:3: a.c: is odd", node.Get("a").KeyProblem("c", "x", "is odd", "").String())
}

func TestDecodeInto(t *testing.T) {
	t.Parallel()
	var into struct {
		A []struct {
			B int `json:"b"`
		} `json:"a"`
	}
	require.NoError(t, parse(t, "a.yaml", "a: [{b: 7}]\n").Decode(&into))
	require.Equal(t, 7, into.A[0].B)
	require.Error(t, parse(t, "a.yaml", "a: text\n").Decode(&into))
}

// Whatever stands in a file: it ends, it does not panic, places lie in the file, and what is
// read is a document.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a: 1\n", "a: &x [*x]\n", "- - - a\n", "{\"a\": [1e5, null]}", "a: |\n  b\n", "? a\n: b\n", "<<: {a: 1}\n", "a: !!int x\n", "\"\\x00\": 1\n", "%YAML 1.1\n---\na", "a: 'x\n\n y'\n"} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, json bool) {
		label := "a.yaml"
		if json {
			label = "a.json"
		}
		node, problems := source.Parse(label, data)
		lines := 2 + strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + strings.Count(string(data), "\u0085") + strings.Count(string(data), "\u2028") + strings.Count(string(data), "\u2029")
		for _, p := range problems {
			require.NotEmpty(t, p.Message)
			require.LessOrEqual(t, p.Line, lines)
		}
		require.Equal(t, node == nil, problems.HasErrors())
		if node == nil {
			return
		}
		normal, err := value.Normal(node.Value())
		require.NoError(t, err)
		require.True(t, value.Equal(normal, node.Value()))
		value.Walk(node.Value(), func(path tenon.Path, leaf any) {
			below := node.Get(path.Steps()...)
			require.NotNil(t, below)
			require.Equal(t, path, below.Path)
			require.True(t, below.Line >= 1 && below.Line <= lines && below.Column >= 1)
			require.True(t, value.Equal(leaf, below.Value()))
		})
	})
}
