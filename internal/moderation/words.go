package moderation

import (
	"strings"
	"unicode"
)

// filter finds words in text in one pass (Aho and Corasick, 1975: a trie whose
// nodes know where to go on when the next letter does not fit).
type filter struct {
	nodes []node
}

type node struct {
	next   map[rune]int
	fail   int
	length int    // letters of the longest word to be masked that ends here, 0 for none
	action Action // the strictest of the words that end here
}

// newFilter builds a filter. Words are folded as text is.
func newFilter(words []Word) *filter {
	f := &filter{nodes: []node{{next: map[rune]int{}}}}
	for _, w := range words {
		at := 0
		letters := []rune(fold(w.Text))
		if len(letters) == 0 {
			continue
		}
		for _, r := range letters {
			to, ok := f.nodes[at].next[r]
			if !ok {
				to = len(f.nodes)
				f.nodes = append(f.nodes, node{next: map[rune]int{}})
				f.nodes[at].next[r] = to
			}
			at = to
		}
		if w.Action == Mask {
			f.nodes[at].length = len(letters)
		}
		f.nodes[at].action = max(f.nodes[at].action, w.Action)
	}
	f.link()
	return f
}

// link sets the fail edges, level by level.
func (f *filter) link() {
	queue := make([]int, 0, len(f.nodes))
	for _, to := range f.nodes[0].next {
		queue = append(queue, to)
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for r, to := range f.nodes[at].next {
			queue = append(queue, to)
			f.nodes[to].fail = f.step(f.nodes[at].fail, r)
			back := f.nodes[f.nodes[to].fail]
			if f.nodes[to].length == 0 {
				f.nodes[to].length = back.length
			}
			f.nodes[to].action = max(f.nodes[to].action, back.action)
		}
	}
}

func (f *filter) step(at int, r rune) int {
	for {
		if to, ok := f.nodes[at].next[r]; ok {
			return to
		}
		if at == 0 {
			return 0
		}
		at = f.nodes[at].fail
	}
}

// apply answers the strictest action that the text calls for, and stars out what is
// to be masked in shown, its letters. Other lists look at the text as it was said:
// stars would hide a stricter word from them.
func (f *filter) apply(text string, shown []rune) Action {
	var places []int // of the folded letters in the text
	var folded []rune
	for i, r := range []rune(text) {
		if r = foldRune(r); r != 0 {
			folded, places = append(folded, r), append(places, i)
		}
	}
	worst, at := Pass, 0
	for i, r := range folded {
		at = f.step(at, r)
		n := f.nodes[at]
		worst = max(worst, n.action)
		if n.length == 0 {
			continue
		}
		for j := places[i-n.length+1]; j <= places[i]; j++ {
			shown[j] = '*'
		}
	}
	return worst
}

// fold makes one form of the many in which a word can be written: letters only,
// lower case, half width.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if r = foldRune(r); r == 0 {
			return -1
		}
		return r
	}, text)
}

const (
	wideFirst = 0xff01 // full-width forms of ASCII
	wideLast  = 0xff5e
	wideShift = 0xfee0
)

func foldRune(r rune) rune {
	if r >= wideFirst && r <= wideLast {
		r -= wideShift
	}
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		return unicode.ToLower(r)
	}
	return 0
}
