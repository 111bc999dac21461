package moderation

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
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
	worst, at := Pass, 0
	read := letters(text)
	for i, l := range read {
		at = f.step(at, l.r)
		n := f.nodes[at]
		worst = max(worst, n.action)
		if n.length == 0 {
			continue
		}
		for j := read[i-n.length+1].from; j < l.to; j++ {
			shown[j] = '*'
		}
	}
	return worst
}

// letter is a letter as it is compared, and of which signs of a text it was made.
type letter struct {
	r        rune
	from, to int
}

// letters makes one form of the many in which a text can be written: letters only,
// lower case, half width, an accent one sign with its letter.
func letters(text string) (out []letter) {
	var signs norm.Iter
	signs.InitString(norm.NFKC, text)
	at := 0
	for !signs.Done() {
		start := signs.Pos()
		composed := signs.Next()
		to := at + utf8.RuneCountInString(text[start:signs.Pos()])
		for _, r := range string(composed) {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				out = append(out, letter{unicode.ToLower(r), at, to})
			}
		}
		at = to
	}
	return out
}

func fold(text string) string {
	var b strings.Builder
	for _, l := range letters(text) {
		b.WriteRune(l.r)
	}
	return b.String()
}
