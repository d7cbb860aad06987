package deploy

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon/internal/value"
)

// swaps know what stands in for what: with them, a value of a plan explains the real one.
type swaps struct {
	whole  map[string][]any    // a stand-in, as canonical JSON → what may be there instead
	texts  map[string][]string // a stand-in's text → what may be there instead
	needle []string            // of texts, longest first
	grown  bool                // a list or map has more than its stand-in
	shrunk bool                // a list or map has less
}

func newSwaps(known []pair) *swaps {
	s := &swaps{whole: map[string][]any{}, texts: map[string][]string{}}
	for _, p := range known {
		s.add(normal(p.planned), normal(p.real))
	}
	for text := range s.texts {
		s.needle = append(s.needle, text)
	}
	slices.SortFunc(s.needle, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return s
}

// add takes in a stand-in with all its parts. Any element of a list may stand for any, where
// there are not as many.
func (s *swaps) add(planned, real any) {
	key := string(value.Canonical(planned))
	s.whole[key] = append(s.whole[key], real)
	if text, ok := textOf(planned); ok {
		if now, ok := textOf(real); ok {
			s.texts[text] = append(s.texts[text], now)
		}
	}
	switch p := planned.(type) {
	case map[string]any:
		r, _ := real.(map[string]any)
		for name, part := range p {
			if now, there := r[name]; there {
				s.add(part, now)
			} else {
				s.shrunk = true
				s.add(part, nil)
			}
		}
		for name, part := range r {
			if _, there := p[name]; !there {
				s.grown = true
				s.whole["null"] = append(s.whole["null"], part)
			}
		}
	case []any:
		r, _ := real.([]any)
		s.grown, s.shrunk = s.grown || len(r) > len(p), s.shrunk || len(r) < len(p)
		for i, part := range p {
			for j, now := range r {
				if i == j || len(p) != len(r) {
					s.add(part, now)
				}
			}
		}
	}
}

// textOf is how a scalar stands in a text that it is put into; nothing for what is empty.
func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, v != ""
	case json.Number:
		return v.String(), true
	}
	return "", false
}

// mayBe says that a stand-in has become just this.
func (s *swaps) mayBe(planned, real any) bool {
	return slices.ContainsFunc(s.whole[string(value.Canonical(planned))], func(now any) bool { return value.Equal(now, real) })
}

// explain says that a planned value becomes the real one when each stand-in in it becomes
// what is there instead.
func (s *swaps) explain(planned, real any) bool {
	if value.Equal(planned, real) || s.mayBe(planned, real) {
		return true
	}
	switch p := planned.(type) {
	case string:
		r, ok := real.(string)
		if !ok {
			return false
		}
		if before, after, ok := documents(p, r); ok {
			return s.explain(before, after)
		}
		return s.explainText(p, r)
	case map[string]any:
		r, ok := real.(map[string]any)
		if !ok || len(p) != len(r) {
			return false
		}
		for name, part := range p {
			if now, there := r[name]; !there || !s.explain(part, now) {
				return false
			}
		}
		return true
	case []any:
		r, ok := real.([]any)
		if !ok || len(r) < len(p) && !s.shrunk || len(r) > len(p) && !s.grown {
			return false
		}
		for i, now := range r {
			if len(p) == len(r) && !s.explain(p[i], now) {
				return false
			}
			if len(p) != len(r) && !slices.ContainsFunc(p, func(part any) bool { return s.explain(part, now) }) {
				return false
			}
		}
		return true
	}
	return false
}

// documents reads two texts that are JSON objects or lists, as policies are.
func documents(p, r string) (before, after any, ok bool) {
	for _, text := range []string{p, r} {
		if text = strings.TrimSpace(text); text == "" || text[0] != '{' && text[0] != '[' {
			return nil, nil, false
		}
	}
	before, err := value.Decode([]byte(p))
	if err != nil {
		return nil, nil, false
	}
	after, err = value.Decode([]byte(r))
	return before, after, err == nil
}

// longestText is how long a text may be to be looked at in its parts.
const longestText = 16 << 10

// explainText says that a text becomes another one when stand-ins in it are replaced.
func (s *swaps) explainText(planned, real string) bool {
	if len(planned) > longestText || len(real) > longestText {
		return false
	}
	dead := map[[2]int]bool{} // places that lead nowhere
	var match func(i, j int) bool
	match = func(i, j int) bool {
		if dead[[2]int{i, j}] {
			return false
		}
		from := [2]int{i, j}
		for {
			for _, text := range s.needle {
				if !strings.HasPrefix(planned[i:], text) {
					continue
				}
				for _, now := range s.texts[text] {
					if strings.HasPrefix(real[j:], now) && match(i+len(text), j+len(now)) {
						return true
					}
				}
			}
			if i == len(planned) {
				break
			}
			if j == len(real) || planned[i] != real[j] {
				break
			}
			i, j = i+1, j+1
		}
		if i == len(planned) && j == len(real) {
			return true
		}
		dead[from] = true
		return false
	}
	return match(0, 0)
}
