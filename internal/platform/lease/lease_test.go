package lease_test

import (
	"testing"
	"time"

	"hawker/internal/platform/lease"
	"hawker/internal/platform/sqldb/sqltest"
)

func TestOneHolderAtATime(t *testing.T) {
	db, c := sqltest.NewManual(t)
	a := lease.Lease{DB: db, Name: "n", Holder: "a", For: 10 * time.Second}
	b, other := a, a
	b.Holder, other.Holder, other.Name = "b", "b", "m"
	want := func(what string, l lease.Lease, held bool) {
		t.Helper()
		if got, err := l.Hold(t.Context()); got != held || err != nil {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
	want("the first", a, true)
	want("another meanwhile", b, false)
	want("another name", other, true)
	c.Advance(9 * time.Second)
	want("renewed", a, true)
	c.Advance(10 * time.Second)
	want("another in the last moment", b, false)
	c.Advance(time.Millisecond)
	want("another after it lapsed", b, true)
	want("the first comes back", a, false)
	if err := a.Release(t.Context()); err != nil { // not theirs to give back
		t.Fatal(err)
	}
	want("after a stranger's release", a, false)
	if err := b.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	want("after the release", a, true)
}
