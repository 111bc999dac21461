package lang

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line reports whether a text is a line that people can read: something to see, and
// nothing that cannot be seen and changes what stands beside it. Control characters,
// line ends among them, and marks of direction would break labels or turn names
// around; the joiners of scripts and emoji are let through.
func Line(text string) bool {
	const nonJoiner, joiner = 0x200c, 0x200d
	visible := false
	for _, r := range text {
		switch {
		case unicode.IsControl(r), r == 0x2028, r == 0x2029:
			return false
		case r == joiner, r == nonJoiner, emojiTag(r):
		case unicode.Is(unicode.Cf, r):
			return false
		case !blank(r):
			visible = true
		}
	}
	return visible && utf8.ValidString(text)
}

// emojiTag is part of the flags of England, Scotland and Wales.
func emojiTag(r rune) bool { return r >= 0xe0020 && r <= 0xe007f }

// blank is what shows nothing: besides spaces and marks without a letter, letters
// and signs that Unicode counts as such and draws as nothing.
func blank(r rune) bool {
	const fillers = "\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5"
	return unicode.IsSpace(r) || unicode.IsMark(r) || strings.ContainsRune(fillers, r)
}
