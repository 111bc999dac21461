package stream

import (
	"context"
	"net/http"
	"strings"

	"hawker/internal/media/hls"
)

// Handler serves /live/{streamID}/…: HLS and live.flv; it expects the whole path. What
// belongs to private time says so in every answer, and so does everything if a guard
// before it has made the answer private.
func (h *Hub) Handler() http.Handler {
	serve := hls.NewHandler()
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rest, ok := strings.CutPrefix(r.URL.Path, "/live/")
		id, name, found := strings.Cut(rest, "/")
		stage, private := h.stage(id)
		if private { // a refusal is, too
			hls.MakePrivate(rw.Header())
		}
		if hls.CORS(rw, r) {
			return
		}
		if !ok || !found {
			serve.Refuse(rw, http.StatusNotFound)
			return
		}
		if name == flvName {
			h.serveFLV(rw, r, id, stage)
			return
		}
		if rendition, file, found := strings.Cut(name, "/"); found && strings.HasSuffix(rendition, renditionSuffix) {
			if w := h.rendition(id, rendition); w != nil {
				serve.Serve(rw, r, w, file)
				return
			}
			serve.Refuse(rw, http.StatusNotFound)
			return
		}
		w := h.window(r.Context(), id, name == multiName || name == hls.MediaPlaylist)
		if w == nil {
			serve.Refuse(rw, http.StatusNotFound)
			return
		}
		if all := h.variants(id, w); name == multiName && len(all) > 1 {
			serve.ServeVariants(rw, r, all)
			return
		}
		serve.Serve(rw, r, w, name)
	})
}

// stage gives the number of a stream's stage and whether that is private.
func (h *Hub) stage(id string) (number int, private bool) {
	s := h.find(id)
	if s == nil {
		return 0, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stages, s.stage.Private
}

// window gives the window of a stream. A viewer that comes between the publisher and the
// first part, and asks for a playlist, waits for it, but not into another stage.
func (h *Hub) window(ctx context.Context, id string, wait bool) *hls.Window {
	s := h.find(id)
	if s == nil {
		return nil
	}
	if w := s.window.Load(); w != nil || !wait {
		return w
	}
	s.mu.Lock()
	live, fresh, stages := s.pub != nil, s.fresh, s.stages
	s.mu.Unlock()
	if !live {
		return nil
	}
	t := h.cfg.Clock.NewTimer(firstWait)
	defer t.Stop()
	select {
	case <-fresh:
	case <-t.C():
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stages != stages {
		return nil
	}
	return s.window.Load()
}
