package cache

import (
	"context"

	"github.com/maypok86/otter/v2"
)

// Current keeps answers read from a database that one process writes, each until something
// is committed there: they are never older than the newest commit.
type Current[K comparable, V any] struct {
	changed func() <-chan struct{}
	items   *otter.Cache[K, read[V]]
}

type read[V any] struct {
	answer  V
	changed <-chan struct{}
}

// NewCurrent holds at most size entries; changed gives a channel that the next commit
// closes. Where others write the same database it is nil, and nothing is kept.
func NewCurrent[K comparable, V any](size int, changed func() <-chan struct{}) *Current[K, V] {
	return &Current[K, V]{changed, quiet(&otter.Options[K, read[V]]{MaximumSize: size})}
}

// Get answers from the cache, or asks load. Who waits for another's question could be told
// what was so before they asked: each asks for themselves.
func (c *Current[K, V]) Get(ctx context.Context, key K, load func(ctx context.Context, key K) (V, error)) (V, error) {
	if c.changed == nil {
		return load(ctx, key)
	}
	if r, ok := c.items.GetIfPresent(key); ok && !closed(r.changed) {
		return r.answer, nil
	}
	changed := c.changed() // before the reading: what is committed beside it ends it
	v, err := load(ctx, key)
	if err == nil {
		c.items.Set(key, read[V]{v, changed})
	}
	return v, err
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
