// Package spool is a blob.Store in front of one that may be slow or away: what is put is
// on this disk when Put returns, and goes on to the other store by itself, again and again
// until it is there. Readers find it in either. Nothing is lost by a crash, of here or there.
//
// Other nodes see a blob when it has arrived. Blobs of one folder arrive in the order in
// which they were put, so what names others comes after them. How much may wait is for who
// puts to say (platform/space): all of it lies on the disk.
package spool

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/blob"
)

// Store is the spool and what it is in front of.
type Store struct {
	near  *blob.Disk
	far   blob.Store
	clock clock.Clock
	log   *slog.Logger

	mu      sync.Mutex
	cond    *sync.Cond
	folders map[string][]string // keys that wait, by folder, oldest first
	turn    []string            // folders with keys that wait, none of which is on its way
	put     int64               // counts what was put
	newest  map[string]int64    // which of these a key that waits is
	coming  map[string]int      // how many are being put under a key
	flights map[string]*flight  // by key
	failed  int                 // times in a row
}

// flight is a blob on its way.
type flight struct {
	stop context.CancelFunc
	over chan struct{}
}

// New puts a folder in front of a store. Run sends what lies there.
func New(near *blob.Disk, far blob.Store, c clock.Clock, log *slog.Logger) *Store {
	s := &Store{
		near: near, far: far, clock: c, log: log, folders: map[string][]string{}, newest: map[string]int64{},
		coming: map[string]int{}, flights: map[string]*flight{},
	}
	s.cond = sync.NewCond(&s.mu)
	return s
}

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	if err := blob.CheckKey(key); err != nil {
		return 0, err
	}
	s.mu.Lock()
	s.put++
	s.newest[key] = s.put // before it is there: what is on its way is an older one from now on
	s.coming[key]++
	s.mu.Unlock()
	n, err := s.near.Put(ctx, key, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.coming[key]--; s.coming[key] == 0 {
		delete(s.coming, key)
	}
	s.enqueue(key) // also what failed: an older one may lie there
	return n, err
}

// enqueue has a key sent. Call with the lock held.
func (s *Store) enqueue(key string) {
	folder := path.Dir(key)
	waiting, known := s.folders[folder]
	s.folders[folder] = append(waiting, key)
	if !known {
		s.turn = append(s.turn, folder)
		s.cond.Signal()
	}
}

// Open implements blob.Store.
func (s *Store) Open(ctx context.Context, key string, r blob.Range) (*blob.Blob, error) {
	b, err := s.near.Open(ctx, key, r)
	if errors.Is(err, fs.ErrNotExist) { // it is there before it is gone here
		return s.far.Open(ctx, key, r)
	}
	return b, err
}

// Stat implements blob.Store.
func (s *Store) Stat(ctx context.Context, key string) (blob.Info, error) {
	i, err := s.near.Stat(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return s.far.Stat(ctx, key)
	}
	return i, err
}

// List implements blob.Store. What lies here comes before what lies there, and is looked
// for first: it goes from here to there.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]blob.Info, error) {
	near, err := s.near.List(ctx, prefix, after, limit)
	if err != nil {
		return nil, err
	}
	far, err := s.far.List(ctx, prefix, after, limit)
	if err != nil {
		return nil, err
	}
	all := append(near, far...)
	slices.SortStableFunc(all, func(a, b blob.Info) int { return strings.Compare(a.Key, b.Key) })
	all = slices.CompactFunc(all, func(a, b blob.Info) bool { return a.Key == b.Key })
	return all[:min(len(all), limit)], nil
}

// Delete implements blob.Store: here, on the way, and there.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := s.near.Delete(ctx, key); err != nil {
		return err
	}
	for _, f := range s.flown(key) {
		f.stop()
		<-f.over
	}
	return s.far.Delete(ctx, key)
}

// flown are the blobs on their way that a key or prefix means.
func (s *Store) flown(key string) (out []*flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, f := range s.flights {
		if k == key || strings.HasSuffix(key, "/") && strings.HasPrefix(k, key) {
			out = append(out, f)
		}
	}
	return out
}

// Here tells whether a blob has not arrived yet.
func (s *Store) Here(ctx context.Context, key string) bool {
	_, err := s.near.Stat(ctx, key)
	return err == nil
}

// Waiting tells how many blobs have not arrived.
func (s *Store) Waiting() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, keys := range s.folders {
		n += len(keys)
	}
	return n
}

const listStep = 1000

// find has all sent that a former run left.
func (s *Store) find(ctx context.Context) error {
	var left []blob.Info
	for after := ""; ; {
		page, err := s.near.List(ctx, "", after, listStep)
		if err != nil {
			return err
		}
		left = append(left, page...)
		if len(page) < listStep {
			break
		}
		after = page[len(page)-1].Key
	}
	slices.SortStableFunc(left, func(a, b blob.Info) int { return a.At.Compare(b.At) })
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range left {
		if s.newest[i.Key] == 0 { // else put by now
			s.put++
			s.newest[i.Key] = s.put
			s.enqueue(i.Key)
		}
	}
	return nil
}

// How blobs are sent.
const (
	senders    = 8
	sendWithin = 2 * time.Minute
	pauseMin   = time.Second // after a failure, twice as long after each further one
	pauseMax   = 30 * time.Second
)
