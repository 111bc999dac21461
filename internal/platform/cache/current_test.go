package cache_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"hawker/internal/platform/cache"
)

// commits is what a database tells of its commits.
type commits struct {
	mu   sync.Mutex
	next chan struct{}
}

func (c *commits) changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == nil {
		c.next = make(chan struct{})
	}
	return c.next
}

func (c *commits) commit() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next != nil {
		close(c.next)
		c.next = nil
	}
}

// An answer is kept until the next commit, one for each key; a failure is not kept.
func TestWhatIsReadIsKeptUntilACommit(t *testing.T) {
	t.Parallel()
	var db commits
	c := cache.NewCurrent[string, int](10, db.changed)
	reads := 0
	get := func(key string, fail error) (int, error) {
		return c.Get(t.Context(), key, func(context.Context, string) (int, error) {
			reads++
			return reads, fail
		})
	}
	want := func(key string, n int) {
		t.Helper()
		if got, err := get(key, nil); got != n || err != nil {
			t.Errorf("%s: %d, %v, want %d", key, got, err, n)
		}
	}
	errNo := errors.New("no")
	if _, err := get("tea", errNo); !errors.Is(err, errNo) {
		t.Error(err)
	}
	want("tea", 2)
	want("tea", 2)
	want("cup", 3)
	want("tea", 2)
	db.commit()
	want("tea", 4)
	want("cup", 5)
	want("tea", 4)
}

// What is committed while somebody reads is not missed: what they read is theirs alone.
func TestACommitBesideAReading(t *testing.T) {
	t.Parallel()
	var db commits
	c := cache.NewCurrent[string, int](10, db.changed)
	stock := 1
	read := func(before func()) int {
		n, err := c.Get(t.Context(), "tea", func(context.Context, string) (int, error) {
			n := stock
			before()
			return n, nil
		})
		if err != nil {
			t.Error(err)
		}
		return n
	}
	if n := read(func() { stock = 0; db.commit() }); n != 1 {
		t.Errorf("the first read %d", n)
	}
	if n := read(func() {}); n != 0 {
		t.Errorf("the next was told %d", n)
	}
}

// Where others write the same database nothing is kept.
func TestNothingIsKeptOfASharedDatabase(t *testing.T) {
	t.Parallel()
	c := cache.NewCurrent[string, int](10, nil)
	for want := range 3 {
		got, err := c.Get(t.Context(), "tea", func(context.Context, string) (int, error) { return want, nil })
		if got != want || err != nil {
			t.Errorf("%d, %v, want %d", got, err, want)
		}
	}
}
