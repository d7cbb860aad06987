package artifacts_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/tenon-sdk/tenon/artifacts"
)

var document = map[string]any{
	"host": "db.internal", "port": 5432, "password": "S3CRET-one", "replicas": []any{map[string]any{"token": "S3CRET-two"}},
}

// No way of printing an artifact shows what is sensitive in it.
func TestPrintsRedacted(t *testing.T) {
	t.Parallel()
	a, err := artifacts.New(loaded(t), document)
	require.NoError(t, err)
	unknown := artifacts.Stored(nil, "gone", "1.0.0", document)
	for _, value := range []any{a, *a, unknown, []*artifacts.Artifact{a}, map[string]any{"a": a}, struct{ A *artifacts.Artifact }{a}, struct{ a artifacts.Artifact }{*a}, &struct{ A any }{a}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%p", "%T", "%10.3v", "%!"} {
			require.NotContains(t, fmt.Sprintf(verb, value), "S3CRET", verb)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", value)
		require.NotContains(t, log.String(), "S3CRET")
		text, err := json.Marshal(value)
		require.NoError(t, err)
		require.NotContains(t, string(text), "S3CRET")
		text, err = yaml.Marshal(value)
		require.NoError(t, err)
		require.NotContains(t, string(text), "S3CRET")
		require.NotContains(t, fmt.Errorf("broken: %v", value).Error(), "S3CRET")
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).With("value", a).WithGroup("group").Error("broken", "error", fmt.Errorf("with %+v", a), slog.Any("again", *a))
	require.NotContains(t, log.String(), "S3CRET")
	require.Error(t, gob.NewEncoder(&bytes.Buffer{}).Encode(a))
	require.Equal(t, `database@1.2.0 {"host":"db.internal","password":"(sensitive)","port":5432,"replicas":[{"token":"(sensitive)"}]}`, a.String())
	require.NotContains(t, fmt.Sprint(unknown), "db.internal", "nobody says any more what is not sensitive")
	text, err := json.Marshal(a)
	require.NoError(t, err)
	require.Equal(t, `{"type":"database@1.2.0","data":{"host":"db.internal","password":"(sensitive)","port":5432,"replicas":[{"token":"(sensitive)"}]}}`, string(text))
	for _, printed := range []string{fmt.Sprintf("%s", a), fmt.Sprintf("%v", *a), a.GoString(), a.LogValue().String()} {
		require.Equal(t, a.String(), printed)
	}
}

// failure keeps what a test library says of a failed comparison: it prints by reflection,
// past every method.
type failure struct{ text string }

func (f *failure) Errorf(format string, arguments ...any) {
	f.text += fmt.Sprintf(format, arguments...)
}

func TestFailedTestsPrintRedacted(t *testing.T) {
	t.Parallel()
	typ := loaded(t)
	a, err := artifacts.New(typ, document)
	require.NoError(t, err)
	b := artifacts.Stored(typ, "database", "1.2.0", map[string]any{"host": "other", "password": "S3CRET-three"})
	for _, pair := range [][2]any{{a, b}, {*a, *b}, {[]any{a}, []any{b}}, {map[string]any{"a": *a}, map[string]any{"a": *b}}} {
		f := &failure{}
		assert.Equal(f, pair[0], pair[1])
		assert.Nil(f, pair[0])
		require.NotEmpty(t, f.text)
		require.NotContains(t, f.text, "S3CRET")
	}
}

// What is not an artifact prints, too.
func TestZeroArtifact(t *testing.T) {
	t.Parallel()
	var zero artifacts.Artifact
	require.Nil(t, zero.Type())
	require.Empty(t, zero.TypeName())
	require.Empty(t, zero.Sensitive())
	require.Nil(t, zero.Redacted())
	require.Equal(t, "@ null", fmt.Sprint(zero))
	require.Equal(t, "<nil>", fmt.Sprint((*artifacts.Artifact)(nil)))
}

type recorder struct {
	seen []artifacts.Reveal
	err  error
}

func (r *recorder) RecordReveal(_ context.Context, reveal artifacts.Reveal) error {
	r.seen = append(r.seen, reveal)
	return r.err
}

func TestReveal(t *testing.T) {
	t.Parallel()
	a, err := artifacts.New(loaded(t), document)
	require.NoError(t, err)
	r := &recorder{}
	plain, err := a.Reveal(t.Context(), "the login does not work", r)
	require.NoError(t, err)
	require.Equal(t, "S3CRET-one", plain.(map[string]any)["password"])
	require.Equal(t, []artifacts.Reveal{{Type: "database@1.2.0", Reason: "the login does not work"}}, r.seen)
	plain.(map[string]any)["password"] = "changed"
	again, err := a.Reveal(t.Context(), "once more", r)
	require.NoError(t, err)
	require.Equal(t, "S3CRET-one", again.(map[string]any)["password"], "a copy")

	_, err = a.Reveal(t.Context(), "", r)
	require.EqualError(t, err, "revealing an artifact takes a reason and a recorder")
	_, err = a.Reveal(t.Context(), "why", nil)
	require.EqualError(t, err, "revealing an artifact takes a reason and a recorder")
	refused := &recorder{err: errors.New("the disk is full")}
	_, err = a.Reveal(t.Context(), "why", refused)
	require.ErrorIs(t, err, refused.err)
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	a, err := artifacts.New(loaded(t), map[string]any{"host": "a"})
	require.Nil(t, a)
	require.EqualError(t, err, "database@1.2.0: /port: is required")
}

func TestStored(t *testing.T) {
	t.Parallel()
	typ := loaded(t)
	a, err := artifacts.New(typ, document)
	require.NoError(t, err)
	again := artifacts.Stored(typ, "database", "1.2.0", document)
	require.Equal(t, a.Digest(), again.Digest())
	require.Equal(t, a.Redacted(), again.Redacted())
	require.Equal(t, "database", again.TypeName())
	require.Equal(t, "1.2.0", again.TypeVersion())
	require.Same(t, typ, again.Type())
	gone := artifacts.Stored(nil, "gone", "2.0.0", document)
	require.Nil(t, gone.Type())
	require.Equal(t, "gone", gone.TypeName())
	require.Equal(t, "(sensitive)", gone.Redacted().(map[string]any)["host"])
	require.Len(t, gone.Sensitive(), 1)
	require.True(t, gone.Sensitive()[0].IsRoot())
	require.Nil(t, artifacts.Stored(typ, "database", "1.2.0", func() {}).Redacted())
}

// What comes in stays the caller's, what is given out becomes the caller's.
func TestArtifactIsImmutable(t *testing.T) {
	t.Parallel()
	mine := map[string]any{"host": "a", "port": 1, "replicas": []any{map[string]any{"host": "b"}}}
	a, err := artifacts.New(loaded(t), mine)
	require.NoError(t, err)
	before, digest := a.String(), a.Digest()
	mine["replicas"].([]any)[0].(map[string]any)["host"] = "changed"
	a.Redacted().(map[string]any)["host"] = "changed"
	require.Equal(t, before, a.String())
	require.Equal(t, digest, a.Digest())
}

func TestNotJSON(t *testing.T) {
	t.Parallel()
	typ := loaded(t)
	_, err := artifacts.New(typ, map[string]any{"host": func() {}})
	require.EqualError(t, err, "database@1.2.0: json: unsupported type: func()")
	require.Equal(t, artifacts.Redacted, typ.Redact(func() {}))
	require.True(t, typ.SensitiveIn(func() {})[0].IsRoot())
}

// Values of Go are redacted like documents of maps.
func TestRedactGoValues(t *testing.T) {
	t.Parallel()
	type replica struct {
		Token string `json:"token"`
	}
	type database struct {
		Host     string    `json:"host"`
		Password string    `json:"password"`
		Replicas []replica `json:"replicas"`
	}
	shown := loaded(t).Redact(&database{"a", "S3CRET", []replica{{"S3CRET"}}})
	require.Equal(t, map[string]any{"host": "a", "password": "(sensitive)", "replicas": []any{map[string]any{"token": "(sensitive)"}}}, shown)
}
