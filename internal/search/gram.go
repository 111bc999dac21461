package search

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// Where a word is written without spaces, two letters say as much as three do elsewhere.
const (
	gramOfHan   = 2
	gramOfOther = 3
)

func gramLength(first rune) int {
	if unicode.In(first, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
		return gramOfHan
	}
	return gramOfOther
}

// gram is what is looked up: a whole one, or the beginning of some.
type gram struct {
	text  string
	whole bool
}

// gramsOf cuts a word at every letter. The last ones are shorter: a query shorter than a gram
// is the beginning of one of them, wherever it stands.
func gramsOf(word string) (out []gram) {
	letters := []rune(word)
	for i, first := range letters {
		end := i + gramLength(first)
		out = append(out, gram{string(letters[i:min(end, len(letters))]), end <= len(letters)})
	}
	return out
}

// grams are those of a folded text, sorted, each once.
func grams(folded string) (out []string) {
	for _, w := range split(folded) {
		for _, g := range gramsOf(w) {
			out = append(out, g.text)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// asked are the grams that a text has that holds all the words. Of a long query some are enough,
// spread over the whole of it; a word shorter than its gram is asked for as a beginning.
func asked(words []string) (out []gram) {
	for _, w := range words {
		all := gramsOf(w)
		whole := slices.DeleteFunc(slices.Clone(all), func(g gram) bool { return !g.whole })
		if len(whole) == 0 {
			whole = all[:1]
		}
		out = append(out, whole...)
	}
	if len(out) <= gramsMax {
		return out
	}
	some := make([]gram, gramsMax)
	for i := range some {
		some[i] = out[i*(len(out)-1)/(gramsMax-1)]
	}
	return some
}

// after is the least text that no text with this beginning reaches.
func after(beginning string) string { return beginning + string(utf8.MaxRune) }
