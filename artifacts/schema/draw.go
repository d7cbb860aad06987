package schema

import (
	"math/big"
	"slices"

	"github.com/tenon-sdk/tenon/artifacts/schema/internal/language"
)

func (d *draw) number(b branch) result {
	if v, ok := d.enumerated(b); ok {
		return give(v)
	}
	g := newGrid(b.atoms)
	if g == nil {
		return none
	}
	if d.style != Minimal {
		for range 8 {
			if r := d.someNumber(g); r != nil && g.has(r) {
				return give(number(r))
			}
		}
	}
	return d.plain.number(b.atoms)
}

// someNumber is one that may be in the grid, of a size that people write.
func (d *draw) someNumber(g *grid) *big.Rat {
	step := g.step
	if step == nil {
		step = big.NewRat(1, 1)
		if d.chance(3) {
			step = big.NewRat(1, 100)
		}
	}
	first, last := g.ends(step)
	const reach = 1000
	switch {
	case first == nil && last == nil:
		first, last = big.NewInt(0), big.NewInt(reach)
	case first == nil:
		first = new(big.Int).Sub(last, big.NewInt(reach))
	case last == nil:
		last = new(big.Int).Add(first, big.NewInt(reach))
	}
	span := new(big.Int).Sub(last, first)
	if span.Sign() < 0 {
		return nil
	}
	k := new(big.Int).Set(first)
	if span.IsInt64() {
		k.Add(k, big.NewInt(d.rng.Int64N(min(span.Int64(), 1<<40)+1)))
	} else {
		k.Add(k, big.NewInt(d.rng.Int64N(1<<40)))
	}
	return new(big.Rat).Mul(new(big.Rat).SetInt(k), step)
}

func (d *draw) text(b branch) result {
	if v, ok := d.enumerated(b); ok {
		return give(v)
	}
	for word := range d.words(b) {
		if keeps(b, word) {
			return give(word)
		}
	}
	query, ok := textQuery(b.atoms)
	if !ok {
		return none
	}
	for range 3 {
		if word, answer := query.Random(d.rng, 20_000); answer == language.Found && keeps(b, word) {
			return give(word)
		}
	}
	return d.plain.text(b.atoms)
}

func (d *draw) array(b branch) result {
	smallest := d.plain.array(b.atoms)
	if smallest.answer != found || d.style == Minimal {
		return smallest
	}
	a := itemsOf(b.atoms)
	list, _ := clone(smallest.value).([]any)
	length := len(list) + d.rng.IntN(4)
	if d.style == Maximal || length == 0 && !d.chance(4) {
		length = len(list) + 2
	}
	if a.most >= 0 {
		length = min(length, a.most)
	}
	for i := range length {
		r := d.build(d.name(), len(d.names), a.at(i)...)
		if r.answer != found {
			break
		}
		// An item that breaks what holds for the whole list is tried no further.
		longer := slices.Clone(list)
		if i < len(list) {
			longer[i] = r.value
		} else {
			longer = append(longer, r.value)
		}
		if keeps(b, longer) {
			list = longer
		}
	}
	return give(list)
}

func (d *draw) name() string {
	if len(d.names) == 0 {
		return ""
	}
	return d.names[len(d.names)-1]
}

func (d *draw) object(b branch) result {
	smallest := d.plain.object(b.atoms)
	if smallest.answer != found || d.style == Minimal && d.left > 2900 {
		return smallest
	}
	f := fieldsOf(b.atoms)
	object, _ := clone(smallest.value).(map[string]any)
	keys := sortedKeys(object)
	if d.style != Minimal {
		keys = append(keys, d.optional(f, object)...)
	}
	for _, key := range keys {
		r := d.build(key, len(d.names), f.value(key)...)
		if r.answer != found {
			continue
		}
		before, there := object[key]
		if !there && f.most >= 0 && len(object) >= f.most {
			continue
		}
		object[key] = r.value
		if keeps(b, object) {
			continue
		}
		if there {
			object[key] = before
		} else {
			delete(object, key)
		}
	}
	return give(object)
}

// optional keys that the object may have as well.
func (d *draw) optional(f *fields, object map[string]any) []string {
	var keys []string
	take := func(key string) {
		if _, there := object[key]; there || f.allowed(key) != yes || slices.Contains(keys, key) {
			return
		}
		if d.plain.solve(f.value(key)...).answer == found {
			keys = append(keys, key)
		}
	}
	for _, key := range f.play {
		if d.style == Maximal || d.chance(2) {
			take(key)
		}
	}
	for _, n := range f.every {
		// A map of some kind: without any key it would say little.
		if n.class.shape == oneName || n.kids[0].op == opFalse || n.kids[0].op == opTrue {
			continue
		}
		for range 1 + d.rng.IntN(3) {
			if n.class.shape == others {
				take(mapKeys[d.rng.IntN(len(mapKeys))])
				continue
			}
			query := language.Query{In: []*language.Pattern{n.class.pattern}, Max: -1}
			if key, answer := query.Random(d.rng, 20_000); answer == language.Found {
				take(key)
			}
		}
	}
	return keys
}

var mapKeys = []string{"team", "stage", "owner", "tier", "app", "cost-center", "blue", "green"}
