package idem_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

func key(t *testing.T, caller, value string, content any) idem.Key {
	t.Helper()
	k, err := idem.NewKey("op", caller, value, content)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestOnce(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t, sqltest.Once)
	done := 0
	do := func(k idem.Key, fail error) (int, error) {
		return idem.Once(t.Context(), db, k, func(context.Context, *sqldb.Tx) (int, error) {
			done++
			return done, fail
		})
	}
	errNo := errors.New("no")
	if _, err := do(key(t, "a", "1", "x"), errNo); !errors.Is(err, errNo) {
		t.Error(err)
	}
	for range 2 { // what failed is done anew, what was done is answered again
		if n, err := do(key(t, "a", "1", "x"), nil); n != 2 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	if _, err := do(key(t, "a", "1", "y"), nil); fault.Code(err) != "request.idempotency_key_reused" {
		t.Errorf("other content: %v", err)
	}
	if n, err := do(key(t, "b", "1", "y"), nil); n != 3 || err != nil {
		t.Errorf("somebody else's key is theirs: %d, %v", n, err)
	}
}

func TestTheSameKeyAtTheSameTime(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	k := key(t, "a", "1", "x")
	answers := make([]int64, 16)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			n, err := idem.Once(t.Context(), db, k, func(ctx context.Context, tx *sqldb.Tx) (int64, error) {
				return tx.NextID(), nil
			})
			if err != nil {
				t.Error(err)
			}
			answers[i] = n
		})
	}
	wg.Wait()
	for _, n := range answers {
		if n != answers[0] || n == 0 {
			t.Fatalf("different answers: %v", answers)
		}
	}
}
