package upload

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
)

// turnWithin is how long a request waits for the one before to save what it has.
const turnWithin = 20 * time.Second

// turns let one request at a time at an upload. A phone that changes its network comes
// back while its earlier request still waits for bytes on a line that is dead: who
// comes interrupts who is there, and goes on once that has saved what came.
//
// tusd does so too, but reads the earlier request's body without a lock meanwhile
// (2.8.0, pkg/handler/context.go); behind turns it never has two at once.
type turns struct {
	clock clock.Clock

	mu   sync.Mutex
	here map[string]*turn // by upload
}

type turn struct {
	stop func()
	over chan struct{}
}

// take waits for the turn at an upload. stop is called, perhaps more than once and at
// any time until leave, when somebody else comes. Faults: upload.busy.
func (t *turns) take(ctx context.Context, upload string, stop func()) (leave func(), err error) {
	timer := t.clock.NewTimer(turnWithin)
	defer timer.Stop()
	for {
		before, leave := t.enter(upload, stop)
		if before == nil {
			return leave, nil
		}
		before.stop()
		select {
		case <-before.over:
		case <-timer.C():
			return nil, fault.Unavailable("upload.busy")
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// enter takes the turn, or gives whose it is.
func (t *turns) enter(upload string, stop func()) (before *turn, leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if before := t.here[upload]; before != nil {
		return before, nil
	}
	mine := &turn{stop: stop, over: make(chan struct{})}
	t.here[upload] = mine
	return nil, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.here, upload)
		close(mine.over)
	}
}

// body is a request's body that can be cut off from another goroutine.
type body struct {
	io.ReadCloser
	control *http.ResponseController
	stopped atomic.Bool
}

// stop ends a read that waits, and all later ones. The flag comes first: a deadline
// that the protocol sets between two reads cannot undo it.
func (b *body) stop() {
	b.stopped.Store(true)
	_ = b.control.SetReadDeadline(time.Unix(1, 0)) // a recorder in a test has none
}

func (b *body) Read(p []byte) (int, error) {
	if b.stopped.Load() {
		return 0, handler.ErrUploadInterrupted
	}
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && b.stopped.Load() {
		err = handler.ErrUploadInterrupted
	}
	return n, err
}
