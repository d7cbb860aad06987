package language

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"sync"
	"unicode"
)

// machine is the program of a pattern, determinised as it is walked. A state is the set of
// instructions that wait for a rune, and what kind of rune was read last, so that the
// assertions about the place (^ $ \b and the like) are exact.
type machine struct {
	prog   *syntax.Prog
	bounds []rune // where a class of runes begins, ascending, the first is 0
	placed bool   // has assertions that ask what was read last

	mutex  sync.Mutex
	states []state
	index  map[string]int
	weight int // numbers that the states hold
}

type state struct {
	threads []uint32 // before assertions; nil with accepting: any rest is accepted
	last    context
	done    bool // a match was found: whatever follows
	next    []int32
	final   int8 // 0 not known, 1 accepts here, 2 does not
}

// context is what stands before a place.
type context uint8

const (
	textBegin context = iota
	newline
	wordRune
	otherRune
)

const (
	unset     = -1
	maxWeight = 4 << 20 // numbers in the states of a machine: some 20 MiB
	tooHeavy  = 1 << 17 // to be kept when it is done
	maxRune   = unicode.MaxRune
)

func newMachine(translated string) *machine {
	tree, err := syntax.Parse(translated, syntax.Perl)
	if err != nil {
		panic(err) // it was parsed before
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		panic(err)
	}
	m := &machine{prog: prog, index: map[string]int{}}
	marks := map[rune]bool{0: true, 0xD800: true, 0xE000: true}
	mark := func(low, high rune) {
		marks[low] = true
		if high < maxRune {
			marks[high+1] = true
		}
	}
	for i := range prog.Inst {
		inst := &prog.Inst[i]
		switch inst.Op {
		case syntax.InstRune, syntax.InstRune1:
			if len(inst.Rune) == 1 {
				r := inst.Rune[0]
				mark(r, r)
				if syntax.Flags(inst.Arg)&syntax.FoldCase != 0 {
					for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
						mark(f, f)
					}
				}
				break
			}
			for j := 0; j+1 < len(inst.Rune); j += 2 {
				mark(inst.Rune[j], inst.Rune[j+1])
			}
		case syntax.InstRuneAnyNotNL:
			mark('\n', '\n')
		case syntax.InstEmptyWidth:
			flags := syntax.EmptyOp(inst.Arg)
			if flags&(syntax.EmptyBeginLine|syntax.EmptyEndLine) != 0 {
				mark('\n', '\n')
				m.placed = true
			}
			if flags&(syntax.EmptyWordBoundary|syntax.EmptyNoWordBoundary) != 0 {
				m.placed = true
				mark('0', '9')
				mark('A', 'Z')
				mark('_', '_')
				mark('a', 'z')
			}
		}
	}
	for r := range marks {
		m.bounds = append(m.bounds, r)
	}
	slices.Sort(m.bounds)
	m.intern(state{threads: []uint32{uint32(prog.Start)}, last: textBegin})
	return m
}

func (m *machine) intern(s state) int {
	b := []byte{byte(s.last)}
	if s.done {
		b[0] = 255
	}
	for _, t := range s.threads {
		b = binary.AppendUvarint(b, uint64(t))
	}
	if i, ok := m.index[string(b)]; ok {
		return i
	}
	if m.weight += len(s.threads) + len(m.bounds) + 16; m.weight > maxWeight {
		return unset
	}
	s.next = make([]int32, len(m.bounds))
	for i := range s.next {
		s.next[i] = unset
	}
	m.states = append(m.states, s)
	m.index[string(b)] = len(m.states) - 1
	return len(m.states) - 1
}

func (m *machine) heavy() bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.weight > tooHeavy
}

// size of a state: how much there is to do to leave it.
func (m *machine) size(at int) int {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return len(m.states[at].threads)
}

// class of a rune: which bound it begins behind.
func (m *machine) class(r rune) int {
	i, ok := slices.BinarySearch(m.bounds, r)
	if !ok {
		i--
	}
	return i
}

// step gives the state after a rune; unset where there would be too many states.
func (m *machine) step(from int, r rune) int {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	class := m.class(r)
	if next := m.states[from].next[class]; next != unset {
		return int(next)
	}
	s := m.states[from]
	next := from
	if !s.done {
		waiting, matched := m.follow(s, r, false)
		after := state{last: m.contextOf(r), done: matched}
		if !matched {
			for _, t := range waiting {
				inst := &m.prog.Inst[t]
				if matchRune(inst, r) {
					after.threads = append(after.threads, inst.Out)
				}
			}
			after.threads = append(after.threads, uint32(m.prog.Start)) // it may begin here as well
			slices.Sort(after.threads)
			after.threads = slices.Compact(after.threads)
		}
		if after.done {
			after.threads, after.last = nil, otherRune
		}
		next = m.intern(after)
	}
	if next != unset {
		m.states[from].next[class] = int32(next)
	}
	return next
}

// accepts says whether a text that ends in the state matches.
func (m *machine) accepts(at int) bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	s := &m.states[at]
	if s.done {
		return true
	}
	if s.final == 0 {
		_, matched := m.follow(*s, -1, true)
		s.final = 2
		if matched {
			s.final = 1
		}
	}
	return s.final == 1
}

// certain says that whatever follows, the text matches.
func (m *machine) certain(at int) bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.states[at].done
}

func (m *machine) contextOf(r rune) context {
	switch {
	case !m.placed:
		return otherRune
	case r == '\n':
		return newline
	case syntax.IsWordChar(r):
		return wordRune
	}
	return otherRune
}

// follow takes the steps that read nothing, between what was read last and r (or the end),
// and gives the instructions that wait for a rune, and whether the pattern has matched.
func (m *machine) follow(s state, r rune, end bool) (waiting []uint32, matched bool) {
	before := rune('.')
	switch s.last {
	case textBegin:
		before = -1
	case newline:
		before = '\n'
	case wordRune:
		before = 'a'
	}
	after := r
	if end {
		after = -1
	}
	flags := syntax.EmptyOpContext(before, after)
	seen := make(map[uint32]bool, 8)
	stack := slices.Clone(s.threads)
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[t] {
			continue
		}
		seen[t] = true
		inst := &m.prog.Inst[t]
		switch inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, inst.Out, inst.Arg)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, inst.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(inst.Arg)&^flags == 0 {
				stack = append(stack, inst.Out)
			}
		case syntax.InstMatch:
			return nil, true
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			waiting = append(waiting, t)
		}
	}
	return waiting, false
}

func matchRune(inst *syntax.Inst, r rune) bool {
	switch inst.Op {
	case syntax.InstRuneAny:
		return true
	case syntax.InstRuneAnyNotNL:
		return r != '\n'
	}
	return inst.MatchRune(r)
}
