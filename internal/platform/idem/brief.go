package idem

import (
	"context"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/platform/cache"
)

// What Brief keeps, and for how long: while somebody on a bad line tries.
const (
	briefMax  = 10_000
	briefKeep = 2 * time.Minute
)

// Brief answers what was done again, as Once does, but keeps answers in this process and
// in no row: those that hold a secret, which is shown once and stored nowhere, and those
// whose second effect after a crash would harm nobody.
type Brief[T any] struct {
	answers *cache.Map[intent, kept[T]]
}

type intent struct{ scope, value string }

type kept[T any] struct {
	hash   string
	answer T
}

// NewBrief makes an empty one.
func NewBrief[T any]() *Brief[T] {
	return &Brief[T]{cache.NewMap[intent, kept[T]](briefMax, briefKeep)}
}

// Once does something unless it was done under the same key. Fault
// request.idempotency_key_reused.
func (b *Brief[T]) Once(ctx context.Context, k Key, do func(ctx context.Context) (T, error)) (T, error) {
	a, err := b.answers.Get(ctx, intent{k.Scope, k.Value}, func(ctx context.Context, _ intent) (kept[T], error) {
		answer, err := do(ctx)
		return kept[T]{k.Hash, answer}, err
	})
	if err == nil && a.hash != k.Hash {
		err = fault.Conflict("request.idempotency_key_reused")
	}
	return a.answer, err
}
