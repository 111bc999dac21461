package hls

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Mark is something that happened in a stream: an EXT-X-DATERANGE on the clock
// of its PROGRAM-DATE-TIME (the spec, 4.4.5.1). Told again with the same ID it
// may gain an End; nothing else of it may change.
type Mark struct {
	ID    string
	Class string // in reverse-DNS style; may be empty
	Start time.Time
	End   time.Time // zero: not known yet
	// Attrs are client attributes; their names are given without "X-".
	Attrs map[string]string
}

// ErrMark is a mark that cannot be written into a playlist.
var ErrMark = errors.New("hls: bad mark")

const (
	marksMax     = 200 // in one window, the newest count
	markTextMax  = 1024
	markAttrsMax = 16
	markNameMax  = 32
)

// Line renders the mark as a line of a playlist.
func (m Mark) Line() (string, error) {
	if m.ID == "" || m.Start.IsZero() || !m.End.IsZero() && m.End.Before(m.Start) || len(m.Attrs) > markAttrsMax {
		return "", fmt.Errorf("%w: id %q, from %s to %s, %d attributes", ErrMark, m.ID, m.Start, m.End, len(m.Attrs))
	}
	var b strings.Builder
	fmt.Fprintf(&b, `#EXT-X-DATERANGE:ID="%s"`, quotable(m.ID))
	if m.Class != "" {
		fmt.Fprintf(&b, `,CLASS="%s"`, quotable(m.Class))
	}
	fmt.Fprintf(&b, `,START-DATE="%s"`, m.Start.UTC().Format(dateLayout))
	if !m.End.IsZero() {
		fmt.Fprintf(&b, `,END-DATE="%s"`, m.End.UTC().Format(dateLayout))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Attrs)) {
		if !attributeName(name) {
			return "", fmt.Errorf("%w: attribute %q", ErrMark, name)
		}
		fmt.Fprintf(&b, `,X-%s="%s"`, name, quotable(m.Attrs[name]))
	}
	b.WriteByte('\n')
	return b.String(), nil
}

// attributeName allows what the spec does: capitals, digits and hyphens.
func attributeName(s string) bool {
	if s == "" || len(s) > markNameMax {
		return false
	}
	for _, c := range []byte(s) {
		if c != '-' && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// quotable makes a text fit between quotation marks, which the spec gives no way
// to escape: they become typographic ones, and line feeds become spaces.
func quotable(s string) string {
	if len(s) > markTextMax {
		s = s[:markTextMax]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '”'
		case r < ' ' || r == 0x7f:
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// listedMark is a mark as it stands in the playlist.
type listedMark struct {
	id    string
	start time.Time
	line  string
}

// Mark puts a mark into the playlist, where it stays while its start is in the
// window. Told again it takes its old place.
func (w *Window) Mark(m Mark) error {
	line, err := m.Line()
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	marks := slices.Clone(w.marks) // snapshots hold the old ones
	i := slices.IndexFunc(marks, func(x listedMark) bool { return x.id == m.ID })
	if i < 0 {
		marks = append(marks, listedMark{id: m.ID})
		i = len(marks) - 1
	}
	marks[i].start, marks[i].line = m.Start, line
	w.marks = marks[max(0, len(marks)-marksMax):]
	if w.started() && !w.ended {
		w.announce()
	}
	return nil
}

// trimMarks leaves out what began before the list does.
func (w *Window) trimMarks() {
	if len(w.marks) == 0 || len(w.listed) == 0 {
		return
	}
	from := w.listed[0].Start
	old := func(m listedMark) bool { return m.start.Before(from) }
	if slices.ContainsFunc(w.marks, old) {
		w.marks = slices.DeleteFunc(slices.Clone(w.marks), old)
	}
}
