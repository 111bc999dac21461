package drain_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/drain"
)

func TestANodeThatLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g drain.Gate
		h := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") }))
		ask := func(path string) *http.Response {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			return w.Result()
		}
		want := func(status int, connection string, paths ...string) {
			t.Helper()
			for _, path := range paths {
				if r := ask(path); r.StatusCode != status || r.Header.Get("Connection") != connection {
					t.Errorf("%s: %d, connection %q", path, r.StatusCode, r.Header.Get("Connection"))
				}
			}
		}
		told, tell := context.WithCancel(t.Context())
		begun := time.Now()
		held := g.Hold(told, clock.Real{}, time.Minute)
		want(http.StatusOK, "", "/readyz", "/anything")
		tell()
		synctest.Wait()
		want(http.StatusServiceUnavailable, "close", "/readyz")
		want(http.StatusOK, "close", "/anything")
		if held.Err() != nil {
			t.Error("it is gone at once")
		}
		<-held.Done()
		if took := time.Since(begun); took != time.Minute {
			t.Errorf("it stayed for %v", took)
		}
	})
}

func TestANodeThatNeedsNoTimeGoesAtOnce(t *testing.T) {
	t.Parallel()
	var g drain.Gate
	told, tell := context.WithCancel(t.Context())
	held := g.Hold(told, clock.Real{}, 0)
	tell()
	if held.Err() == nil {
		t.Error("it stays")
	}
}
