package schema

import (
	"github.com/tenon-sdk/tenon/artifacts/schema/internal/language"
)

// text finds a string that keeps the atoms, a shortest one.
func (s *solver) text(atoms []*node) result {
	if r, finite := s.listed(atoms); finite {
		return r
	}
	query, ok := textQuery(atoms)
	if !ok {
		return none
	}
	word, steps, answer := query.Shortest(max(s.budget-s.steps, 1))
	s.steps += steps
	switch answer {
	case language.Found:
		return give(word)
	case language.Unknown:
		return undecided(patternWords(query))
	}
	return none
}

func patternWords(query language.Query) string {
	switch {
	case len(query.In) > 0:
		return "pattern " + query.In[0].String()
	case len(query.NotIn) > 0:
		return "pattern " + query.NotIn[0].String()
	}
	return "minLength"
}

func textQuery(atoms []*node) (query language.Query, possible bool) {
	query.Max = -1
	for _, n := range atoms {
		switch n.op {
		case opMinLength:
			query.Min = max(query.Min, n.n)
		case opMaxLength:
			if query.Max < 0 || n.n < query.Max {
				query.Max = n.n
			}
		case opPattern:
			query.In = append(query.In, n.pattern)
		case opNotPattern:
			query.NotIn = append(query.NotIn, n.pattern)
		case opNotIn:
			for _, v := range n.values {
				query.NotWords = append(query.NotWords, v.text)
			}
		}
	}
	return query, query.Max < 0 || query.Min <= query.Max
}
