package idem_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/platform/idem"
)

// What holds a secret is done once for a key, beside itself too, and is written nowhere;
// what failed is done anew.
func TestABriefAnswer(t *testing.T) {
	t.Parallel()
	var done atomic.Int64
	b := idem.NewBrief[int64]()
	do := func(k idem.Key, fail error) (int64, error) {
		return b.Once(t.Context(), k, func(context.Context) (int64, error) { return done.Add(1), fail })
	}
	errNo := errors.New("no")
	if _, err := do(key(t, "a", "1", "x"), errNo); !errors.Is(err, errNo) {
		t.Error(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if n, err := do(key(t, "a", "1", "x"), nil); n != 2 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
	group.Wait()
	if _, err := do(key(t, "a", "1", "y"), nil); fault.Code(err) != "request.idempotency_key_reused" {
		t.Errorf("other content: %v", err)
	}
	if n, err := do(key(t, "b", "1", "x"), nil); n != 3 || err != nil {
		t.Errorf("somebody else: %d, %v", n, err)
	}
}
