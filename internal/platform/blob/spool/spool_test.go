package spool_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/blob/blobtest"
	"hawker/internal/platform/blob/s3/s3test"
	"hawker/internal/platform/blob/spool"
)

// far is a store that can be away, and notes in which order things arrive.
type far struct {
	blob.Store

	mu      sync.Mutex
	fail    func(ctx context.Context, key string) error
	arrived []string
}

func (f *far) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	f.mu.Lock()
	fail := f.fail
	f.mu.Unlock()
	if fail != nil {
		if err := fail(ctx, key); err != nil {
			return 0, err
		}
	}
	n, err := f.Store.Put(ctx, key, r)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.arrived = append(f.arrived, key)
	return n, err
}

func (f *far) breaks(fail func(ctx context.Context, key string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = fail
}

func away(context.Context, string) error { return blob.ErrAway }

func disk(t *testing.T) *blob.Disk {
	t.Helper()
	d, err := blob.NewDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// start has a spool send until the test, or what start gives, ends it.
func start(t *testing.T, near *blob.Disk, to blob.Store) (s *spool.Store, stop func()) {
	t.Helper()
	s = spool.New(near, to, clock.Real{}, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return s, stop
}

// settled lists when all has arrived: the time of a blob is another one there.
type settled struct{ *spool.Store }

func (s settled) List(ctx context.Context, prefix, after string, limit int) ([]blob.Info, error) {
	for s.Waiting() > 0 {
		runtime.Gosched()
	}
	return s.Store.List(ctx, prefix, after, limit)
}

func TestSpool(t *testing.T) {
	t.Run("sending", func(t *testing.T) {
		blobtest.Run(t, func(t *testing.T) blob.Store {
			s, _ := start(t, disk(t), disk(t))
			return settled{s}
		})
	})
	t.Run("in front of a bucket", func(t *testing.T) {
		s3test.Settings(t)
		blobtest.Run(t, func(t *testing.T) blob.Store {
			s, _ := start(t, disk(t), s3test.Open(t))
			return settled{s}
		})
	})
	t.Run("away", func(t *testing.T) {
		blobtest.Run(t, func(t *testing.T) blob.Store {
			s, _ := start(t, disk(t), &far{Store: disk(t), fail: away})
			return s
		})
	})
}

func put(t *testing.T, s blob.Store, key, text string) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, s blob.Store, key, text string) {
	t.Helper()
	b, err := s.Open(t.Context(), key, blob.Range{})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(b)
	if err = errors.Join(err, b.Close()); err != nil || string(raw) != text {
		t.Errorf("%s holds %q, %v", key, raw, err)
	}
}

// A store that is away loses nothing: all is read meanwhile, and arrives when it is back,
// in the order of each folder, also after a crash of here.
func TestNothingIsLostWhileTheStoreIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, to := disk(t), &far{Store: disk(t), fail: away}
		s, stop := start(t, near, to)
		var keys []string
		for n := range 20 {
			key := fmt.Sprintf("room/%d/%02d.m4s", n%2, n)
			put(t, s, key, key)
			keys = append(keys, key)
		}
		put(t, s, "room/0/index.json", "{}") // names the others
		for _, key := range keys {
			want(t, s, key, key)
		}
		if all, err := s.List(t.Context(), "", "", 100); len(all) != 21 || err != nil || s.Waiting() != 21 {
			t.Errorf("%d listed, %d wait, %v", len(all), s.Waiting(), err)
		}
		stop() // and a crash
		s, _ = start(t, near, to)
		<-time.After(time.Minute)
		if n := s.Waiting(); n != 21 {
			t.Errorf("%d wait after a crash", n)
		}
		to.breaks(nil)
		<-time.After(time.Minute)
		synctest.Wait()
		if n := s.Waiting(); n != 0 {
			t.Errorf("%d wait when it is back", n)
		}
		var first []string
		for _, key := range to.arrived {
			if strings.HasPrefix(key, "room/0/") {
				first = append(first, key)
			}
		}
		if !slices.IsSorted(first) || len(first) != 11 { // "index.json" comes last by name, too
			t.Errorf("arrived as %v", first)
		}
		if left, err := near.List(t.Context(), "", "", 100); len(left) != 0 || err != nil {
			t.Errorf("left here: %v, %v", left, err)
		}
		want(t, to, keys[7], keys[7])
	})
}

// What is put again or deleted while it is on its way is what it is in the end.
func TestOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, to := disk(t), &far{Store: disk(t)}
		hold := make(chan struct{})
		to.breaks(func(ctx context.Context, _ string) error {
			select {
			case <-hold:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		s, _ := start(t, near, to)
		put(t, s, "a/again.txt", "one")
		put(t, s, "b/gone.txt", "x")
		put(t, s, "c/1/gone.txt", "x")
		synctest.Wait() // on their way
		put(t, s, "a/again.txt", "two")
		for _, key := range []string{"b/gone.txt", "c/"} {
			if err := s.Delete(t.Context(), key); err != nil {
				t.Error(err)
			}
		}
		close(hold)
		synctest.Wait()
		if s.Waiting() != 0 {
			t.Errorf("%d wait", s.Waiting())
		}
		want(t, to, "a/again.txt", "two")
		for _, key := range []string{"b/gone.txt", "c/1/gone.txt"} {
			if _, err := to.Stat(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s came back: %v", key, err)
			}
		}
	})
}

// A store that panics is one that is away.
func TestAPanicOfTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &far{Store: disk(t), fail: func(context.Context, string) error { panic("spilt") }}
		s, _ := start(t, disk(t), to)
		put(t, s, "a.txt", "x")
		<-time.After(10 * time.Second)
		to.breaks(nil)
		<-time.After(time.Minute)
		synctest.Wait()
		want(t, to, "a.txt", "x")
	})
}
