package stream

import (
	"context"
	"net/http"
	"strings"

	"hawker/internal/media/hls"
)

// folder is where the streams are.
const folder = "/live/"

// visit is a stream as it was when somebody asked for it.
type visit struct {
	hub    *Hub
	id     string
	stream *Stream // nil: there was none
	stage  int
}

// Enter gives what answers for /live/{streamID}/…: HLS and live.flv; it expects the whole
// path. It is called before whoever asks is judged, and serves only what belongs to the
// stage of that moment: who was let in a moment before a show went private sees nothing of
// private time. What belongs to private time says so in every answer, and so does
// everything if a guard before it has made the answer private.
func (h *Hub) Enter(streamID string) http.Handler {
	v := &visit{hub: h, id: streamID, stream: h.find(streamID)}
	v.stage = v.now().stage
	return v
}

// Handler serves what Enter does to whoever asks.
func (h *Hub) Handler() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rest, _ := strings.CutPrefix(r.URL.Path, folder)
		id, _, _ := strings.Cut(rest, "/")
		h.Enter(id).ServeHTTP(rw, r)
	})
}

// ServeHTTP implements http.Handler.
func (v *visit) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	at := v.now()
	if at.private { // a refusal is, too
		hls.MakePrivate(rw.Header())
	}
	if hls.CORS(rw, r) {
		return
	}
	serve := v.hub.serve
	name, ok := v.name(r.URL.Path)
	if ok && name == flvName {
		v.hub.serveFLV(rw, r, v.id, v.stage)
		return
	}
	if v.stream == nil || !ok {
		serve.Refuse(rw, http.StatusNotFound)
		return
	}
	if rendition, file, found := strings.Cut(name, "/"); found && strings.HasSuffix(rendition, renditionSuffix) {
		if w := v.stream.rendition(rendition); w != nil && v.now().stage == v.stage {
			serve.Serve(rw, r, w, file)
			return
		}
		serve.Refuse(rw, http.StatusNotFound)
		return
	}
	w := v.window(r.Context(), at, name == multiName || name == hls.MediaPlaylist)
	if w == nil {
		serve.Refuse(rw, http.StatusNotFound)
		return
	}
	if name == multiName {
		if all := v.stream.variants(w); len(all) > 1 {
			serve.ServeVariants(rw, r, all)
			return
		}
	}
	serve.Serve(rw, r, w, name)
}

// name is what of a stream's folder is asked for.
func (v *visit) name(path string) (string, bool) {
	rest, _ := strings.CutPrefix(path, folder)
	rest, _ = strings.CutPrefix(rest, v.id)
	return strings.CutPrefix(rest, "/")
}

// standing is what a stream shows at one moment.
type standing struct {
	stage   int // number
	private bool
	live    bool // somebody publishes
	window  *hls.Window
	fresh   <-chan struct{} // closed when there is a window
}

func (v *visit) now() standing {
	s := v.stream
	if s == nil {
		return standing{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return standing{s.stages, s.stage.Private, s.pub != nil, s.window.Load(), s.fresh}
}

// window gives the window of a stream at the visit's stage; of another there is none. A
// viewer that comes between the publisher and the first part, and asks for a playlist,
// waits for it.
func (v *visit) window(ctx context.Context, at standing, wait bool) *hls.Window {
	if at.stage == v.stage && at.window == nil && at.live && wait {
		t := v.hub.cfg.Clock.NewTimer(firstWait)
		defer t.Stop()
		select {
		case <-at.fresh:
		case <-t.C():
		case <-ctx.Done():
		}
		at = v.now()
	}
	if at.stage != v.stage {
		return nil
	}
	return at.window
}
