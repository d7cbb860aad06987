package tagging_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/tagging"
)

func manyTags(n int) tagging.Tags {
	tags := tagging.Tags{}
	for i := range n {
		tags[fmt.Sprintf("tag-%d", i)] = ""
	}
	return tags
}

func TestCheckAWS(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		tags  tagging.Tags
		words string
	}{
		{"none", nil, "no problems"},
		{"every symbol", tagging.Tags{"a1 +-=._:/@": "+-=._:/@ 1a"}, "no problems"},
		{"letters of any script", tagging.Tags{"équipe": "Größe 日本 ٣"}, "no problems"},
		{"an empty value", tagging.Tags{"team": ""}, "no problems"},
		{"50 tags", manyTags(50), "no problems"},
		{"51 tags", manyTags(51), "AWS takes at most 50 tags on a resource, these are 51"},
		{"a key of 128 characters", tagging.Tags{strings.Repeat("é", 128): ""}, "no problems"},
		{"a value of 256 characters", tagging.Tags{"a": strings.Repeat("é", 256)}, "no problems"},
		{"a value too long", tagging.Tags{"a": strings.Repeat("é", 257)}, `a: AWS takes at most 256 characters in the value of a tag, that of "a" has 257`},
		{"an empty key", tagging.Tags{"": "x"}, `[""]: AWS takes no tag with an empty key`},
		{"a control character", tagging.Tags{"a": "x\ny"}, `a: AWS takes no '\n' in the value of the tag "a"`},
		{"a refused character in the key", tagging.Tags{"a<b": ""}, `["a<b"]: AWS takes no '<' in the key of a tag ("a<b")`},
		{"not UTF-8", tagging.Tags{"a": "x\xff"}, `a: AWS takes no '�' in the value of the tag "a"`},
		{"reserved", tagging.Tags{"aws:cloudformation:stack-name": ""}, `["aws:cloudformation:stack-name"]: the tag "aws:cloudformation:stack-name" begins with aws:, which AWS keeps for itself`},
		{"reserved in any case", tagging.Tags{"aWs:x": ""}, `["aWs:x"]: the tag "aWs:x" begins with aws:, which AWS keeps for itself`},
		{"reserved in a value", tagging.Tags{"a": "Aws:x"}, `a: the value of the tag "a" begins with aws:, which AWS keeps for itself`},
		{"aws inside is free", tagging.Tags{"my-aws:x": "on aws:x"}, "no problems"},
		{"only case differs", tagging.Tags{"team": "a", "Team": "a"}, `warning: team: the tags "Team" and "team" differ only in case, which IAM takes for one`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.words, tagging.CheckAWS(c.tags).Error())
		})
	}
}

func TestCheckAWSKeyTooLong(t *testing.T) {
	t.Parallel()
	problems := tagging.CheckAWS(tagging.Tags{strings.Repeat("é", 129): ""})
	require.Len(t, problems, 1)
	require.Equal(t, "AWS takes at most 128 characters in the key of a tag, this has 129", problems[0].Message)
	require.Equal(t, "aws-tags", problems[0].Rule)
}

// The pattern that AWS documents for keys and values accepts exactly what CheckAWS does.
func TestCheckAWSPattern(t *testing.T) {
	t.Parallel()
	pattern := regexp.MustCompile(`^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$`)
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringN(0, 20, -1).Draw(t, "value")
		if strings.HasPrefix(strings.ToLower(value), "aws:") {
			t.Skip()
		}
		accepted := tagging.CheckAWS(tagging.Tags{"key": value}).Err() == nil
		if want := utf8.ValidString(value) && pattern.MatchString(value); accepted != want {
			t.Fatalf("%q accepted: %t, by the pattern %t", value, accepted, want)
		}
	})
}

func TestSystemTagsSuitAWS(t *testing.T) {
	t.Parallel()
	tags, _ := tagging.Cascade(tagging.Scope{Organization: "acme", Project: "shop", Environment: "pr-123", Component: "db"})
	require.Equal(t, tenon.Problems(nil), tagging.CheckAWS(tags))
}
