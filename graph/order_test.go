package graph_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/graph/internal/txtar"
)

// shuffled is the archive with its files in another order, and the keys of every map too.
// Lists keep theirs: it means something.
func shuffled(t *testing.T, files *txtar.Archive, random *rand.Rand) *txtar.Archive {
	t.Helper()
	mixed := &txtar.Archive{}
	for _, n := range random.Perm(len(files.Files)) {
		var document yaml.Node
		require.NoError(t, yaml.Unmarshal([]byte(files.Files[n].Text), &document))
		shuffleKeys(&document, random)
		text, err := yaml.Marshal(&document)
		require.NoError(t, err)
		mixed.Set(files.Files[n].Name, string(text))
	}
	return mixed
}

func shuffleKeys(node *yaml.Node, random *rand.Rand) {
	if node.Kind == yaml.MappingNode {
		pairs := make([][2]*yaml.Node, 0, len(node.Content)/2)
		for pair := range slices.Chunk(node.Content, 2) {
			pairs = append(pairs, [2]*yaml.Node{pair[0], pair[1]})
		}
		random.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
		node.Content = node.Content[:0]
		for _, pair := range pairs {
			node.Content = append(node.Content, pair[0], pair[1])
		}
	}
	for _, below := range node.Content {
		shuffleKeys(below, random)
	}
}

// everything of an environment that others read, but for places in files.
func everything(t *testing.T, env *graph.Environment) string {
	t.Helper()
	type instance struct {
		ID                                string
		Params, Access, Metadata, Secrets any
		DependsOn, Dependents, Moved      []string
	}
	var instances []instance
	for _, i := range env.Instances() {
		access := i.Access()
		for n := range access.Bindings {
			access.Bindings[n].File, access.Bindings[n].Line, access.Bindings[n].Column = "", 0, 0
		}
		instances = append(instances, instance{i.Address(), i.Params(), access, i.Metadata(), i.Secrets(), i.DependsOn(), i.Dependents(), i.Moved()})
	}
	data, err := json.Marshal([]any{env, env.Tags(), env.Imports(), instances})
	require.NoError(t, err)
	return string(data)
}

// The order of files and keys says nothing: 100 of them give the same bytes.
func TestShufflesGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	files := with(t, txtar.File{Name: devFile, Text: `environment: dev
tags: {stage: dev, team: {value: shop, locked: true}}
defaults:
  network: platform/shared.vpc.network
  account: imported:account
imports: [account, bucket]
instances:
  db: {params: {size: large, backups: 3}, tags: {data: personal}}
  api:
    connections: {archive: {ref: "imported:bucket", grants: [read, write]}}
    secrets: {TOKEN: {env: TOKEN}}
`}, txtar.File{Name: "imports/bucket.yaml", Text: "import: bucket\ntype: object-storage@1\ndata: {region: eu-west-1, name: b}\n"},
		txtar.File{Name: "imports/account.yaml", Text: "import: account\ntype: aws-credentials@1\ndata: {account: \"123456789012\", roleArn: \"arn:aws:iam::123456789012:role/x\"}\n"})
	expected := everything(t, resolve(t, files, "shop/dev", nil))
	require.Contains(t, expected, `"grants":["read","write"]`)
	for seed := range uint64(100) {
		mixed := shuffled(t, files, rand.New(rand.NewPCG(seed, 1)))
		require.Equal(t, expected, everything(t, resolve(t, mixed, "shop/dev", nil)), "seed %d", seed)
	}
}

// The same mistakes are told in the same words, whatever the order of maps in memory.
func TestMistakesAreToldTheSameTwice(t *testing.T) {
	t.Parallel()
	files := with(t, txtar.File{Name: devFile, Text: `environment: dev
defaults: {a: x, b: y, c: nowhere/x.y.z, network: platform/shared.vpc.network, spare: platform/shared.vpc.network}
instances:
  db: {params: {size: x, backups: y}}
  web: {}
  wbe: {}
`})
	estate := load(t, files)
	_, err := graph.Resolve(estate, "shop/dev", nil)
	require.Error(t, err)
	for range 20 {
		_, again := graph.Resolve(load(t, files), "shop/dev", nil)
		require.EqualError(t, again, err.Error())
	}
}

// relays is a project of n instances, each with a slot for every other one.
func relays(n int, edges [][2]int) *txtar.Archive {
	var project, slots strings.Builder
	project.WriteString("project: shop\ncomponents:\n")
	for i := range n {
		fmt.Fprintf(&project, "  i%d: {bundle: relay}\n", i)
		fmt.Fprintf(&slots, "  from%d: {type: queue@1, optional: true}\n", i)
	}
	project.WriteString("links:\n  []\n")
	text := project.String()
	if len(edges) > 0 {
		text = strings.TrimSuffix(text, "  []\n")
		for _, e := range edges {
			text += fmt.Sprintf("  - i%d.out -> i%d.from%d\n", e[0], e[1], e[0])
		}
	}
	return &txtar.Archive{Files: []txtar.File{
		{Name: "project.yaml", Text: text},
		{Name: "environments/dev.yaml", Text: "environment: dev\n"},
		{Name: "types/queue.yaml", Text: "artifact: queue\nversion: 1.0.0\ntitle: Queue\nschema: {type: object}\nexamples: [{}]\n"},
		{Name: "bundles/relay/bundle.yaml", Text: "bundle: relay\nversion: 1.0.0\nconnections:\n" + slots.String() + "artifacts: {out: {type: queue@1, value: .outputs.queue}}\nsteps: [{name: main, path: src, driver: terraform}]\n"},
	}}
}

// leastOrder is the least of all orders that respect the edges, found by trying them all
// from the least on; nil where there is none.
func leastOrder(n int, edges [][2]int) []int {
	var try func(placed []int, used int) []int
	try = func(placed []int, used int) []int {
		if len(placed) == n {
			return placed
		}
		for i := range n {
			free := used&(1<<i) == 0 && !slices.ContainsFunc(edges, func(e [2]int) bool { return e[1] == i && used&(1<<e[0]) == 0 })
			if !free {
				continue
			}
			if whole := try(append(slices.Clone(placed), i), used|1<<i); whole != nil {
				return whole
			}
		}
		return nil
	}
	return try([]int{}, 0)
}

// Every edge leads forward, ties go by address, and where no order is possible the cycle
// that is named is one.
func TestOrderLaw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "instances") // names of one digit: their order is that of numbers
		var edges [][2]int
		for from := range n {
			for to := range n {
				if from != to && rapid.IntRange(0, 3).Draw(t, "edge") == 0 {
					edges = append(edges, [2]int{from, to})
				}
			}
		}
		estate, err := graph.Load(relays(n, edges).FS(), &graph.LoadOptions{NoStandard: true})
		require.NoError(t, err)
		env, err := graph.Resolve(estate, "shop/dev", nil)
		expected := leastOrder(n, edges)
		if expected != nil {
			require.NoError(t, err)
			var names []string
			for _, i := range expected {
				names = append(names, fmt.Sprintf("shop/dev.i%d", i))
			}
			require.Equal(t, names, env.Order())
			return
		}
		var cycle *graph.CycleError
		require.ErrorAs(t, err, &cycle)
		require.GreaterOrEqual(t, len(cycle.Cycle), 3)
		require.Equal(t, cycle.Cycle[0], cycle.Cycle[len(cycle.Cycle)-1])
		require.Equal(t, slices.Min(cycle.Cycle), cycle.Cycle[0])
		for k := range len(cycle.Cycle) - 1 {
			var consumer, producer int
			_, err := fmt.Sscanf(cycle.Cycle[k]+" "+cycle.Cycle[k+1], "shop/dev.i%d shop/dev.i%d", &consumer, &producer)
			require.NoError(t, err)
			require.Contains(t, edges, [2]int{producer, consumer})
		}
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(cycle.Cycle))), len(cycle.Cycle)-1, "each once")
	})
}

// A cycle opens as an error of its own beside the problems, which say where it was made.
func TestCycleError(t *testing.T) {
	t.Parallel()
	estate, err := graph.Load(relays(3, [][2]int{{0, 1}, {1, 2}, {2, 0}}).FS(), &graph.LoadOptions{NoStandard: true})
	require.NoError(t, err)
	env, err := graph.Resolve(estate, "shop/dev", nil)
	var cycle *graph.CycleError
	require.True(t, errors.As(err, &cycle))
	require.Equal(t, []string{"shop/dev.i0", "shop/dev.i2", "shop/dev.i1", "shop/dev.i0"}, cycle.Cycle)
	require.EqualError(t, cycle, "these wait for each other: shop/dev.i0 -> shop/dev.i2 -> shop/dev.i1 -> shop/dev.i0")
	var problems tenon.Problems
	require.ErrorAs(t, err, &problems)
	require.Len(t, problems, 3)
	require.Equal(t, "cycle", problems[0].Rule)
	require.Len(t, env.Order(), 3, "to be shown")
}
