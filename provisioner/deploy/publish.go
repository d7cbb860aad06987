package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/internal/redact"
	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// publish works out the artifacts and the app's environment from what the steps gave. Only
// when every artifact is valid does anyone see one.
func (r *run) publish(ctx context.Context, a *assembly, next *store.Instance, outputs map[string]map[string]provisioner.Output) error {
	scope := a.withOutputs(outputs, lastStep(a.Bundle()))
	secret := redact.New(secrets(scope)...)
	made := map[string]store.Artifact{}
	var problems tenon.Problems
	for _, artifact := range a.Bundle().Artifacts {
		v, err := artifact.Evaluate(ctx, scope)
		if err == nil {
			var document *artifacts.Artifact
			document, err = valid(a, artifact, v, scope)
			if err == nil {
				made[artifact.Name] = r.artifact(document.Type(), v.Value, secret, derived(ctx, artifact, v, scope))
			}
		}
		for _, p := range problemsOf("invalid-artifact", err) {
			problems.Add(secret.Problem(p)) // the type need not know what the module calls sensitive
		}
	}
	if err := problems.Err(); err != nil {
		return err
	}
	env, err := r.environment(ctx, a, scope)
	if err != nil {
		return err
	}
	next.Artifacts, next.Env = made, env
	return nil
}

func lastStep(b *bundle.Bundle) string {
	if len(b.Steps) == 0 {
		return ""
	}
	return b.Steps[len(b.Steps)-1].Name
}

// valid checks an artifact's document against its type. Where it is not valid and an output
// that it reads is not there, that is said first: it is the likelier mistake.
func valid(a *assembly, artifact bundle.Artifact, v bundle.Value, scope *bundle.Scope) (*artifacts.Artifact, error) {
	t := a.ArtifactType(artifact.Name)
	document, err := artifacts.New(t, v.Value)
	var invalid *artifacts.ValidationError
	if !errors.As(err, &invalid) {
		return document, err
	}
	var problems tenon.Problems
	for _, path := range artifact.Reads() {
		if name, known, missing := missingOutput(path, scope); missing {
			problems.Add(artifact.ValueProblem("missing-output", fmt.Sprintf("%s needs %s, but the module has no such output", artifact.Name, name), tenon.DidYouMean(lastKey(path), known)))
		}
	}
	for _, p := range invalid.Problems {
		where := p.Path.Pointer()
		if where == "" {
			where = "/"
		}
		problems.Add(artifact.ValueProblem("invalid-artifact", fmt.Sprintf("%s is not a valid %s: %s: %s", artifact.Name, invalid.Type, where, p.Message), p.Hint))
	}
	return nil, problems
}

// missingOutput says that path reads an output which is not there, and which there are.
func missingOutput(path tenon.Path, scope *bundle.Scope) (name string, known []string, missing bool) {
	steps := path.Steps()
	var outputs map[string]any
	var key any
	switch {
	case len(steps) >= 2 && steps[0] == "outputs":
		outputs, key = scope.Outputs, steps[1]
	case len(steps) >= 4 && steps[0] == "steps" && steps[2] == "outputs":
		step, _ := steps[1].(string)
		outputs, key = scope.Steps[step], steps[3]
	default:
		return "", nil, false
	}
	output, ok := key.(string)
	if _, there := outputs[output]; !ok || there || output == "*" {
		return "", nil, false
	}
	return "." + outputPath(path).String(), slices.Sorted(maps.Keys(outputs)), true
}

// outputPath is a path without what lies below the output.
func outputPath(path tenon.Path) tenon.Path {
	steps := path.Steps()
	if steps[0] == "steps" {
		return tenon.At(steps[:4]...)
	}
	return tenon.At(steps[:2]...)
}

func lastKey(path tenon.Path) string {
	steps := outputPath(path).Steps()
	key, _ := steps[len(steps)-1].(string)
	return key
}

func problemsOf(rule string, err error) tenon.Problems {
	var problems tenon.Problems
	problems.AddError(rule, err)
	return problems
}

// secrets are the values in a scope that must not be shown.
func secrets(scope *bundle.Scope) (values []any) {
	document := map[string]any{"params": scope.Params, "connections": scope.Connections, "outputs": scope.Outputs}
	steps := map[string]any{}
	for name, outputs := range scope.Steps {
		steps[name] = map[string]any{"outputs": outputs}
	}
	document["steps"] = steps
	for _, path := range scope.Sensitive {
		if v, ok := path.Get(document); ok {
			values = append(values, v)
		}
	}
	return values
}

// artifact is a valid document as the records hold it. Sensitive is what its type says,
// where a value stands that is a secret elsewhere, and what is made of secrets.
func (s *session) artifact(t *artifacts.Type, data any, secret *redact.Redactor, derived []tenon.Path) store.Artifact {
	a := store.Artifact{Type: t.Name(), Version: t.Version(), Digest: s.mac(data), Data: data}
	sensitive := append(t.SensitiveIn(data), derived...)
	value.Walk(data, func(path tenon.Path, leaf any) {
		text, _ := leaf.(string)
		if number, ok := leaf.(json.Number); ok {
			text = number.String()
		}
		if secret.Text(text) != text {
			sensitive = append(sensitive, path)
		}
	})
	for _, path := range sensitive {
		if pointer := path.Pointer(); !slices.Contains(a.Sensitive, pointer) {
			a.Sensitive = append(a.Sensitive, pointer)
		}
	}
	slices.Sort(a.Sensitive)
	return a
}

// environment is what the app of an instance gets.
func (r *run) environment(ctx context.Context, a *assembly, scope *bundle.Scope) (map[string]store.EnvVar, error) {
	app := a.Bundle().App
	if app == nil {
		return nil, nil
	}
	values, err := app.Env(ctx, scope)
	if err != nil {
		return nil, err
	}
	env := map[string]store.EnvVar{}
	for name, v := range values {
		text, _ := v.Value.(string)
		env[name] = store.EnvVar{Value: text, Secret: v.Sensitive}
	}
	for name, secret := range a.secrets {
		env[name] = store.EnvVar{Value: secret, Secret: true}
	}
	return env, nil
}
