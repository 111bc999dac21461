package signin

import (
	"context"
	"errors"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/device"
	"hawker/internal/platform/cache"
)

// nearRate bounds guesses at one account from one address, or from one browser that its
// owner signed in from before.
func nearRate() cache.Rate { return cache.Rate{Count: 10, Per: 10 * time.Minute} }

// wideRate bounds guesses at one account from everywhere but the browsers that are known.
// It gives more a minute than one address may use: who guesses from one address shuts
// nobody else out.
func wideRate() cache.Rate { return cache.Rate{Count: 100, Per: 30 * time.Minute} }

// guess is one try, taken from what is allowed before anything is looked at, so that many
// at once are not too many. What was right is given back.
type guess struct {
	limiter cache.Limiter
	taken   map[string]cache.Rate
}

// guess takes a try at something of an account. Fault request.too_many.
func (s *Service) guess(ctx context.Context, what string, user id.User, from Caller) (guess, error) {
	g := guess{s.Limiter, map[string]cache.Rate{}}
	if name := device.NameOf(s.Box, from.Device, user); name != "" && !user.IsZero() {
		return g, g.take(ctx, what+":device:"+name, nearRate())
	}
	if err := g.take(ctx, what+":"+from.Home, nearRate()); err != nil {
		return g, err // and takes nothing of what others have
	}
	return g, g.take(ctx, what, wideRate())
}

func (g guess) take(ctx context.Context, key string, r cache.Rate) error {
	ok, err := g.limiter.Allow(ctx, key, r)
	if err != nil || !ok {
		return errors.Join(err, fault.TooMany("request.too_many"))
	}
	g.taken[key] = r
	return nil
}

// right gives back what was no guess.
func (g guess) right(ctx context.Context) {
	for key, r := range g.taken {
		_ = g.limiter.Return(ctx, key, r) // a use that is not given back comes back with time
	}
}
