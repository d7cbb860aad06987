package schema

import (
	"math/big"
	"slices"
)

// number finds a number that keeps the atoms: the simplest, nearest to 0.
func (s *solver) number(atoms []*node) result {
	if r, finite := s.listed(atoms); finite {
		return r
	}
	g := newGrid(atoms)
	if g == nil {
		return none
	}
	v, answer := g.simplest(s)
	switch answer {
	case found:
		return give(number(v))
	case unknown:
		return undecided("multipleOf")
	}
	return none
}

// grid is a set of numbers: an interval, the multiples of a step in it or all of it, less
// the multiples of others and some single numbers.
type grid struct {
	low, high         *big.Rat // nil: no bound
	lowOpen, highOpen bool
	step              *big.Rat // nil: dense
	not               []*big.Rat
	holes             []scalar
}

// newGrid is nil where the bounds leave nothing.
func newGrid(atoms []*node) *grid {
	g := &grid{}
	for _, n := range atoms {
		switch n.op {
		case opMin:
			if g.low == nil || n.num.Cmp(g.low) > 0 || n.num.Cmp(g.low) == 0 && n.open {
				g.low, g.lowOpen = n.num, n.open
			}
		case opMax:
			if g.high == nil || n.num.Cmp(g.high) < 0 || n.num.Cmp(g.high) == 0 && n.open {
				g.high, g.highOpen = n.num, n.open
			}
		case opMultiple:
			if g.step == nil {
				g.step = n.num
			} else {
				g.step = commonMultiple(g.step, n.num)
			}
		case opNotMultiple:
			g.not = append(g.not, n.num)
		case opNotIn:
			g.holes = append(g.holes, n.values...)
		}
	}
	slices.SortFunc(g.holes, scalar.compare)
	if g.low != nil && g.high != nil {
		if c := g.low.Cmp(g.high); c > 0 || c == 0 && (g.lowOpen || g.highOpen) {
			return nil
		}
	}
	return g
}

func isMultiple(r, of *big.Rat) bool { return new(big.Rat).Quo(r, of).IsInt() }

// commonMultiple is the least number above 0 that is a multiple of both.
func commonMultiple(a, b *big.Rat) *big.Rat {
	// a = x/z and b = y/z over one denominator: lcm(x, y)/z.
	z := new(big.Int).Mul(a.Denom(), b.Denom())
	x := new(big.Int).Mul(a.Num(), b.Denom())
	y := new(big.Int).Mul(b.Num(), a.Denom())
	gcd := new(big.Int).GCD(nil, nil, x, y)
	return new(big.Rat).SetFrac(new(big.Int).Div(new(big.Int).Mul(x, y), gcd), z)
}

func (g *grid) has(r *big.Rat) bool {
	if g.low != nil {
		if c := r.Cmp(g.low); c < 0 || c == 0 && g.lowOpen {
			return false
		}
	}
	if g.high != nil {
		if c := r.Cmp(g.high); c > 0 || c == 0 && g.highOpen {
			return false
		}
	}
	for _, n := range g.not {
		if isMultiple(r, n) {
			return false
		}
	}
	if listed(g.holes, scalar{num: r}) {
		return false
	}
	return g.step == nil || isMultiple(r, g.step)
}

func (g *grid) simplest(s *solver) (*big.Rat, answer) {
	if g.step == nil {
		return g.dense(s)
	}
	for _, n := range g.not {
		if isMultiple(g.step, n) {
			return nil, empty // every multiple of the step is one of n
		}
	}
	first, last := g.ends(g.step)
	return g.scan(s, g.step, first, last, 20_000)
}

// ends are the first and the last k with k × step in the interval; nil without a bound.
func (g *grid) ends(step *big.Rat) (first, last *big.Int) {
	if g.low != nil {
		q := new(big.Rat).Quo(g.low, step)
		first = floor(q)
		if !q.IsInt() || g.lowOpen {
			first.Add(first, big.NewInt(1))
		}
	}
	if g.high != nil {
		q := new(big.Rat).Quo(g.high, step)
		last = floor(q)
		if q.IsInt() && g.highOpen {
			last.Sub(last, big.NewInt(1))
		}
	}
	return first, last
}

func floor(r *big.Rat) *big.Int {
	q, m := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int))
	_ = m // Euclidean: the quotient is the floor, since the denominator is positive
	return q
}

// scan tries k × step for k from the one nearest to 0 on, first upwards, then downwards.
func (g *grid) scan(s *solver, step *big.Rat, first, last *big.Int, most int) (*big.Rat, answer) {
	if first != nil && last != nil && first.Cmp(last) > 0 {
		return nil, empty
	}
	start := big.NewInt(0)
	switch {
	case first != nil && first.Sign() > 0:
		start = first
	case last != nil && last.Sign() < 0:
		start = last
	}
	one := big.NewInt(1)
	up, down := new(big.Int).Set(start), new(big.Int).Sub(start, one)
	for range most {
		canUp, canDown := last == nil || up.Cmp(last) <= 0, first == nil || down.Cmp(first) >= 0
		if !canUp && !canDown {
			return nil, empty
		}
		for _, side := range []struct {
			can bool
			k   *big.Int
			by  *big.Int
		}{{canUp, up, one}, {canDown, down, big.NewInt(-1)}} {
			if !side.can {
				continue
			}
			if !s.spend(1) {
				return nil, unknown
			}
			if r := new(big.Rat).Mul(new(big.Rat).SetInt(side.k), step); g.has(r) {
				return r, found
			}
			side.k.Add(side.k, side.by)
		}
	}
	return nil, unknown
}

// dense finds a decimal fraction in an interval without a step. There is one unless the
// interval is a single number: with more digits than the numbers whose multiples are
// left out, and only so many single numbers to miss.
func (g *grid) dense(s *solver) (*big.Rat, answer) {
	if g.low != nil && g.high != nil && g.low.Cmp(g.high) == 0 {
		if g.has(g.low) {
			return g.low, found
		}
		return nil, empty
	}
	tries := 2*len(g.holes) + 40
	step := big.NewRat(1, 1)
	for range 2 * maxDigits {
		first, last := g.ends(step)
		if first == nil || last == nil || first.Cmp(last) <= 0 {
			if r, answer := g.scan(s, step, first, last, tries); answer == found {
				return r, found
			}
		}
		if !s.spend(1) {
			return nil, unknown
		}
		step = new(big.Rat).Mul(step, big.NewRat(1, 10))
	}
	return nil, unknown
}
