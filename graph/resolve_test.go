package graph_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/graph/internal/txtar"
)

const (
	shopFile  = "projects/shop/project.yaml"
	devFile   = "projects/shop/environments/dev.yaml"
	prodFile  = "projects/shop/environments/prod.yaml"
	stageFile = "projects/shop/environments/stage.yaml"
)

func slot(t *testing.T, env *graph.Environment, component, name string) graph.Slot {
	t.Helper()
	for _, s := range env.Instance(component).Slots() {
		if s.Name == name {
			return s
		}
	}
	require.Fail(t, "no slot", "%s.%s", component, name)
	return graph.Slot{}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	env := resolve(t, with(t), "shop/dev", nil)
	require.Equal(t, []string{"shop/dev.db", "shop/dev.events", "shop/dev.api"}, env.Order())
	require.NoError(t, env.Err())

	network := slot(t, env, "db", "network")
	require.Equal(t, graph.FromDefault, network.Source)
	require.Equal(t, "platform/shared.vpc.network", network.From)
	require.Equal(t, "network@1.0.0", network.Type.String())
	require.False(t, network.Local)
	require.Equal(t, devFile, network.File)
	require.Equal(t, 3, network.Line)

	events := slot(t, env, "api", "events")
	require.Equal(t, graph.FromLink, events.Source)
	require.Equal(t, "shop/dev.events.queue", events.From)
	require.Equal(t, "aws-sqs-queue@1.0.0", events.Type.String(), "the producer's own type, not the supertype that the slot wants")
	require.Equal(t, []string{"publish"}, events.Grants)
	require.True(t, events.Local)

	archive := slot(t, env, "api", "archive")
	require.Empty(t, archive.Source)
	require.True(t, archive.Optional)

	api := env.Instance("api")
	require.Same(t, api, env.Instance("shop/dev.api"))
	require.Nil(t, env.Instance("web"))
	require.Equal(t, []string{"shop/dev.db", "shop/dev.events"}, api.DependsOn())
	require.Equal(t, []string{"shop/dev.api"}, env.Instance("db").Dependents())
	require.Empty(t, api.Missing())
	require.Len(t, api.Access().Bindings, 1)
	require.Equal(t, "publish", api.Access().Bindings[0].Grant.Name)
	require.Equal(t, shopFile, api.Access().Bindings[0].File)

	db := env.Instance("db")
	require.Equal(t, map[string]any{"size": "small", "backups": json.Number("7")}, db.Params(), "a preset over the defaults")
	require.Equal(t, []string{"shop/dev.database"}, db.Moved())
	require.Equal(t, "postgresql@1.0.0", db.ArtifactType("database").String())
	require.Nil(t, db.ArtifactType("databse"))
	require.Equal(t, "shop/dev.db", db.Metadata().Instance)
	require.Equal(t, "postgres", db.Metadata().Bundle)
}

// What the methods give can be changed without changing the environment.
func TestEnvironmentIsImmutable(t *testing.T) {
	t.Parallel()
	files := with(t, txtar.File{Name: devFile, Text: archive(t, "estate.txtar").Get(devFile) + "tags: {stage: dev}\n"})
	env := resolve(t, files, "shop/dev", nil)
	before, err := json.Marshal(env)
	require.NoError(t, err)
	env.Tags()["stage"] = "x"
	env.Order()[0] = "x"
	env.Instances()[0] = nil
	api := env.Instance("api")
	api.Params()["image"] = "x"
	api.DependsOn()[0] = "x"
	for _, s := range api.Slots() {
		if len(s.Grants) > 0 {
			s.Grants[0] = "x"
		}
	}
	api.Access().Bindings[0].Slot = "x"
	api.Metadata().Tags["stage"] = "x"

	after, err := json.Marshal(env)
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))
	require.Equal(t, "dev", env.Tags()["stage"])
	require.Equal(t, "shop/api:42", api.Params()["image"])
	require.Equal(t, "shop/dev.db", api.DependsOn()[0])
	require.Equal(t, "events", api.Access().Bindings[0].Slot)
	require.Equal(t, "dev", api.Metadata().Tags["stage"])
}

// Instance before link before default; among defaults the nearest scope.
func TestNearestWins(t *testing.T) {
	t.Parallel()
	const platform = `project: platform
allow: [shop/*]
components:
  a: {bundle: network}
  b: {bundle: network}
  c: {bundle: network}
  d: {bundle: network}
  e: {bundle: network}
`
	project := func(rest string) txtar.File {
		return txtar.File{Name: shopFile, Text: "project: shop\ncomponents:\n  db: {bundle: postgres, params: {size: small}}\n" + rest}
	}
	organization := txtar.File{Name: "organization.yaml", Text: "organization: acme\ndefaults: {network: platform/shared.a.network}\n"}
	inProject := "defaults: {network: platform/shared.b.network}\n"
	grandparent := txtar.File{Name: prodFile, Text: "environment: prod\ndefaults: {network: platform/shared.c.network}\n"}
	parent := txtar.File{Name: stageFile, Text: "environment: stage\nparent: prod\n"}
	cases := []struct {
		name   string
		dev    string
		files  []txtar.File
		from   string
		source graph.Source
	}{
		{"the organization's", "environment: dev\n", []txtar.File{project("")}, "a", graph.FromDefault},
		{"the project's", "environment: dev\n", []txtar.File{project(inProject)}, "b", graph.FromDefault},
		{"a parent's parent's", "environment: dev\nparent: stage\n", []txtar.File{project(inProject), parent, grandparent}, "c", graph.FromDefault},
		{"the environment's", "environment: dev\nparent: stage\ndefaults: {network: platform/shared.d.network}\n", []txtar.File{project(inProject), parent, grandparent}, "d", graph.FromDefault},
		{"the instance's", "environment: dev\ndefaults: {network: platform/shared.d.network}\ninstances: {db: {connections: {network: platform/shared.e.network}}}\n", []txtar.File{project(inProject)}, "e", graph.FromInstance},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := append([]txtar.File{{Name: "projects/platform/project.yaml", Text: platform}, organization, {Name: devFile, Text: c.dev}}, c.files...)
			network := slot(t, resolve(t, with(t, files...), "shop/dev", nil), "db", "network")
			require.Equal(t, "platform/shared."+c.from+".network", network.From)
			require.Equal(t, c.source, network.Source)
		})
	}
}

// A link wins over a default, an instance's own connection over a link.
func TestLinkBeforeDefault(t *testing.T) {
	t.Parallel()
	project := txtar.File{Name: shopFile, Text: `project: shop
components:
  vpc: {bundle: net}
  vpc2: {bundle: net}
  db: {bundle: postgres, params: {size: small}}
links: [vpc.network -> db.network]
`}
	net := txtar.File{Name: "projects/shop/bundles/net/bundle.yaml", Text: archive(t, "estate.txtar").Get("projects/platform/bundles/network/bundle.yaml")}
	dev := txtar.File{Name: devFile, Text: "environment: dev\ndefaults: {network: platform/shared.vpc.network}\n"}
	net.Text = "bundle: net" + net.Text[len("bundle: network"):]
	linked := slot(t, resolve(t, with(t, project, net, dev), "shop/dev", nil), "db", "network")
	require.Equal(t, graph.FromLink, linked.Source)
	require.Equal(t, "shop/dev.vpc.network", linked.From)

	dev.Text += "instances: {db: {connections: {network: shop/dev.vpc2.network}}}\n"
	env := resolve(t, with(t, project, net, dev), "shop/dev", nil)
	set := slot(t, env, "db", "network")
	require.Equal(t, graph.FromInstance, set.Source)
	require.Equal(t, "shop/dev.vpc2.network", set.From)
	require.Equal(t, []string{"shop/dev.vpc2"}, env.Instance("db").DependsOn(), "the link that lost is no edge")
}

// A default fits by what is known of its artifact, its own where and the slot's.
func TestDefaultsFitByData(t *testing.T) {
	t.Parallel()
	dev := func(where string) txtar.File {
		return txtar.File{Name: devFile, Text: `environment: dev
defaults:
  network: platform/shared.vpc.network
  old: {ref: imported:old` + where + `}
  new: {ref: imported:new` + where + `}
imports: [old, new]
instances:
  db: {preset: small}
`}
	}
	bucket := func(name, region string) txtar.File {
		return txtar.File{Name: "imports/" + name + ".yaml", Text: "import: " + name + "\ntype: object-storage@1\ndata: {name: " + name + ", region: " + region + "}\n"}
	}
	env := resolve(t, with(t, dev(""), bucket("old", "us-east-1"), bucket("new", "eu-west-1")), "shop/dev", nil)
	archive := slot(t, env, "api", "archive")
	require.Equal(t, "imported:new", archive.From, "the slot asks for the region")
	require.Equal(t, graph.FromDefault, archive.Source)
	require.Len(t, env.Imports(), 1)
	require.Equal(t, "imported:new", env.Imports()[0].Address)
	require.Equal(t, map[string]any{"name": "new", "region": "eu-west-1"}, env.Imports()[0].Data)

	named := ", where: {properties: {name: {const: old}}}"
	env = resolve(t, with(t, dev(named), bucket("old", "eu-west-1"), bucket("new", "eu-west-1")), "shop/dev", nil)
	require.Equal(t, "imported:old", slot(t, env, "api", "archive").From)
}

func TestImportWithSecret(t *testing.T) {
	t.Parallel()
	dev := txtar.File{Name: devFile, Text: `environment: dev
defaults: {network: platform/shared.vpc.network}
imports: [legacy]
instances:
  db: {preset: small}
  api: {connections: {database: {ref: "imported:legacy"}}}
`}
	legacy := txtar.File{Name: "projects/shop/imports/legacy.yaml", Text: `import: legacy
type: postgresql@1
from: ../legacy.json
secrets: {password: {env: LEGACY_PASSWORD}}
`}
	data := txtar.File{Name: "projects/shop/legacy.json", Text: `{"host": "db.internal", "port": 5432, "database": "shop", "username": "shop"}`}
	env := resolve(t, with(t, dev, legacy, data), "shop/dev", nil)
	database := slot(t, env, "api", "database")
	require.Equal(t, graph.FromImport, database.Source)
	require.Equal(t, "imported:legacy", database.From)
	require.Equal(t, []string{"shop/dev.events"}, env.Instance("api").DependsOn())
	imported := env.Imports()[0]
	require.Equal(t, map[string]graph.SecretRef{"password": {Env: "LEGACY_PASSWORD"}}, imported.Secrets)
	require.Equal(t, json.Number("5432"), imported.Data["port"])
	require.NotContains(t, imported.Data, "password")
	require.Equal(t, "projects/shop/imports/legacy.yaml", imported.File)
}

func known(t *testing.T, estate *graph.Estate, address, ref, document string) *graph.Options {
	t.Helper()
	parsed, err := artifacts.ParseRef(ref)
	require.NoError(t, err)
	typ, err := estate.Catalog().Lookup(parsed)
	require.NoError(t, err)
	var data any
	require.NoError(t, json.Unmarshal([]byte(document), &data))
	return &graph.Options{Artifacts: map[string]*artifacts.Artifact{address: artifacts.Stored(typ, typ.Name(), typ.Version(), data)}}
}

// What another environment made is held against the type that takes it; what is sensitive
// there is not shown.
func TestKnownArtifacts(t *testing.T) {
	t.Parallel()
	types := txtar.File{Name: "projects/shop/types/token.yaml", Text: `artifact: token
version: 1.0.0
title: Token
schema:
  type: object
  required: [value]
  properties: {value: {type: string, maxLength: 4}, site: {type: string}}
examples: [{value: abc}]
`}
	secret := txtar.File{Name: "projects/platform/types/secret-token.yaml", Text: `artifact: secret-token
version: 1.0.0
title: Secret token
isA: [token@1]
schema:
  type: object
  required: [value]
  properties: {value: {type: string, maxLength: 4, x-sensitive: true}, site: {type: string}}
examples: [{value: abc}]
`}
	platform := txtar.File{Name: "projects/platform/bundles/network/bundle.yaml", Text: `bundle: network
version: 1.0.0
artifacts:
  network: {type: network@1, value: .outputs.network}
  token: {type: secret-token@1, value: .outputs.token}
steps:
  - {name: main, path: src, driver: terraform}
`}
	queue := txtar.File{Name: "projects/shop/bundles/queue/bundle.yaml", Text: `bundle: queue
version: 1.0.3
connections:
  token: {type: token@1, where: {properties: {site: {const: eu}, value: {pattern: "^a"}}}}
artifacts:
  queue: {type: aws-sqs-queue@1, value: .outputs.queue, grants: [publish, consume]}
steps:
  - {name: main, path: src, driver: terraform}
`}
	dev := txtar.File{Name: devFile, Text: archive(t, "estate.txtar").Get(devFile) + "  events: {connections: {token: platform/shared.vpc.token}}\n"}
	estate := load(t, with(t, types, secret, platform, queue, dev))

	_, err := graph.Resolve(estate, "shop/dev", nil)
	require.NoError(t, err, "nothing is known yet")

	_, err = graph.Resolve(estate, "shop/dev", known(t, estate, "platform/shared.vpc.token", "secret-token@1", `{"value": "abcd", "site": "eu"}`))
	require.NoError(t, err)

	_, err = graph.Resolve(estate, "shop/dev", known(t, estate, "platform/shared.vpc.token", "secret-token@1", `{"value": "hunter2", "site": "us"}`))
	require.EqualError(t, err, `projects/shop/environments/dev.yaml:6:33: instances.events.connections.token: events: platform/shared.vpc.token does not fit the connection "token": token@1.0.0: value: is not what the type asks for
projects/shop/environments/dev.yaml:6:33: instances.events.connections.token: events: platform/shared.vpc.token does not meet what the connection "token" asks for: site: must be "eu", got "us"
projects/shop/environments/dev.yaml:6:33: instances.events.connections.token: events: platform/shared.vpc.token does not meet what the connection "token" asks for: value: must match "^a", got a string`)
	require.NotContains(t, err.Error(), "hunter2")
}

func TestProtected(t *testing.T) {
	t.Parallel()
	files := with(t, txtar.File{Name: prodFile, Text: archive(t, "estate.txtar").Get(devFile)})
	files.Set(prodFile, "environment: prod\nprotected: true\n"+files.Get(prodFile)[len("environment: dev\n"):])
	estate := load(t, files)
	require.Equal(t, []string{"platform/shared", "shop/dev", "shop/prod"}, estate.Environments())
	env, err := graph.Resolve(estate, "shop/prod", nil)
	require.NoError(t, err)
	require.True(t, env.Protected())
	env, err = graph.Resolve(estate, "shop/dev", nil)
	require.NoError(t, err)
	require.False(t, env.Protected())
}

// A version in the environment picks among those that are there; the highest in range.
func TestVersions(t *testing.T) {
	t.Parallel()
	newer := func(version string) txtar.File {
		return txtar.File{Name: "projects/shop/bundles/queue-" + version + "/bundle.yaml", Text: "bundle: queue\nversion: " + version + archive(t, "estate.txtar").Get("projects/shop/bundles/queue/bundle.yaml")[len("bundle: queue\nversion: 1.0.3"):]}
	}
	dev := func(version string) txtar.File {
		return txtar.File{Name: devFile, Text: archive(t, "estate.txtar").Get(devFile) + "  events: {version: \"" + version + "\"}\n"}
	}
	all := []txtar.File{newer("1.2.0"), newer("1.10.0"), newer("2.0.0")}
	for version, picked := range map[string]string{"^1": "1.10.0", "~1.2": "1.2.0", "1.0.3": "1.0.3", "2": "2.0.0"} {
		env := resolve(t, with(t, append(all, dev(version))...), "shop/dev", nil)
		require.Equal(t, picked, env.Instance("events").Bundle().Version, version)
	}
}

func TestUnknownAddress(t *testing.T) {
	t.Parallel()
	estate := load(t, with(t))
	for address, message := range map[string]string{
		"shop/dve":  `the project "shop" has no environment "dve" (did you mean "dev"?)`,
		"shop/prod": `the project "shop" has no environment "prod" (there is dev)`,
		"shpo/dev":  `there is no project "shpo" (did you mean "shop"?)`,
		"":          `there is no project ""`,
	} {
		env, err := graph.Resolve(estate, address, nil)
		require.EqualError(t, err, message)
		require.Nil(t, env)
	}
}

// An environment with mistakes can be shown: it comes as far as it got.
func TestBrokenEnvironmentIsShown(t *testing.T) {
	t.Parallel()
	estate := load(t, with(t, txtar.File{Name: devFile, Text: "environment: dev\n"}))
	env, err := graph.Resolve(estate, "shop/dev", nil)
	require.Error(t, err)
	require.Equal(t, tenon.ProblemsOf(err), tenon.ProblemsOf(env.Err()))
	require.Equal(t, []string{"network"}, env.Instance("db").Missing())
	require.Equal(t, []string{"shop/dev.db", "shop/dev.events", "shop/dev.api"}, env.Order())
}
