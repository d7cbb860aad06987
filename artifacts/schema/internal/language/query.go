package language

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

// Query is a set of texts: those that match all of In and none of NotIn, are none of
// NotWords, and have Min to Max code points; Max < 0 is no bound.
type Query struct {
	In, NotIn []*Pattern
	NotWords  []string
	Min, Max  int
}

// Answer to a query.
type Answer int

// Answers.
const (
	Empty   Answer = iota // there is no such text: proved
	Found                 // here is one
	Unknown               // the work was too much
)

const (
	longest  = 1 << 16 // code points of a word that is given
	maxNodes = 200_000
)

// Shortest finds a shortest text of the set, with pleasant characters. It takes at most
// budget steps and says how many it took.
func (q Query) Shortest(budget int) (word string, steps int, answer Answer) {
	if q.Max >= 0 && q.Min > q.Max {
		return "", 1, Empty
	}
	id := q.id()
	if known, ok := answers.Load(id); ok {
		// As many steps are counted as it took, so that nobody's answer depends on what
		// was asked before.
		k := known.(answered)
		if k.steps > budget {
			return "", budget, Unknown
		}
		return k.word, k.steps, k.answer
	}
	w := q.walk(budget)
	defer w.rest()
	word, answer = w.shortest()
	if answer != Unknown && !w.late && len(id) < 4096 && len(word) < 4096 {
		if answersCount.Add(1) > 8192 {
			answers.Clear()
			answersCount.Store(0)
		}
		answers.Store(id, answered{word, w.steps, answer})
	}
	return word, min(w.steps, budget), answer
}

type answered struct {
	word   string
	steps  int
	answer Answer
}

// answers keeps what was found: the same few patterns are asked about again and again.
var (
	answers      sync.Map
	answersCount atomic.Int64
)

func (q Query) id() string {
	var b []byte
	b = binary.AppendVarint(b, int64(q.Min))
	b = binary.AppendVarint(b, int64(q.Max))
	word := func(text string) {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	b = binary.AppendUvarint(b, uint64(len(q.In)))
	for _, p := range q.In {
		word(p.text)
	}
	b = binary.AppendUvarint(b, uint64(len(q.NotIn)))
	for _, p := range q.NotIn {
		word(p.text)
	}
	for _, text := range q.NotWords {
		word(text)
	}
	return string(b)
}

// walk is the product of the machines of a query, walked as far as need be.
type walk struct {
	Query
	budget, steps int
	machines      []*machine
	wanted        []bool // of each machine: to accept, or not to
	letters       []rune // one of each class that the machines tell apart
	words         map[string]bool
	nodes         [][]int32 // states of the machines
	index         map[string]int32
	next          [][]int32 // by letter; nil while not known
	late          bool      // it was found after the budget
	lost          bool      // a machine has too many states
}

const (
	dead  = -1
	avoid = -2
)

func (q Query) walk(budget int) *walk {
	w := &walk{Query: q, budget: budget, index: map[string]int32{}, words: map[string]bool{}}
	for _, p := range q.In {
		w.machines, w.wanted = append(w.machines, p.machine()), append(w.wanted, true)
	}
	for _, p := range q.NotIn {
		w.machines, w.wanted = append(w.machines, p.machine()), append(w.wanted, false)
	}
	bounds := []rune{0, 0xD800, 0xE000}
	for _, m := range w.machines {
		bounds = append(bounds, m.bounds...)
	}
	for _, word := range q.NotWords {
		w.words[word] = true
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	for i, low := range bounds {
		if low >= 0xD800 && low < 0xE000 {
			continue // no text has these
		}
		high := rune(maxRune)
		if i+1 < len(bounds) {
			high = bounds[i+1] - 1
		}
		w.letters = append(w.letters, pleasant(low, high))
	}
	slices.SortFunc(w.letters, func(a, b rune) int {
		if c := rank(a) - rank(b); c != 0 {
			return c
		}
		return int(a - b)
	})
	start := make([]int32, len(w.machines))
	w.intern(start)
	return w
}

func (w *walk) rest() {
	for _, p := range w.In {
		p.rest()
	}
	for _, p := range w.NotIn {
		p.rest()
	}
}

// rank of a rune as something to read.
func rank(r rune) int {
	switch {
	case r >= 'a' && r <= 'z':
		return 0
	case r >= '0' && r <= '9':
		return 1
	case r >= 'A' && r <= 'Z':
		return 2
	case r > ' ' && r < 0x7f:
		return 3
	case r == ' ':
		return 4
	case unicode.IsLetter(r):
		return 5
	case unicode.IsPrint(r):
		return 6
	}
	return 7
}

// pleasant is the best rune to read of a range.
func pleasant(low, high rune) rune {
	for _, r := range []rune{'a', '0', 'A', '-', '.', ' '} {
		if low <= r && r <= high {
			return r
		}
	}
	best := low
	for r := low; r <= high && r < low+40; r++ {
		if rank(r) < rank(best) {
			best = r
		}
	}
	return best
}

func (w *walk) intern(states []int32) int32 {
	b := make([]byte, 0, 4*len(states))
	for _, s := range states {
		b = binary.LittleEndian.AppendUint32(b, uint32(s))
	}
	if i, ok := w.index[string(b)]; ok {
		return i
	}
	w.nodes = append(w.nodes, states)
	w.next = append(w.next, nil)
	i := int32(len(w.nodes) - 1)
	w.index[string(b)] = i
	return i
}

// spend takes steps; false where there are none left.
func (w *walk) spend(n int) bool {
	w.steps += n
	return w.steps <= w.budget && !w.lost && len(w.nodes) < maxNodes
}

func (w *walk) accepts(node int32) bool {
	for i, m := range w.machines {
		if m.accepts(int(w.nodes[node][i])) != w.wanted[i] {
			return false
		}
	}
	return true
}

// steps from a node, by letter; dead where no text goes on.
func (w *walk) from(node int32) []int32 {
	if next := w.next[node]; next != nil {
		return next
	}
	next := make([]int32, len(w.letters))
	work := 1
	for i, m := range w.machines {
		work += m.size(int(w.nodes[node][i])) / 16
	}
	for l, letter := range w.letters {
		w.steps += work
		states := make([]int32, len(w.machines))
		next[l] = dead
		ok := true
		for i, m := range w.machines {
			s := m.step(int(w.nodes[node][i]), letter)
			if s == unset {
				w.lost = true
				ok = false
				break
			}
			if !w.wanted[i] && m.certain(s) {
				ok = false // it matches, whatever follows
				break
			}
			states[i] = int32(s)
		}
		if ok {
			next[l] = w.intern(states)
		}
	}
	w.next[node] = next
	return next
}

// back is how a layer came to a node.
type back struct {
	before int32
	letter rune
}

// shortest walks all words of one length after the other. Words that are to be avoided make
// it try others of the same length.
func (w *walk) shortest() (string, Answer) {
	layers := []map[int32]back{{0: {dead, 0}}}
	most := w.Max
	seen := map[int32]bool{} // past Min: a node that was seen brings no shorter word
	seen[0] = w.Min == 0
	for length := 0; ; length++ {
		layer := layers[length]
		nodes := make([]int32, 0, len(layer))
		for node := range layer {
			nodes = append(nodes, node)
		}
		slices.Sort(nodes)
		if length >= w.Min {
			for _, node := range nodes {
				if !w.accepts(node) {
					continue
				}
				if word, ok := w.spelled(layers, length, node); ok {
					return word, Found
				}
			}
		}
		if most >= 0 && length >= most || len(layer) == 0 {
			return "", Empty
		}
		if length >= longest {
			return w.unfinished()
		}
		next := map[int32]back{}
		for _, node := range nodes {
			if !w.spend(1) {
				return "", Unknown
			}
			for l, to := range w.from(node) {
				if to == dead {
					continue
				}
				// With words to avoid, a node seen before may still spell another word.
				if length+1 > w.Min && len(w.words) == 0 && seen[to] {
					continue
				}
				if _, there := next[to]; !there {
					next[to] = back{node, w.letters[l]}
				}
			}
		}
		if w.lost || w.steps > w.budget {
			return w.unfinished()
		}
		if length+1 >= w.Min {
			fresh := len(w.words) > 0
			for node := range next {
				if !seen[node] {
					fresh = true
				}
				seen[node] = true
			}
			// Only words to avoid are left to tell apart, and they have an end.
			if !fresh || length > w.Min+len(w.nodes)+w.avoided() && w.explored() {
				return "", Empty
			}
		}
		layers = append(layers, next)
	}
}

// avoided is the length of the longest word that is to be avoided.
func (w *walk) avoided() int {
	n := 0
	for word := range w.words {
		n = max(n, utf8.RuneCountInString(word))
	}
	return n + 1
}

func (w *walk) explored() bool {
	return !slices.ContainsFunc(w.next, func(next []int32) bool { return next == nil })
}

// unfinished asks, where the lengths cost too much, whether any word is long enough: there
// is none where those that lead to the end somewhere are finite and shorter.
func (w *walk) unfinished() (string, Answer) {
	steps := w.steps
	w.steps = 0 // as much again, not counted
	defer func() { w.steps, w.late = steps, true }()
	distance := w.distances()
	if distance == nil {
		return "", Unknown
	}
	length := make([]int, len(w.nodes)) // of the longest word from a node; 0 not known, else 1 + length
	var measure func(node int32) bool   // false where there is no longest
	onPath := make([]bool, len(w.nodes))
	measure = func(node int32) bool {
		if onPath[node] {
			return false
		}
		if length[node] > 0 {
			return true
		}
		onPath[node] = true
		defer func() { onPath[node] = false }()
		most := 1
		for _, to := range w.from(node) {
			if to == dead || distance[to] < 0 {
				continue
			}
			if !measure(to) {
				return false
			}
			most = max(most, length[to]+1)
		}
		length[node] = most
		return true
	}
	if distance[0] < 0 || measure(0) && length[0]-1 < w.Min {
		return "", Empty
	}
	return "", Unknown
}

// spelled gives a word of a length that leads to a node and is not to be avoided.
func (w *walk) spelled(layers []map[int32]back, length int, node int32) (string, bool) {
	runes := make([]rune, length)
	at := node
	for i := length; i > 0; i-- {
		b := layers[i][at]
		runes[i-1] = b.letter
		at = b.before
	}
	if word := string(runes); !w.words[word] {
		return word, true
	}
	// Another word of the same length: the other ways through the layers, at most as many
	// as there are words to avoid.
	var path func(i int, at int32, tail string) (string, bool)
	// Every way back leads to the start, so that each full way is a word of its own.
	tries := (len(w.words) + 1) * (length + 2)
	path = func(i int, at int32, tail string) (string, bool) {
		if tries--; tries < 0 {
			return "", false
		}
		if i == 0 {
			return tail, !w.words[tail] && at == 0
		}
		for _, before := range w.layerNodes(layers[i-1]) {
			for l, to := range w.from(before) {
				if to != at {
					continue
				}
				for _, letter := range w.classmates(l) {
					if word, ok := path(i-1, before, string(letter)+tail); ok {
						return word, true
					}
				}
			}
		}
		return "", false
	}
	return path(length, node, "")
}

func (w *walk) layerNodes(layer map[int32]back) []int32 {
	nodes := make([]int32, 0, len(layer))
	for node := range layer {
		nodes = append(nodes, node)
	}
	slices.Sort(nodes)
	return nodes
}

// classmates are some runes of the same class as a letter, more of them than there are
// words to avoid if there are so many.
func (w *walk) classmates(l int) []rune {
	letter := w.letters[l]
	low, high := rune(0), rune(maxRune)
	for _, m := range w.machines {
		c := m.class(letter)
		low = max(low, m.bounds[c])
		if c+1 < len(m.bounds) {
			high = min(high, m.bounds[c+1]-1)
		}
	}
	if low < 0xD800 && high >= 0xD800 {
		high = 0xD7FF
	}
	list := []rune{letter}
	first := max(low, min(letter, high))
	for r := first + 1; r <= high && len(list) <= len(w.words)+1; r++ {
		list = append(list, r)
	}
	for r := low; r < first && len(list) <= len(w.words)+1; r++ {
		list = append(list, r)
	}
	return list
}

// Words finds up to most different texts of the set, shortest first; complete says that
// there are no others.
func (q Query) Words(most, budget int) (words []string, complete bool, answer Answer) {
	for len(words) < most {
		word, steps, answer := q.Shortest(budget)
		budget -= steps
		switch answer {
		case Unknown:
			return words, false, Unknown
		case Empty:
			if len(words) == 0 {
				return nil, true, Empty
			}
			return words, true, Found
		}
		words = append(words, word)
		q.NotWords = append(slices.Clip(q.NotWords), word)
	}
	return words, false, Found
}

// Random finds a text of the set by chance.
func (q Query) Random(rng *rand.Rand, budget int) (string, Answer) {
	shortest, _, answer := q.Shortest(budget)
	if answer != Found {
		return "", answer
	}
	w := q.walk(budget)
	defer w.rest()
	distance := w.distances()
	if distance == nil {
		return shortest, Found
	}
	least := max(q.Min, utf8.RuneCountInString(shortest))
	for range 20 {
		target := least + rng.IntN(9)
		if q.Max >= 0 {
			target = min(target, q.Max)
		}
		if word, ok := w.random(rng, distance, target); ok && !w.words[word] {
			return word, Found
		}
	}
	return shortest, Found
}

// distances of all nodes to a text that is accepted; nil where there are too many nodes.
func (w *walk) distances() []int {
	for i := 0; i < len(w.nodes); i++ { //nolint:intrange // it grows on the way
		w.from(int32(i))
		if !w.spend(1) || len(w.nodes) > 5000 {
			return nil
		}
	}
	before := make([][]int32, len(w.nodes))
	distance := make([]int, len(w.nodes))
	var queue []int32
	for i := range w.nodes {
		distance[i] = -1
		for _, to := range w.next[i] {
			if to != dead {
				before[to] = append(before[to], int32(i))
			}
		}
		if w.accepts(int32(i)) {
			distance[i] = 0
			queue = append(queue, int32(i))
		}
	}
	for len(queue) > 0 {
		node := queue[0]
		queue = queue[1:]
		for _, b := range before[node] {
			if distance[b] < 0 {
				distance[b] = distance[node] + 1
				queue = append(queue, b)
			}
		}
	}
	return distance
}

// random walks to a text of about the length, always where one can still be reached.
func (w *walk) random(rng *rand.Rand, distance []int, length int) (string, bool) {
	var b strings.Builder
	node := int32(0)
	for n := 0; n <= length+len(w.nodes); n++ {
		if n >= w.Min && w.accepts(node) && (n >= length || rng.IntN(8) == 0) {
			return b.String(), true
		}
		if w.Max >= 0 && n >= w.Max {
			return "", false
		}
		var ways []int
		best := 8
		for l, to := range w.from(node) {
			if to == dead || distance[to] < 0 || w.Max >= 0 && n+1+distance[to] > w.Max {
				continue
			}
			if n >= length && distance[to] >= distance[node] && distance[node] > 0 {
				continue // long enough: straight to the end
			}
			switch r := rank(w.letters[l]); {
			case r <= 3:
				ways = append(ways, l)
			case r < best && len(ways) == 0:
				best = r
			}
		}
		if len(ways) == 0 {
			for l, to := range w.from(node) {
				if to != dead && distance[to] >= 0 && rank(w.letters[l]) <= best {
					ways = append(ways, l)
				}
			}
		}
		if len(ways) == 0 {
			return b.String(), n >= w.Min && w.accepts(node)
		}
		l := ways[rng.IntN(len(ways))]
		b.WriteRune(w.some(rng, l))
		node = w.from(node)[l]
	}
	return "", false
}

// some is a rune of the class of a letter, one that people write.
func (w *walk) some(rng *rand.Rand, l int) rune {
	letter := w.letters[l]
	if rank(letter) > 3 {
		return letter
	}
	var list []rune
	for _, m := range w.machines {
		c := m.class(letter)
		low, high := m.bounds[c], rune(0x7e)
		if c+1 < len(m.bounds) {
			high = min(high, m.bounds[c+1]-1)
		}
		if list == nil {
			for r := max(low, '!'); r <= high; r++ {
				if rank(r) <= min(rank(letter), 2) || rank(letter) == 3 {
					list = append(list, r)
				}
			}
			continue
		}
		list = slices.DeleteFunc(list, func(r rune) bool { return r < low || r > high })
	}
	if len(list) == 0 {
		if len(w.machines) == 0 {
			return 'a' + rune(rng.IntN(26))
		}
		return letter
	}
	return list[rng.IntN(len(list))]
}
