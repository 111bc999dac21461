package pull_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"hawker/internal/media/flv"
	"hawker/internal/media/pull"
	"hawker/internal/media/rtmp"
)

// sink counts what comes.
type sink struct {
	video, audio int
	reason       error
}

func (*sink) FrameRate(float64) error      { return nil }
func (s *sink) Video(uint32, []byte) error { s.video++; return nil }
func (s *sink) Audio(uint32, []byte) error { s.audio++; return nil }
func (s *sink) Close(reason error)         { s.reason = reason }

// Whatever an HTTP server in front answers, nobody publishes before a picture or sound is there, and
// one that stalls is left.
func TestFLVOfAnHTTPServer(t *testing.T) {
	t.Parallel()
	begin := func(w http.ResponseWriter) *flv.Writer {
		out, err := flv.NewWriter(w)
		if err != nil {
			t.Error(err)
		}
		return out
	}
	stall := func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	tag := func(w *flv.Writer, kind uint8) { _ = w.Write(flv.Tag{Type: kind, Body: []byte{1, 2}}) }
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		want    error
		publish bool
	}{
		"a stream that ends": {func(w http.ResponseWriter, _ *http.Request) {
			out := begin(w)
			tag(out, flv.TagScript)
			tag(out, flv.TagVideo)
			tag(out, flv.TagAudio)
		}, io.EOF, true},
		"nothing": {stall, pull.ErrIdle, false},
		"a header, no tag": {func(w http.ResponseWriter, r *http.Request) {
			begin(w)
			stall(w, r)
		}, pull.ErrIdle, false},
		"a picture, then nothing": {func(w http.ResponseWriter, r *http.Request) {
			tag(begin(w), flv.TagVideo)
			stall(w, r)
		}, pull.ErrIdle, true},
		"no stream": {http.NotFound, pull.ErrStatus, false},
		"another server": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, pull.ErrStatus, false},
		"a page": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<html>it works, says the server</html>")
		}, flv.ErrShort, false},
		"a huge tag": {func(w http.ResponseWriter, r *http.Request) {
			begin(w)
			_, _ = w.Write([]byte{flv.TagVideo, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0})
			stall(w, r)
		}, flv.ErrLong, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(c.answer)
			defer server.Close()
			patience := time.Minute
			if errors.Is(c.want, pull.ErrIdle) {
				patience = 300 * time.Millisecond
			}
			got := &sink{}
			published := false
			src, err := pull.Open(t.Context(), server.URL+"/live/x.flv", patience)
			if err == nil {
				err = pull.Copy(src, func(func(error)) (rtmp.Sink, error) { published = true; return got, nil })
			}
			if !errors.Is(err, c.want) || published != c.publish {
				t.Errorf("ends with %v, want %v; published: %v", err, c.want, published)
			}
			if published && (got.video != 1 || !errors.Is(got.reason, c.want)) {
				t.Errorf("%d pictures, closed for %v", got.video, got.reason)
			}
		})
	}
}
