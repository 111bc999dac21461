// Package space keeps a part of the disk free for what must never fail: the books. What
// can wait asks before it writes. Who stops first keeps most free: uploads and backups,
// then recordings.
package space

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"hawker/internal/base/clock"
)

// ErrFull is a disk of which the rest is kept free. To who asks the system's way it is full.
var ErrFull = fmt.Errorf("space: what is left of the disk is kept free (storage.reserve): %w", syscall.ENOSPC)

// ErrUnknown is a system that does not tell what is free: nothing is refused then.
var ErrUnknown = errors.New("space: this system does not tell what is free")

// askEvery bounds how often the system is asked.
const askEvery = time.Second

// Reserve is a part of the disk that is kept free.
type Reserve struct {
	bytes int64
	ask   func() (free int64, err error)
	clock clock.Clock

	mu   sync.Mutex
	at   time.Time
	free int64
	err  error
}

// Of makes a reserve of the disk on which a folder lies; nothing is kept of 0 bytes.
func Of(dir string, bytes int64, c clock.Clock) *Reserve {
	return With(func() (int64, error) { return free(dir) }, bytes, c)
}

// With makes a reserve of whatever ask tells the rest of.
func With(ask func() (int64, error), bytes int64, c clock.Clock) *Reserve {
	return &Reserve{bytes: bytes, ask: ask, clock: c}
}

// Free tells what an ordinary process may still write where a folder lies; ErrUnknown.
func Free(dir string) (int64, error) { return free(dir) }

// Uploads stop when there is less than this many times the reserve, recordings when
// there is less than the reserve itself.
const uploadsKeep = 2

// ForUpload lets n more bytes come; ErrFull if they may not.
func (r *Reserve) ForUpload(n int64) error { return r.let(n, uploadsKeep*r.bytes) }

// ForCopy lets a copy of n bytes be made; ErrFull if it may not.
func (r *Reserve) ForCopy(n int64) error { return r.let(n, uploadsKeep*r.bytes) }

// ForRecording lets a recording go on; ErrFull if it may not.
func (r *Reserve) ForRecording() error { return r.let(0, r.bytes) }

func (r *Reserve) let(n, keep int64) error {
	if r.bytes <= 0 {
		return nil
	}
	rest, err := r.rest()
	if err != nil {
		return nil //nolint:nilerr // what cannot be told is no reason to stop: writing itself will fail
	}
	if rest-n < keep {
		return fmt.Errorf("%w: %d MiB are free", ErrFull, rest>>20)
	}
	return nil
}

// Rest tells what is free, -1 where the system does not.
func (r *Reserve) Rest() int64 {
	rest, err := r.rest()
	if err != nil {
		return -1
	}
	return rest
}

func (r *Reserve) rest() (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.clock.Now(); r.at.IsZero() || now.Sub(r.at) >= askEvery || now.Before(r.at) {
		r.free, r.err = r.ask()
		r.at = now
	}
	return r.free, r.err
}
