package upload

import (
	"context"
	"errors"
	"sync"

	"hawker/internal/base/fault"
)

// Quota bounds what is open; zero values of the sizes are no bound.
type Quota struct {
	OwnerBytes int64 // of one owner, not claimed, as large as announced
	TotalBytes int64 // of all, claimed or not
	TotalMax   int   // likewise; 0 means TotalMax of this package
}

// TotalMax is how many uploads there are at the most.
const TotalMax = 2000

// beginning are uploads that are let in and whose files are not there yet.
type beginning struct {
	mu     sync.Mutex
	owners map[string]standing
	all    standing
}

// begin lets an owner open an upload of a size. Until done is called it counts, whether
// its file is there or not. Faults: upload.too_many, upload.quota, upload.full.
func (h *server) begin(ctx context.Context, owner string, size int64) (done func(), err error) {
	b, q := &h.beginning, h.door.Quota
	b.mu.Lock()
	defer b.mu.Unlock()
	sum, err := h.store.standing(ctx, owner)
	if err != nil {
		return nil, err
	}
	mine := standing{own: 1, ownBytes: size, all: 1, allBytes: size}
	sum = sum.and(b.owners[owner]).and(b.all).and(mine)
	most := q.TotalMax
	if most <= 0 {
		most = TotalMax
	}
	switch {
	case sum.own > OpenMax:
		return nil, fault.TooMany("upload.too_many", "max", OpenMax)
	case q.OwnerBytes > 0 && sum.ownBytes > q.OwnerBytes:
		return nil, fault.TooMany("upload.quota", "max_mb", q.OwnerBytes>>20)
	case sum.all > most || q.TotalBytes > 0 && sum.allBytes > q.TotalBytes:
		return nil, fault.Unavailable("upload.full")
	}
	b.change(owner, mine)
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.change(owner, standing{own: -1, ownBytes: -size, all: -1, allBytes: -size})
	}, nil
}

// change adds to what is beginning, under the lock.
func (b *beginning) change(owner string, by standing) {
	if b.owners == nil {
		b.owners = map[string]standing{}
	}
	now := b.owners[owner].and(standing{own: by.own, ownBytes: by.ownBytes})
	b.owners[owner] = now
	if now == (standing{}) {
		delete(b.owners, owner)
	}
	b.all = b.all.and(standing{all: by.all, allBytes: by.allBytes})
}

// room asks whether there is space for more. Fault upload.full.
func (h *server) room(more int64) error {
	if h.door.Space == nil {
		return nil
	}
	err := h.door.Space(more)
	if err != nil && !errors.As(err, new(*fault.Error)) {
		err = fault.Unavailable("upload.full").Because(err)
	}
	return err
}
