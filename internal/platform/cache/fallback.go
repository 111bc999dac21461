package cache

import "context"

// Fallback counts in an engine that nodes share, and in this process besides: while the
// engine is away a limit is a node's own, and whoever used it up here before has used it
// up still. No limit is ever open.
type Fallback struct{ Shared, Own Limiter }

// Allow implements Limiter.
func (f Fallback) Allow(ctx context.Context, key string, r Rate) (bool, error) {
	ok, err := f.Shared.Allow(ctx, key, r)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err == nil && !ok:
		return false, nil
	}
	own, ownErr := f.Own.Allow(ctx, key, r)
	if ownErr == nil && !own && err == nil {
		_ = f.Shared.Return(ctx, key, r) // an engine that has forgotten: what it gave did not count
	}
	return own, ownErr
}

// Return implements Limiter.
func (f Fallback) Return(ctx context.Context, key string, r Rate) error {
	_ = f.Shared.Return(ctx, key, r) // while it is away there is nothing to give back
	return f.Own.Return(ctx, key, r)
}
