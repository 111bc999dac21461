// Package lang holds text that people wrote in several languages and the choice
// among them.
package lang

import (
	"encoding/json"
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

// Match picks a language for an Accept-Language header; the quality values of
// browsers are in falling order already, so the first match wins.
func Match(header string) Tag {
	for part := range strings.SplitSeq(strings.ToLower(header), ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch {
		case strings.HasPrefix(name, "zh"):
			return Chinese
		case strings.HasPrefix(name, "en"):
			return English
		}
	}
	return Chinese
}
