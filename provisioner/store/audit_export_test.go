package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/store"
)

func exported(t *testing.T, st *store.Store, opts *store.AuditExport) []string {
	t.Helper()
	var b bytes.Buffer
	_, err := st.ExportAudit(t.Context(), &b, opts)
	require.NoError(t, err)
	return strings.SplitAfter(strings.TrimSuffix(b.String(), "\n"), "\n")
}

func readBack(lines ...string) (store.AuditHead, error) {
	return store.VerifyAuditExport(strings.NewReader(strings.Join(lines, "")), store.AuditHead{})
}

// The rules of the specification, field by field.
// Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
func TestAuditExportIsCloudEvents(t *testing.T) {
	t.Parallel()
	st, _ := audited(t)
	require.NoError(t, st.Audit(t.Context(), store.AuditEvent{Who: "<b&c> ü\u2028", What: "reveal", Reason: "no address"}))
	name := regexp.MustCompile(`^[a-z0-9]{1,20}$`)
	seen := map[string]bool{}
	for n, line := range exported(t, st, nil) {
		var e map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		for key, value := range e {
			require.Regexp(t, name, key)
			if key != "data" {
				require.NotEmpty(t, value, key)
				require.IsType(t, "", value, key)
			}
		}
		require.Equal(t, "1.0", e["specversion"])
		require.Equal(t, strconv.Itoa(n+1), e["id"])
		require.False(t, seen[fmt.Sprint(e["source"], e["id"])])
		seen[fmt.Sprint(e["source"], e["id"])] = true
		_, err := url.Parse(e["source"].(string))
		require.NoError(t, err)
		require.Contains(t, []string{"io.github.tenon-sdk.audit.deploy", "io.github.tenon-sdk.audit.reveal"}, e["type"])
		_, err = time.Parse(time.RFC3339, e["time"].(string))
		require.NoError(t, err)
		require.Equal(t, "application/json", e["datacontenttype"])
		data := e["data"].(map[string]any)
		require.EqualValues(t, n+1, data["Seq"])
		if n < 5 {
			require.Equal(t, fmt.Sprintf("shop/dev.i%d", n), e["subject"])
			require.Equal(t, "alice", data["Who"])
			require.Equal(t, map[string]any{"digest": "sha256:x", "bundle": "db"}, data["Details"])
		} else {
			require.NotContains(t, e, "subject")
			require.Equal(t, "<b&c> ü\u2028", data["Who"])
		}
	}
	require.Len(t, seen, 6)
	head, err := readBack(exported(t, st, nil)...)
	require.NoError(t, err)
	known, err := st.CheckAudit(t.Context())
	require.NoError(t, err)
	require.Equal(t, known, head)
}

// A shipper goes on where it stopped, and each part is read by itself or after the one before.
func TestAuditExportGoesOn(t *testing.T) {
	t.Parallel()
	st, _ := audited(t)
	all := exported(t, st, nil)
	var part bytes.Buffer
	last, err := st.ExportAudit(t.Context(), &part, &store.AuditExport{From: 4})
	require.NoError(t, err)
	require.EqualValues(t, 5, last)
	require.Equal(t, strings.Join(all[3:], "")+"\n", part.String())
	alone, err := store.VerifyAuditExport(&part, store.AuditHead{})
	require.NoError(t, err)

	first, err := readBack(all[:3]...)
	require.NoError(t, err)
	require.EqualValues(t, 3, first.Seq)
	after, err := store.VerifyAuditExport(strings.NewReader(strings.Join(all[3:], "")), first)
	require.NoError(t, err)
	require.Equal(t, alone, after)
	_, err = store.VerifyAuditExport(strings.NewReader(all[4]), first)
	require.ErrorContains(t, err, "event 4 is missing")

	var nothing bytes.Buffer
	last, err = st.ExportAudit(t.Context(), &nothing, &store.AuditExport{From: last + 1})
	require.NoError(t, err)
	require.EqualValues(t, 5, last)
	require.Empty(t, nothing.String())
}

// What the writer did not take is not counted as shipped.
func TestAuditExportSaysWhatWasWritten(t *testing.T) {
	t.Parallel()
	st, _ := audited(t)
	full := errors.New("no more")
	last, err := st.ExportAudit(t.Context(), &fillsUp{room: 3, err: full}, nil)
	require.ErrorIs(t, err, full)
	require.EqualValues(t, 3, last)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = st.ExportAudit(ctx, &fillsUp{room: 100}, nil)
	require.ErrorIs(t, err, context.Canceled)
}

type fillsUp struct {
	room int
	err  error
}

func (f *fillsUp) Write(p []byte) (int, error) {
	if f.room--; f.room < 0 {
		return 0, f.err
	}
	return len(p), nil
}

func TestAuditExportFindsWhatWasDone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		do         func(lines []string) []string
		kind, says string
	}{
		"edit":         {edit(3, `"Who":"alice"`, `"Who":"bob"`), store.AuditEdit, "event 3 was changed"},
		"new key":      {edit(3, `"Who":`, `"By":"bob","Who":`), store.AuditEdit, "event 3 was changed"},
		"other case":   {edit(3, `"Who":`, `"who":`), store.AuditEdit, "event 3 was changed"},
		"subject":      {edit(3, `"subject":"shop`, `"subject":"wiki`), store.AuditEdit, "event 3 was changed"},
		"type":         {edit(3, `audit.deploy`, `audit.reveal`), store.AuditEdit, "event 3 was changed"},
		"time":         {edit(3, `"time":"20`, `"time":"21`), store.AuditEdit, "event 3 was changed"},
		"id":           {edit(3, `"id":"3"`, `"id":"7"`), store.AuditReorder, "event 3 stands in another place"},
		"previous":     {edit(3, `"previoushash":"`, `"previoushash":"0`), store.AuditEdit, "event 3 was changed"},
		"hash":         {edit(3, `"hash":"`, `"hash":"0`), store.AuditEdit, "event 3 was changed"},
		"gap":          {func(l []string) []string { return append(l[:1:1], l[2:]...) }, store.AuditGap, "event 2 is missing"},
		"reorder":      {func(l []string) []string { l[1], l[2] = l[2], l[1]; return l }, store.AuditReorder, "event 2 stands in another place, and event 3"},
		"twice":        {func(l []string) []string { return append(l[:2:2], l[1:]...) }, store.AuditReorder, "event 3 is event 2 once more"},
		"far too late": {func(l []string) []string { return append(append(l[:1:1], l[2:]...), "\n", l[1]) }, store.AuditReorder, "event 2 stands in another place"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, _ := audited(t)
			head, err := readBack(test.do(exported(t, st, nil))...)
			var broken *store.AuditError
			require.ErrorAs(t, err, &broken)
			require.Equal(t, test.kind, broken.Kind)
			require.ErrorContains(t, err, test.says)
			require.Equal(t, broken.Seq-1, head.Seq)
		})
	}
}

// edit changes a line, counted from 1.
func edit(number int, from, to string) func([]string) []string {
	return func(lines []string) []string {
		lines[number-1] = strings.Replace(lines[number-1], from, to, 1)
		return lines
	}
}

// A store that was tampered with exports what lies in it, and the export shows it.
func TestAuditExportOfATamperedStore(t *testing.T) {
	t.Parallel()
	st, folder := audited(t)
	byHand(t, folder, `UPDATE audit SET event = replace(event, 'alice', 'bob') WHERE seq = 3`)
	_, err := readBack(exported(t, st, nil)...)
	require.EqualError(t, err, "audit: event 3 was changed after it was written")
	byHand(t, folder, `DELETE FROM audit WHERE seq = 3`)
	_, err = readBack(exported(t, st, nil)...)
	require.EqualError(t, err, "audit: event 3 is missing")
}

// Shippers write JSON anew: other white space, other escapes, keys sorted.
func TestAuditExportIsVerifiedInAnyForm(t *testing.T) {
	t.Parallel()
	st, _ := audited(t)
	require.NoError(t, st.Audit(t.Context(), store.AuditEvent{Who: "<b&c> ü\u2028", What: "reveal"}))
	var other bytes.Buffer
	for _, line := range exported(t, st, nil) {
		var e map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		encoder := json.NewEncoder(&other)
		encoder.SetEscapeHTML(false)
		require.NoError(t, encoder.Encode(e))
	}
	require.NotContains(t, other.String(), `{"specversion"`)
	head, err := store.VerifyAuditExport(&other, store.AuditHead{})
	require.NoError(t, err)
	require.EqualValues(t, 6, head.Seq)
}

func TestAuditExportRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	st, _ := audited(t)
	lines := exported(t, st, nil)
	other := exported(t, st, &store.AuditExport{Source: "/elsewhere"})
	for says, text := range map[string]string{
		"line 1: is not an event of an audit":                          "{}\n",
		"line 2: is not an event of an audit":                          "\nnonsense\n",
		`line 1: id "x" is not the number of an event`:                 `{"specversion":"1.0","id":"x","hash":"h"}`,
		"line 2: is of another audit, /elsewhere, and those before it": lines[0] + other[1],
		"line 1: bufio.Scanner: token too long":                        strings.Repeat("x", 2<<20),
	} {
		_, err := readBack(text)
		require.ErrorContains(t, err, says)
	}
	head, err := readBack("")
	require.NoError(t, err)
	require.Zero(t, head)
}

// Whoever lost the key can still hand the audit on.
func TestAuditExportWithoutKey(t *testing.T) {
	t.Parallel()
	st, folder := audited(t)
	lines := exported(t, st, nil)
	require.NoError(t, st.Close())
	require.Equal(t, lines, exported(t, open(t, folder, &store.Options{WithoutKey: true}), nil))
}

func ExampleStore_ExportAudit() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "tenon")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	clock := func() time.Time { return time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC) }
	st, err := store.Open(ctx, folder, &store.Options{Now: clock})
	if err != nil {
		panic(err)
	}
	defer st.Close()
	if err := st.Audit(ctx, store.AuditEvent{Who: "alice", What: "deploy", Address: "shop/dev"}); err != nil {
		panic(err)
	}
	var stream bytes.Buffer
	last, err := st.ExportAudit(ctx, &stream, &store.AuditExport{Source: "https://tenon.example.com"})
	fmt.Println(last, err)
	fmt.Print(stream.String())
	head, err := store.VerifyAuditExport(&stream, store.AuditHead{})
	fmt.Println(head.Seq, err)
	// Output:
	// 1 <nil>
	// {"specversion":"1.0","id":"1","source":"https://tenon.example.com","type":"io.github.tenon-sdk.audit.deploy","time":"2026-07-01T12:00:00.000000000Z","subject":"shop/dev","datacontenttype":"application/json","hash":"224c1181d3179e4b2e05c08769b84749fadc9875b98fcb7b6ce67e1051ceb2f7","data":{"Seq":1,"Time":"2026-07-01T12:00:00.000000000Z","Who":"alice","What":"deploy","Address":"shop/dev","Reason":"","Details":null}}
	// 1 <nil>
}
