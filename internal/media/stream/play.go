package stream

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"time"

	"hawker/internal/media/flv"
	"hawker/internal/media/hls"
)

// PlayRequest is what a viewer that asks for no HTTP says of itself.
type PlayRequest struct {
	StreamID   string
	Query      url.Values
	RemoteAddr string
	Protocol   string // rtmp
}

// Playback decides who may play. It is asked for RTMP only: whoever mounts
// Hub.Handler guards what goes by HTTP.
type Playback interface {
	MayPlay(ctx context.Context, r PlayRequest) error
}

const (
	flvName     = "live.flv"
	flvPatience = 10 * time.Second // for one write to go out
	flvBuffer   = 16 << 10
	flvMax      = 2000 // readers of FLV of a node
)

// tagType is the FLV tag, and so the RTMP message, that a packet goes in.
func (p Packet) tagType() uint8 {
	switch p.Kind {
	case PacketVideo:
		return flv.TagVideo
	case PacketAudio:
		return flv.TagAudio
	case PacketMeta: // nothing to do
	}
	return flv.TagScript
}

// serveFLV answers with the stream for as long as it lasts.
func (h *Hub) serveFLV(rw http.ResponseWriter, r *http.Request, id string, stage int) {
	hd := rw.Header()
	hls.Cache(hd, []string{"no-store"})
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		hd.Set("Allow", "GET, HEAD, OPTIONS")
		http.Error(rw, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	if h.flvReaders.Add(1) > flvMax {
		h.flvReaders.Add(-1)
		http.Error(rw, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	defer h.flvReaders.Add(-1)
	tap, err := h.tapAt(r.Context(), id, stage)
	if err != nil {
		http.Error(rw, http.StatusText(http.StatusNotFound), http.StatusNotFound)
		return
	}
	defer tap.Close()
	hd.Set("Content-Type", "video/x-flv")
	rw.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	out := &patientWriter{rw: rw, control: http.NewResponseController(rw)}
	defer out.end()
	err = copyFLV(r.Context(), out, tap)
	h.cfg.Log.Debug("flv reader left", "stream", id, "remote", r.RemoteAddr, "reason", err)
}

func copyFLV(ctx context.Context, out *patientWriter, tap *Tap) error {
	b := bufio.NewWriterSize(out, flvBuffer)
	w, err := flv.NewWriter(b)
	for err == nil {
		if tap.Buffered() == 0 && b.Buffered() > 0 {
			if err = b.Flush(); err == nil {
				err = out.control.Flush()
			}
		}
		var p Packet
		if err == nil {
			p, err = tap.Next(ctx)
		}
		if err == nil {
			err = w.Write(flv.Tag{Type: p.tagType(), Timestamp: p.Time, Body: p.Body})
		}
		out.count(tap)
	}
	_ = b.Flush() // what is left may still reach the reader
	return err
}

// patientWriter gives each write its own deadline, by the machine's clock since
// the kernel knows no other.
type patientWriter struct {
	rw      http.ResponseWriter
	control *http.ResponseController
	written int64
}

func (w *patientWriter) Write(b []byte) (int, error) {
	_ = w.control.SetWriteDeadline(time.Now().Add(flvPatience)) // a recorder in a test has none
	n, err := w.rw.Write(b)
	w.written += int64(n)
	return n, err
}

func (w *patientWriter) count(t *Tap) {
	t.served.Add(w.written)
	w.written = 0
}

func (w *patientWriter) end() { _ = w.control.SetWriteDeadline(time.Time{}) }
