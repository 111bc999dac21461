package upload

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
)

// turnWithin is how long a request waits for the one before to save what it has.
const turnWithin = 20 * time.Second

// turns let one request at a time at an upload. A phone that changes its network comes
// back while its earlier request still waits for bytes on a line that is dead: who
// comes interrupts who is there, and goes on once that has saved what came. A request
// that a proxy or a dead line held back until after its successor began is refused: its
// bytes are there already, and the successor is who is waited for.
//
// tusd does so too, but reads the earlier request's body without a lock meanwhile
// (2.8.0, pkg/handler/context.go); behind turns it never has two at once.
type turns struct {
	clock clock.Clock

	mu   sync.Mutex
	here map[string]*turn // by upload
}

type turn struct {
	from int64 // the byte at which it goes on, anyOffset where it writes none
	stop func()
	over chan struct{}
}

// anyOffset is where a request begins that writes nothing.
const anyOffset = math.MaxInt64

// take waits for the turn at an upload, for a request that writes from a byte on. stop is
// called, perhaps more than once and at any time until leave, when somebody else comes.
// Faults: upload.busy, upload.outdated.
func (t *turns) take(ctx context.Context, upload string, from int64, stop func()) (leave func(), err error) {
	timer := t.clock.NewTimer(turnWithin)
	defer timer.Stop()
	for {
		before, leave := t.enter(upload, from, stop)
		if before == nil {
			return leave, nil
		}
		if before.from != anyOffset && from < before.from {
			return nil, fault.Conflict("upload.outdated")
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
func (t *turns) enter(upload string, from int64, stop func()) (before *turn, leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if before := t.here[upload]; before != nil {
		return before, nil
	}
	mine := &turn{from: from, stop: stop, over: make(chan struct{})}
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

	mu      sync.Mutex
	reading bool
	stopped bool
	cut     bool // a read was told so
}

// stop ends a read that waits, and all later ones. The connection is touched while a read of
// this body waits on it and at no other time: it may be the next request's by now. A deadline
// that the protocol sets between two reads is none of a read that has begun.
func (b *body) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
	if b.reading {
		b.hangUp()
	}
}

func (b *body) hangUp() {
	_ = b.control.SetReadDeadline(time.Unix(1, 0)) // a recorder in a test has none
}

func (b *body) Read(p []byte) (int, error) {
	if b.begin() {
		return 0, handler.ErrUploadInterrupted
	}
	n, err := b.ReadCloser.Read(p)
	if b.end() && err != nil && err != io.EOF {
		err = handler.ErrUploadInterrupted
	}
	return n, told(err)
}

// told makes an error of reading one that is its sender's: tusd knows lines that break, and
// calls all else its own fault, such as chunks that are none.
func told(err error) error {
	if err == nil || err == io.EOF || errors.As(err, new(net.Error)) || errors.As(err, new(handler.Error)) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, http.ErrBodyReadAfterClose) {
		return err
	}
	return handler.NewError("ERR_BODY", "the body cannot be read", http.StatusBadRequest)
}

func (b *body) begin() (stopped bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading, b.cut = !b.stopped, b.stopped
	return b.stopped
}

func (b *body) end() (stopped bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading, b.cut = false, b.stopped
	return b.stopped
}

// over is called by the request's own handler: the server is not to wait for the rest of a
// body that was cut off.
func (b *body) over() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cut {
		b.hangUp()
	}
}
