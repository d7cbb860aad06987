package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// accounts maps a step's providers to the artifacts that they take their accounts from. in
// has no values.
func (a *assembly) accounts(ctx context.Context, step bundle.Step, scope *bundle.Scope) (in inputs, err error) {
	providers, err := step.Providers(ctx, scope)
	if err != nil || len(providers) == 0 {
		return inputs{}, err
	}
	made, from := map[string]provisioner.Provider{}, map[string]store.Provider{}
	for _, p := range providers {
		in.waits, in.account = slices.Concat(in.waits, p.Settings.Waits), slices.Concat(in.account, p.Settings.Mocks)
		if !p.Settings.There() {
			continue
		}
		settings, _ := p.Settings.Value.(map[string]any)
		d, filled := a.slots[p.Connection]
		if !filled {
			return inputs{}, tenon.Problem{
				Rule: "no-account", File: step.File, Line: step.Line, Column: step.Column, Path: tenon.At("steps", step.Name, "providers", p.Name),
				Message: fmt.Sprintf("%s: nothing fills the connection %s, from which the provider takes its account", a.Address(), p.Connection),
			}
		}
		for _, slot := range a.Slots() {
			if slot.Name == p.Connection {
				made[p.Name] = accountOf(slot.Type.Name(), d, settings)
				kept := store.Provider{From: slot.From, Type: slot.Type.Name(), Settings: settings}
				if isImport(slot.From) {
					kept.Data, kept.Secret = made[p.Name].Data, made[p.Name].Secret
				}
				from[p.Name] = kept
			}
		}
	}
	in.providers, in.accounts = made, from
	return in, nil
}

func accountOf(name string, d document, settings map[string]any) provisioner.Provider {
	made := provisioner.Provider{Type: name, Data: d.data, Settings: settings}
	for _, path := range d.sensitive {
		made.Secret = append(made.Secret, path.Pointer())
	}
	slices.Sort(made.Secret)
	made.Secret = slices.Compact(made.Secret)
	return made
}

// recordedAccounts are the providers of a step as it was last applied, with the credentials
// of now.
func (s *session) recordedAccounts(ctx context.Context, step *store.Step) (map[string]provisioner.Provider, error) {
	if len(step.Providers) == 0 {
		return nil, nil
	}
	made := map[string]provisioner.Provider{}
	for _, name := range slices.Sorted(maps.Keys(step.Providers)) {
		p := step.Providers[name]
		if isImport(p.From) {
			made[name] = provisioner.Provider{Type: p.Type, Data: p.Data, Secret: p.Secret, Settings: p.Settings}
			if s.env == nil { // the files, which say where its secrets come from, are not at hand
				continue
			}
			if d, err := s.imported(ctx, p.From); err == nil {
				made[name] = accountOf(p.Type, d, p.Settings)
			}
			continue
		}
		a, err := s.store.Artifact(ctx, p.From)
		if err == nil && a == nil {
			err = fmt.Errorf("%s is not there any more", p.From)
		}
		if err != nil {
			return nil, fmt.Errorf("the account of provider %s: %w", name, err)
		}
		made[name] = provisioner.Provider{Type: p.Type, Data: a.Data, Secret: a.Sensitive, Settings: p.Settings}
	}
	return made, nil
}

func isImport(address string) bool { return strings.HasPrefix(address, "imported:") }

// accountDigest is what of the providers decides what a step makes: which account and how,
// not the credentials, which change by themselves.
func accountDigest(providers map[string]provisioner.Provider) map[string]any {
	plain := map[string]any{}
	for name, p := range providers {
		data := value.Clone(p.Data)
		for _, pointer := range p.Secret {
			data = without(data, pointer)
		}
		plain[name] = map[string]any{"type": p.Type, "settings": p.Settings, "data": data}
	}
	return plain
}

// without is a document without what a pointer leads to.
func without(document any, pointer string) any {
	step, rest, deeper := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	step = unescape.Replace(step)
	object, ok := document.(map[string]any)
	if !ok {
		return nil // a list: it is secret as a whole
	}
	if _, there := object[step]; !there {
		return document
	}
	if !deeper {
		delete(object, step)
		return object
	}
	object[step] = without(object[step], "/"+rest)
	return object
}

var unescape = strings.NewReplacer("~1", "/", "~0", "~")
