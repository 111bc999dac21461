package hls

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
)

// Report tells the readers of one rendition how far another one is.
type Report struct {
	URI           string
	Segment, Part int64 // the newest there
}

// Variant is one rendition in a multivariant playlist.
type Variant struct {
	Window *Window
	URI    string // of its media playlist, relative to the multivariant one
	// Bandwidth is what it promises not to exceed, in bits per second; 0 leaves it
	// at what was measured.
	Bandwidth int64
}

// Edge is the newest segment and part that the playlist announces; false while
// there is none, or if there will be no more.
func (w *Window) Edge() (segment, part int64, ok bool) {
	s := w.current.Load()
	if !s.started || s.ended || s.gone {
		return 0, 0, false
	}
	if n := s.openParts(); n > 0 {
		return s.sequence, n - 1, true
	}
	last := s.listed[len(s.listed)-1]
	return last.Sequence, int64(len(last.Parts)) - 1, true
}

// Withdraw takes the playlist away: from now on, and at once for who waits, it is
// not found, and a player goes to another rendition. Media that was announced
// stays for who is just fetching it.
func (w *Window) Withdraw() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finish()
	w.hint, w.gone = false, true
	w.announce()
}

// AdoptMarks takes over the marks of another window on the same clock.
func (w *Window) AdoptMarks(from *Window) {
	from.mu.Lock()
	marks := from.marks
	from.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.marks = marks // never changed in place
}

// ServeVariants answers with the multivariant playlist of several renditions.
// The first is the one that decides whether there is a stream; of the others
// those are listed that can be played now.
func (h *Handler) ServeVariants(rw http.ResponseWriter, r *http.Request, all []Variant) {
	all[0].Window.visit()
	all[0].Window.veil(rw)
	if !readOnly(rw, r) {
		h.Refuse(rw, http.StatusMethodNotAllowed)
		return
	}
	s, err := all[0].Window.reload(r.Context(), directive{part: -1})
	if err != nil {
		h.Refuse(rw, statusOf(err))
		return
	}
	b := s.appendVariant(multiHead(), all[0].Bandwidth, all[0].URI)
	for _, v := range all[1:] {
		if s := v.Window.current.Load(); s.started && !s.ended && !s.gone {
			b = s.appendVariant(b, v.Bandwidth, v.URI)
		}
	}
	hd := rw.Header()
	hd["Content-Type"] = h.h.playlistType
	Cache(hd, h.h.cachePlain)
	h.send(rw, r, all[0].Window, net.Buffers{b})
}

func readOnly(rw http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	rw.Header().Set("Allow", "GET, HEAD, OPTIONS")
	return false
}

func multiHead() []byte { return fmt.Appendf(nil, "#EXTM3U\n#EXT-X-VERSION:%d\n", protocolVersion) }

func (s *snapshot) appendVariant(b []byte, promised int64, uri string) []byte {
	init := s.latest()
	if init == nil {
		return b // it ended before it began
	}
	b = fmt.Appendf(b, "#EXT-X-STREAM-INF:BANDWIDTH=%d,CODECS=%q", max(promised, s.bandwidth()), init.Codecs)
	if init.Width > 0 {
		b = fmt.Appendf(b, ",RESOLUTION=%dx%d", init.Width, init.Height)
	}
	if init.FPS > 0 {
		b = fmt.Appendf(b, ",FRAME-RATE=%.3f", init.FPS)
	}
	return fmt.Appendf(b, "\n%s\n", uri)
}

func (s *snapshot) appendReports(b []byte) []byte {
	if s.opts.Reports == nil {
		return b
	}
	for _, r := range s.opts.Reports() {
		b = append(b, `#EXT-X-RENDITION-REPORT:URI="`...)
		b = append(append(b, r.URI...), `",LAST-MSN=`...)
		b = append(strconv.AppendInt(b, r.Segment, 10), ",LAST-PART="...)
		b = append(strconv.AppendInt(b, r.Part, 10), '\n')
	}
	return b
}
