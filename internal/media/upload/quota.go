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

// Check refuses what would be too much. Faults: upload.too_many, upload.quota, upload.full.
func (q Quota) Check(sum Standing) error {
	most := q.TotalMax
	if most <= 0 {
		most = TotalMax
	}
	switch {
	case sum.Own > OpenMax:
		return fault.TooMany("upload.too_many", "max", OpenMax)
	case q.OwnerBytes > 0 && sum.OwnBytes > q.OwnerBytes:
		return fault.TooMany("upload.quota", "max_mb", q.OwnerBytes>>20)
	case sum.All > most || q.TotalBytes > 0 && sum.AllBytes > q.TotalBytes:
		return fault.Unavailable("upload.full")
	}
	return nil
}

// beginning are uploads that are let in and whose files are not there yet.
type beginning struct {
	mu     sync.Mutex
	owners map[string]Standing
	all    Standing
}

// begin lets an owner open an upload of a size. Until done is called it counts, whether
// its file is there or not. Faults: upload.too_many, upload.quota, upload.full.
func (h *server) begin(ctx context.Context, owner string, size int64) (done func(), err error) {
	b, q := &h.beginning, h.door.Quota
	b.mu.Lock()
	defer b.mu.Unlock()
	sum, err := h.store.Here(ctx, owner)
	if err == nil && h.store.beyond != nil {
		var more Standing
		more, err = h.store.beyond.Standing(ctx, owner)
		sum = sum.And(more)
	}
	if err != nil {
		return nil, err
	}
	mine := Standing{Own: 1, OwnBytes: size, All: 1, AllBytes: size}
	if err := q.Check(sum.And(b.owners[owner]).And(b.all).And(mine)); err != nil {
		return nil, err
	}
	b.change(owner, mine)
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.change(owner, Standing{Own: -1, OwnBytes: -size, All: -1, AllBytes: -size})
	}, nil
}

// change adds to what is beginning, under the lock.
func (b *beginning) change(owner string, by Standing) {
	if b.owners == nil {
		b.owners = map[string]Standing{}
	}
	now := b.owners[owner].And(Standing{Own: by.Own, OwnBytes: by.OwnBytes})
	b.owners[owner] = now
	if now == (Standing{}) {
		delete(b.owners, owner)
	}
	b.all = b.all.And(Standing{All: by.All, AllBytes: by.AllBytes})
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
