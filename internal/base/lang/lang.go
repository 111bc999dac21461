// Package lang holds text that people wrote in several languages and the choice
// among them.
package lang

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Tag is a language of the program.
type Tag string

// The languages of the first screen.
const (
	Chinese Tag = "zh-CN"
	English Tag = "en"
)

// All lists the languages, the fallback first.
func All() []Tag { return []Tag{Chinese, English} }

// Text is one text in several languages.
type Text map[Tag]string

// MarshalJSON writes the languages that there are; of a text that nobody wrote none,
// and never null.
func (t Text) MarshalJSON() ([]byte, error) {
	if t == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(map[Tag]string(t))
}

// In gives the text in a language, or in the first one that there is.
func (t Text) In(tag Tag) string {
	if s := t[tag]; s != "" {
		return s
	}
	for _, other := range All() {
		if s := t[other]; s != "" {
			return s
		}
	}
	return ""
}

// Within reports whether a text is written in languages of the program alone, and in
// none of them longer than so many letters: lists, screens and news carry them all.
func (t Text) Within(most int) bool {
	known := 0
	for _, tag := range All() {
		text, ok := t[tag]
		if utf8.RuneCountInString(text) > most {
			return false
		}
		if ok {
			known++
		}
	}
	return known == len(t)
}

// Lines reports whether every language of a text is a line that can be read; one of
// them must be there.
func (t Text) Lines() bool {
	if !Line(t.In(Chinese)) {
		return false
	}
	for _, text := range t {
		if text != "" && !Line(text) {
			return false
		}
	}
	return true
}

// Match picks a language for an Accept-Language header (RFC 9110, 12.5.4): the one
// with the highest quality, of equals the first; Chinese where there is none of ours.
func Match(header string) Tag {
	best, most := Chinese, 0.0
	for part := range strings.SplitSeq(strings.ToLower(header), ",") {
		name, parameters, _ := strings.Cut(part, ";")
		tag, ok := ours(strings.TrimSpace(name))
		if q := quality(parameters); ok && q > most {
			best, most = tag, q
		}
	}
	return best
}

// ours is the language of a range such as zh-Hant-TW.
func ours(name string) (Tag, bool) {
	first, _, _ := strings.Cut(name, "-")
	for _, tag := range All() {
		if own, _, _ := strings.Cut(string(tag), "-"); own == first {
			return tag, true
		}
	}
	return "", false
}

// quality reads ";q=0.7": 1 where none is said, 0 where it is no number of 0 to 1.
func quality(parameters string) float64 {
	for p := range strings.SplitSeq(parameters, ";") {
		value, ok := strings.CutPrefix(strings.TrimSpace(p), "q=")
		if !ok {
			continue
		}
		if q, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && q >= 0 && q <= 1 {
			return q
		}
		return 0
	}
	return 1
}
