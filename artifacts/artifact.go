package artifacts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Artifact is a valid document of a type. Wherever it is printed (fmt with every verb,
// slog, JSON, text) it is redacted.
type Artifact struct {
	// All fields stand behind one function: fmt prints the fields of a struct that holds
	// an Artifact in a field that is not exported without asking its methods, and of a
	// function it prints the address only.
	open func() contents
}

type contents struct {
	typ           *Type
	name, version string
	data          any
	sensitive     []tenon.Path
}

// New makes an artifact of document, which may be anything that encoding/json can write.
// The error is a *ValidationError.
func New(t *Type, document any) (*Artifact, error) {
	normal, err := value.Normal(document)
	if err != nil {
		return nil, &ValidationError{Type: t.String(), Problems: tenon.Problems{{Rule: "not-json", Message: err.Error()}}}
	}
	if err := t.validate(normal); err != nil {
		return nil, err
	}
	return hold(contents{typ: t, name: t.name, version: t.Version(), data: value.Clone(normal), sensitive: t.made().marks.In(normal)}), nil
}

// Stored is an artifact that was valid when it was stored, read back without another
// check. Where t is nil, because the catalog no longer has the type, every leaf counts as
// sensitive.
func Stored(t *Type, name, version string, document any) *Artifact {
	normal, err := value.Normal(document)
	if err != nil {
		normal = nil
	}
	c := contents{typ: t, name: name, version: version, data: value.Clone(normal)}
	if t != nil {
		c.sensitive = t.made().marks.In(normal)
	} else {
		c.sensitive = []tenon.Path{{}}
	}
	return hold(c)
}

func hold(c contents) *Artifact { return &Artifact{open: func() contents { return c }} }

func (a Artifact) contents() contents {
	if a.open == nil {
		return contents{}
	}
	return a.open()
}

// Type is nil where the catalog no longer has it.
func (a Artifact) Type() *Type { return a.contents().typ }

// TypeName is the name of the type: postgresql.
func (a Artifact) TypeName() string { return a.contents().name }

// TypeVersion is the version of the type: 1.2.0.
func (a Artifact) TypeVersion() string { return a.contents().version }

// Sensitive gives the paths in the document that are sensitive; each stands for all that
// is below it.
func (a Artifact) Sensitive() []tenon.Path { return slices.Clone(a.contents().sensitive) }

// Redacted is the document with Redacted in the place of every sensitive leaf.
func (a Artifact) Redacted() any {
	c := a.contents()
	return value.Clone(redact(c.data, c.sensitive))
}

// Digest of the plain document. It is not keyed: do not show it where somebody could
// guess a weak secret from it.
func (a Artifact) Digest() string { return value.Digest(a.contents().data) }

// Reveal is what a Recorder is told before an artifact is revealed.
type Reveal struct {
	Type   string // postgresql@1.2.0
	Reason string
}

// Recorder takes each reveal before it happens; its error stops it.
type Recorder interface {
	RecordReveal(ctx context.Context, reveal Reveal) error
}

// Reveal gives a copy of the plain document, after the recorder took the reason. Without
// a reason or a recorder it refuses.
func (a Artifact) Reveal(ctx context.Context, reason string, recorder Recorder) (any, error) {
	if reason == "" || recorder == nil {
		return nil, errors.New("revealing an artifact takes a reason and a recorder")
	}
	c := a.contents()
	if err := recorder.RecordReveal(ctx, Reveal{Type: c.name + "@" + c.version, Reason: reason}); err != nil {
		return nil, fmt.Errorf("the reveal could not be recorded: %w", err)
	}
	return value.Clone(c.data), nil
}

// String is type and redacted document.
func (a Artifact) String() string {
	c := a.contents()
	return c.name + "@" + c.version + " " + string(value.Canonical(a.Redacted()))
}

// Format prints String for every verb.
func (a Artifact) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(a.String())) }

// GoString is String.
func (a Artifact) GoString() string { return a.String() }

// MarshalJSON writes {type, data} with the redacted document.
func (a Artifact) MarshalJSON() ([]byte, error) {
	c := a.contents()
	return json.Marshal(struct {
		Type string `json:"type"`
		Data any    `json:"data"`
	}{c.name + "@" + c.version, a.Redacted()})
}

// MarshalText is String.
func (a Artifact) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// LogValue is String.
func (a Artifact) LogValue() slog.Value { return slog.StringValue(a.String()) }

// GobEncode refuses: an encoded artifact would hold its secrets.
func (a Artifact) GobEncode() ([]byte, error) {
	return nil, errors.New("an artifact is not encoded: reveal it, or encode its redacted document")
}
