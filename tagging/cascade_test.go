package tagging_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon/tagging"
)

func level(name string, tags ...string) tagging.Level {
	l := tagging.Level{Name: name, Tags: map[string]tagging.Tag{}}
	for i := 0; i < len(tags); i += 2 {
		l.Tags[tags[i]] = tagging.Tag{Value: tags[i+1]}
	}
	return l
}

func TestSystemTags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		scope tagging.Scope
		want  tagging.Tags
	}{
		{"nothing known", tagging.Scope{}, tagging.Tags{"managed-by": "tenon"}},
		{
			"environment", tagging.Scope{Project: "shop", Environment: "dev"},
			tagging.Tags{"managed-by": "tenon", "tenon-project": "shop", "tenon-environment": "dev"},
		},
		{
			"own prefix", tagging.Scope{Project: "shop", Environment: "dev", Component: "db", Prefix: "acme:"},
			tagging.Tags{"managed-by": "tenon", "acme:project": "shop", "acme:environment": "dev", "acme:component": "db", "acme:instance": "shop/dev.db"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tags, problems := tagging.Cascade(c.scope)
			require.Empty(t, problems)
			require.Equal(t, c.want, tags)
		})
	}
}

func TestCascadeNearestWins(t *testing.T) {
	t.Parallel()
	tags, problems := tagging.Cascade(tagging.Scope{},
		level("organization acme", "stage", "none", "team", "platform"),
		level("project shop", "team", "commerce"),
		level("environment dev", "stage", "nonprod"),
	)
	require.Empty(t, problems)
	require.Equal(t, tagging.Tags{"managed-by": "tenon", "stage": "nonprod", "team": "commerce"}, tags)
}

func TestCascadeLocked(t *testing.T) {
	t.Parallel()
	organization := tagging.Level{Name: "organization acme", Tags: map[string]tagging.Tag{"owner": {Value: "a", Locked: true, File: "organization.yaml"}}}
	for _, c := range []struct {
		name  string
		tag   tagging.Tag
		words string
	}{
		{"the same value is no change", tagging.Tag{Value: "a"}, "no problems"},
		{"another value", tagging.Tag{Value: "b"}, `project shop must not change the tag "owner": organization acme locked it in organization.yaml`},
		{"another lock", tagging.Tag{Value: "b", Locked: true, File: "project.yaml", Line: 7, Column: 2}, `project.yaml:7:2: project shop must not change the tag "owner": organization acme locked it in organization.yaml`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			project := tagging.Level{Name: "project shop", Tags: map[string]tagging.Tag{"owner": c.tag}}
			tags, problems := tagging.Cascade(tagging.Scope{}, organization, project)
			require.Equal(t, c.words, problems.Error())
			require.Equal(t, "a", tags["owner"])
		})
	}
}

func TestCascadeLockWithoutPlace(t *testing.T) {
	t.Parallel()
	above := tagging.Level{Name: "environment dev", Tags: map[string]tagging.Tag{"owner": {Value: "a", Locked: true}}}
	_, problems := tagging.Cascade(tagging.Scope{}, above, level("component db", "owner", "b"))
	require.EqualError(t, problems.Err(), `component db must not change the tag "owner": environment dev locked it`)
}

func TestCascadeReserved(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"tenon-project", "tenon-anything", "Tenon-Project", "managed-by", "Managed-By"} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			tags, problems := tagging.Cascade(tagging.Scope{Project: "shop"}, level("environment dev", key, "mine"))
			require.EqualError(t, problems.Err(), fmt.Sprintf(`the tag %q of environment dev is reserved: Tenon sets it`, key))
			require.Equal(t, tagging.Tags{"managed-by": "tenon", "tenon-project": "shop"}, tags)
		})
	}
	_, problems := tagging.Cascade(tagging.Scope{Prefix: "acme-"}, level("environment dev", "tenon-project", "mine"))
	require.Empty(t, problems, "with another prefix the usual one is free")
}

// What a level locked holds, what no level locked is the last level's, and the system's
// tags are always there.
func TestCascadeLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tag := rapid.Custom(func(t *rapid.T) tagging.Tag {
			return tagging.Tag{Value: rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "value"), Locked: rapid.Bool().Draw(t, "locked")}
		})
		tags := rapid.MapOf(rapid.SampledFrom([]string{"a", "b", "c", "managed-by"}), tag)
		var levels []tagging.Level
		for i := range rapid.IntRange(0, 5).Draw(t, "levels") {
			levels = append(levels, tagging.Level{Name: fmt.Sprint(i), Tags: tags.Draw(t, "tags")})
		}
		scope := tagging.Scope{Project: "shop"}
		got, problems := tagging.Cascade(scope, levels...)

		want, locked, broken := tagging.Tags{}, map[string]bool{}, 0
		for _, l := range levels {
			for key, tag := range l.Tags {
				switch {
				case key == "managed-by", locked[key] && want[key] != tag.Value:
					broken++
				case !locked[key]:
					want[key], locked[key] = tag.Value, tag.Locked
				}
			}
		}
		want["managed-by"], want["tenon-project"] = "tenon", "shop"
		if !maps.Equal(want, got) || len(problems) != broken {
			t.Fatalf("got %v with %d problems, want %v with %d", got, len(problems), want, broken)
		}
		again, sameProblems := tagging.Cascade(scope, levels...)
		if !maps.Equal(got, again) || !slices.Equal(problems, sameProblems) {
			t.Fatal("the same levels gave something else")
		}
	})
}
