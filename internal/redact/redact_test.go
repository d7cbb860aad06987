package redact_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/redact"
)

func TestText(t *testing.T) {
	t.Parallel()
	r := redact.New(map[string]any{"a": `p"ss<word>`, "b": []any{"ab", json.Number("5432")}}, "two lines\nof a longer key")
	for name, test := range map[string]struct{ text, want string }{
		"as it is":          {`said p"ss<word>!`, "said (sensitive)!"},
		"in JSON":           {`{"x":"p\"ss<word>"}`, `{"x":"(sensitive)"}`},
		"in JSON for HTML":  {`p\"ss\u003cword\u003e`, "(sensitive)"},
		"base64":            {"cCJzczx3b3JkPg==", "(sensitive)"},
		"hex":               {"702273733c776f72643e", "(sensitive)"},
		"a number":          {"port 5432", "port (sensitive)"},
		"short and alone":   {"ab, cab ab", "(sensitive), cab (sensitive)"},
		"short, side by":    {"ab ab ab", "(sensitive) (sensitive) (sensitive)"},
		"one of many lines": {"line: of a longer key", "line: (sensitive)"},
		"lines in one":      {"two lines of a longer key", "(sensitive)"},
		"nothing":           {"plain text", "plain text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, r.Text(test.text))
		})
	}
}

func TestProblem(t *testing.T) {
	t.Parallel()
	p := redact.New("hunter22").Problem(tenon.Problem{Message: "hunter22 is bad", Hint: "not hunter22"})
	require.Equal(t, "(sensitive) is bad (not (sensitive))", p.String())
}

func TestLongestFirst(t *testing.T) {
	t.Parallel()
	require.Equal(t, "(sensitive)", redact.New("secret", "secret-and-more").Text("secret-and-more"))
}

func TestZero(t *testing.T) {
	t.Parallel()
	require.Equal(t, "text", (&redact.Redactor{}).Text("text"))
}
