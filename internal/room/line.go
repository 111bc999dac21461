package room

import (
	"strings"
	"unicode"
)

const (
	joiner = '\u200d' // holds the people of one emoji together
	blank  = '\u2800' // of Braille: a letter that shows nothing
)

// Line makes one line of what was typed, "" of what would show nothing. Control
// characters and runs of spaces would let one line cover many, and invisible
// characters would turn its direction around or make it look empty.
func Line(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r) && r != joiner:
			return -1
		}
		return r
	}, text)
	words := strings.Fields(text)
	for i, w := range words {
		words[i] = strings.Join(strings.FieldsFunc(w, func(r rune) bool { return r == joiner }), string(joiner))
	}
	if text = strings.Join(words, " "); strings.ContainsFunc(text, shows) {
		return text
	}
	return ""
}

// shows tells whether there is anything to see of a letter by itself.
func shows(r rune) bool {
	return unicode.IsGraphic(r) && r != blank && !unicode.Is(unicode.M, r) && !unicode.IsSpace(r) &&
		!unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}
