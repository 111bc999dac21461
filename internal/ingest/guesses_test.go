package ingest_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/ingest"
	"hawker/internal/media/hooks"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

type uncounted struct{}

func (uncounted) ObserveRequest(string, int, float64) {}

// Who guesses the secret is not heard for a while, even when the next guess is right;
// the server in front is.
func TestGuessesAreSlow(t *testing.T) {
	t.Parallel()
	hands := clock.NewManual(time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC))
	edge := hooks.Server{
		Secret: "sesame", Log: slog.New(slog.DiscardHandler), Guesses: ingest.NewGuesses(hands),
	}
	api := httpapi.New(httpapi.Deps{
		Log: slog.New(slog.DiscardHandler), Clock: hands, Limiter: cache.NewMemoryLimiter(hands), Metrics: uncounted{},
	})
	api.Mount(httpapi.Route{
		Pattern: "/hooks/srs", Access: httpapi.Signed, Handler: http.HandlerFunc(edge.ServeSRS),
	})
	ask := func(from, secret string, want int) {
		t.Helper()
		r := httptest.NewRequest("POST", "/hooks/srs?secret="+secret, strings.NewReader(`{"action":"on_nothing"}`))
		r.RemoteAddr = from + ":1000"
		rw := httptest.NewRecorder()
		api.ServeHTTP(rw, r)
		if rw.Code != want {
			t.Errorf("%s with %q: %d, want %d", from, secret, rw.Code, want)
		}
	}
	const front, thief = "192.0.2.1", "192.0.2.66"
	ask(front, "sesame", 200)
	for range 11 {
		ask(thief, "simsim", 403)
	}
	ask(thief, "simsim", 429)
	ask(thief, "sesame", 429)
	ask(front, "sesame", 200)
	hands.Advance(time.Minute)
	ask(thief, "sesame", 200)
}
