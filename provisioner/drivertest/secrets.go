package drivertest

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sdk/tenon/provisioner"
)

func needsSecret(s *session) string {
	if len(s.spelled) == 0 {
		return "the harness has no secrets"
	}
	return ""
}

// spelling is one way in which a secret may stand in a text.
type spelling struct{ how, text string }

func spellings(secret string) []spelling {
	quoted, _ := json.Marshal(secret) // a text can always be written
	goQuoted := strconv.Quote(secret)
	var plain strings.Builder
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(secret)
	inJSON := strings.TrimSpace(plain.String())
	inHex := hex.EncodeToString([]byte(secret))
	list := []spelling{
		{"as it is", secret}, {"as JSON", string(quoted[1 : len(quoted)-1])}, {"as JSON", inJSON[1 : len(inJSON)-1]},
		{"quoted", goQuoted[1 : len(goQuoted)-1]}, {"in hex", inHex}, {"in hex", strings.ToUpper(inHex)},
		{"in a URL", url.QueryEscape(secret)}, {"in a URL", url.PathEscape(secret)},
	}
	// In base64 a text looks different at each of the three places in a group of bytes
	// where it may begin; the letters that its neighbours have a part in are left out.
	for before := range 3 {
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			letters := encoding.EncodeToString(append(make([]byte, before), secret...))
			list = append(list, spelling{"in base64", letters[(before*8+5)/6 : len(letters)-2]})
		}
	}
	return list
}

// holdsSecret says how a secret stands in a text; empty where none does.
func (s *session) holdsSecret(text string) string {
	for _, one := range s.spelled {
		if strings.Contains(text, one.text) {
			return one.how
		}
	}
	return ""
}

// secretIn says where in a document a secret stands, keys too.
func (s *session) secretIn(document any) string {
	switch v := document.(type) {
	case string:
		return s.holdsSecret(v)
	case json.Number:
		return s.holdsSecret(v.String())
	case []any:
		for _, item := range v {
			if how := s.secretIn(item); how != "" {
				return how
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if how := s.holdsSecret(key); how != "" {
				return how
			}
			if how := s.secretIn(v[key]); how != "" {
				return how
			}
		}
	}
	return ""
}

func noSecretTold(s *session, t *turn) (found []string) {
	if !t.answered() {
		return nil
	}
	look := func(what string, v any) {
		if how := s.secretIn(documentOf(v)); how != "" {
			found = append(found, fmt.Sprintf("told a secret in %s (%s)", what, how))
		}
	}
	for _, e := range t.events() {
		look("an event "+string(e.Kind), e)
	}
	if t.answer.Plan != nil {
		plan := *t.answer.Plan
		plan.Saved, plan.Outputs = nil, nil // these may hold some
		look("a plan", plan)
	}
	if t.answer.Result != nil {
		result := *t.answer.Result
		result.Outputs = nil
		look("a result", result)
	}
	look("what has drifted", t.answer.Drift)
	look("a module", t.answer.Module)
	look("a version", t.answer.Tool)
	if t.answer.err != nil {
		look("an error", provisioner.FailureOf(t.answer.err))
		for err := t.answer.err; err != nil; err = errors.Unwrap(err) {
			for _, form := range []string{"%v", "%+v", "%#v"} {
				look("an error, printed with "+form, fmt.Sprintf(form, err))
			}
		}
	}
	return slices.Compact(found)
}

func secretOutputsMarked(s *session, t *turn) (found []string) {
	if !t.answered() {
		return nil
	}
	outputs := t.outputs()
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		if how := s.secretIn(documentOf(outputs[name].Value)); how != "" && !outputs[name].Sensitive {
			found = append(found, fmt.Sprintf("gave a secret (%s) in the output %s, which is not sensitive", how, name))
		}
	}
	return found
}
