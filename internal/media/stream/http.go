package stream

import (
	"context"
	"net/http"
	"strings"

	"hawker/internal/media/hls"
)

type askedKey struct{}

// Asking notes in the context of a request at which stage of a stream its sender is about
// to be judged. Handler answers only what belongs to that stage: who was let in a moment
// before a show went private sees nothing of private time.
func (h *Hub) Asking(ctx context.Context, streamID string) context.Context {
	return context.WithValue(ctx, askedKey{}, h.StageNumber(streamID))
}

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
		if asked, ok := r.Context().Value(askedKey{}).(int); ok {
			stage = asked
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
			if w := h.rendition(id, rendition); w != nil && h.StageNumber(id) == stage {
				serve.Serve(rw, r, w, file)
				return
			}
			serve.Refuse(rw, http.StatusNotFound)
			return
		}
		w := h.window(r.Context(), id, stage, name == multiName || name == hls.MediaPlaylist)
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

// window gives the window of a stream at a stage; of another there is none. A viewer that
// comes between the publisher and the first part, and asks for a playlist, waits for it.
func (h *Hub) window(ctx context.Context, id string, stage int, wait bool) *hls.Window {
	s := h.find(id)
	if s == nil {
		return nil
	}
	s.mu.Lock()
	w, live, fresh, stages := s.window.Load(), s.pub != nil, s.fresh, s.stages
	s.mu.Unlock()
	switch {
	case stages != stage:
		return nil
	case w != nil || !wait || !live:
		return w
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
	if s.stages != stage {
		return nil
	}
	return s.window.Load()
}
