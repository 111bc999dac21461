package ingest

import (
	"context"
	"net/http"
	"sync"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

// Bounds of who guesses the secret of servers in front.
const (
	guessesMax   = 10 // a minute, of one caller
	guessShut    = time.Minute
	guessersKept = 10_000
)

// Guesses slows who does not know the secret: after a few wrong ones a caller is not
// heard for a while, also with the right one. Others are.
type Guesses struct {
	clock clock.Clock
	rate  cache.Limiter

	mu   sync.Mutex
	shut map[string]time.Time // until when, by caller
}

// NewGuesses makes a count of them.
func NewGuesses(c clock.Clock) *Guesses {
	return &Guesses{clock: c, rate: cache.NewMemoryLimiter(c), shut: map[string]time.Time{}}
}

// Shut implements hooks.Guesses.
func (g *Guesses) Shut(r *http.Request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.clock.Now().Before(g.shut[httpapi.Home(r.Context())])
}

// Wrong implements hooks.Guesses.
func (g *Guesses) Wrong(r *http.Request) {
	who := httpapi.Home(r.Context())
	ok, err := g.rate.Allow(context.WithoutCancel(r.Context()), who, cache.Rate{Count: guessesMax, Per: time.Minute})
	if ok || err != nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	if len(g.shut) >= guessersKept {
		for k, until := range g.shut {
			if !now.Before(until) {
				delete(g.shut, k)
			}
		}
	}
	if len(g.shut) < guessersKept {
		g.shut[who] = now.Add(guessShut)
	}
}
