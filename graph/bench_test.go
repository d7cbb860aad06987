package graph_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/graph/internal/txtar"
)

// wide is a project of n instances with three links each, on one network by default.
func wide(n int) *txtar.Archive {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	var project strings.Builder
	project.WriteString("project: shop\ncomponents:\n")
	for i := range n {
		fmt.Fprintf(&project, "  i%05d: {bundle: relay@^1, params: {size: %d}}\n", i, i)
	}
	project.WriteString("links:\n")
	for i := 1; i < n; i++ {
		for slot := range 3 {
			fmt.Fprintf(&project, "  - i%05d.out -> i%05d.in%d [consume]\n", random.IntN(i), i, slot)
		}
	}
	return &txtar.Archive{Files: []txtar.File{
		{Name: "organization.yaml", Text: "organization: acme\ntags: {team: commerce}\n"},
		{Name: "projects/shop/project.yaml", Text: project.String()},
		{Name: "projects/shop/environments/dev.yaml", Text: "environment: dev\ndefaults: {network: platform/shared.vpc.network}\n"},
		{Name: "projects/platform/project.yaml", Text: "project: platform\nallow: [shop/*]\ncomponents: {vpc: {bundle: network}}\n"},
		{Name: "projects/platform/environments/shared.yaml", Text: "environment: shared\n"},
		{Name: "projects/platform/bundles/network/bundle.yaml", Text: "bundle: network\nversion: 1.0.0\nartifacts: {network: {type: network@1, value: .outputs.network}}\nsteps: [{name: main, path: src, driver: terraform}]\n"},
		{Name: "projects/shop/bundles/relay/bundle.yaml", Text: `bundle: relay
version: 1.0.0
params: {type: object, properties: {size: {type: integer}, tier: {type: string, default: basic}}}
connections:
  network: {type: network@1}
  in0: {type: queue@1, optional: true}
  in1: {type: queue@1, optional: true}
  in2: {type: queue@1, optional: true}
artifacts: {out: {type: aws-sqs-queue@1, value: .outputs.queue, grants: [consume]}}
steps: [{name: main, path: src, driver: terraform}]
`},
	}}
}

func BenchmarkResolve(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			files := wide(n).FS()
			estate, err := graph.Load(files, nil)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := graph.Resolve(estate, "shop/dev", nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			files := wide(n).FS()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := graph.Load(files, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
