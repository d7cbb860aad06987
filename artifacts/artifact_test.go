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

	"github.com/stretchr/testify/require"

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
		require.NotContains(t, fmt.Errorf("broken: %v", value).Error(), "S3CRET")
	}
	require.Error(t, gob.NewEncoder(&bytes.Buffer{}).Encode(a))
	require.Equal(t, `database@1.2.0 {"host":"db.internal","password":"(sensitive)","port":5432,"replicas":[{"token":"(sensitive)"}]}`, a.String())
	require.NotContains(t, fmt.Sprint(unknown), "db.internal", "nobody says any more what is not sensitive")
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
}
