package deploy

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/internal/value"
)

// derived are the parts of an artifact's document that an expression has made of secrets,
// such as a password in a URL or in capitals: those that are others when the secrets are
// others. An expression that cannot be evaluated with those may hold one anywhere. What
// only chooses by a secret is not found.
func derived(ctx context.Context, artifact bundle.Artifact, v bundle.Value, scope *bundle.Scope) []tenon.Path {
	if !v.Sensitive {
		return nil
	}
	other, err := artifact.Evaluate(ctx, disguised(scope))
	var paths []tenon.Path
	value.Walk(v.Value, func(path tenon.Path, leaf any) {
		if now, there := path.Get(other.Value); err != nil || !there || !value.Equal(now, leaf) {
			paths = append(paths, path)
		}
	})
	return paths
}

// disguised is a scope with other secrets of the same form: letters for letters, digits for
// digits, so that what takes them apart finds its marks.
func disguised(scope *bundle.Scope) *bundle.Scope {
	made := *scope
	document := map[string]any{"params": scope.Params, "connections": scope.Connections, "outputs": scope.Outputs}
	steps := map[string]any{}
	for name, outputs := range scope.Steps {
		steps[name] = map[string]any{"outputs": outputs}
	}
	document["steps"] = steps
	var hidden any = document
	for _, path := range scope.Sensitive {
		if secret, ok := path.Get(hidden); ok {
			hidden = value.Set(hidden, path, disguise(secret))
		}
	}
	document, _ = hidden.(map[string]any)
	part := func(name string) map[string]any {
		object, _ := document[name].(map[string]any)
		return object
	}
	made.Params, made.Connections, made.Outputs = part("params"), part("connections"), part("outputs")
	made.Steps = make(map[string]map[string]any, len(scope.Steps))
	for name, outputs := range scope.Steps {
		made.Steps[name] = outputs
		if step, ok := part("steps")[name].(map[string]any); ok {
			made.Steps[name], _ = step["outputs"].(map[string]any)
		}
	}
	return &made
}

func disguise(document any) any {
	switch v := document.(type) {
	case string:
		return strings.Map(turned, v)
	case json.Number:
		return json.Number(strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' { // no leading zero comes of it
				return '1' + (r-'0')%9
			}
			return r
		}, v.String()))
	case bool:
		return !v
	case []any:
		made := make([]any, len(v))
		for i, item := range v {
			made[i] = disguise(item)
		}
		return made
	case map[string]any:
		made := make(map[string]any, len(v))
		for key, item := range v {
			made[key] = disguise(item)
		}
		return made
	}
	return document
}

// turned is the next letter or digit.
func turned(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z':
		return 'a' + (r-'a'+1)%26
	case r >= 'A' && r <= 'Z':
		return 'A' + (r-'A'+1)%26
	case r >= '0' && r <= '9':
		return '0' + (r-'0'+1)%10
	case r > 127:
		return 'x'
	}
	return r
}
