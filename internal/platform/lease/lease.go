// Package lease lets one node at a time do what must not be done twice at once
// (relaying events, sweeping what is due). A lease is a claim with an end; whoever
// dies loses it by doing nothing. Who holds what is kept by a Locker: a table of the
// database by itself.
package lease

import (
	"context"
	"errors"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Locker keeps who holds which name. An engine proves itself by leasetest.Run.
type Locker interface {
	// Hold takes or renews a name for the holder until d from now. Of any number who ask
	// at once, one is answered a fence; the others 0. Who holds the name after another
	// has the greater fence, so what is written under the smaller one can be refused.
	Hold(ctx context.Context, name, holder string, d time.Duration) (fence int64, err error)
	// Release gives a name back early. What another holds stays theirs.
	Release(ctx context.Context, name, holder string) error
}

// Lease is one holder's claim on a name.
type Lease struct {
	Locker Locker
	Clock  clock.Clock
	Name   string
	Holder string // unique to this process
	For    time.Duration
}

// In is a claim of a holder of its own on a name in the database's table.
func In(db *sqldb.DB, name string, d time.Duration) Lease {
	return Lease{Locker: Database{db}, Clock: db.Clock(), Name: name, Holder: id.Token(), For: d}
}

// Hold takes or renews the lease and reports whether it is ours until For from
// now. Call it at least three times in that time.
func (l Lease) Hold(ctx context.Context) (held bool, err error) {
	fence, err := l.Fence(ctx)
	return fence > 0, err
}

// Fence is Hold that answers the fence, 0 where another holds the lease.
func (l Lease) Fence(ctx context.Context) (int64, error) {
	return l.Locker.Hold(ctx, l.Name, l.Holder, l.For)
}

// Release gives the lease back early.
func (l Lease) Release(ctx context.Context) error { return l.Locker.Release(ctx, l.Name, l.Holder) }

// While runs fn under the lease, renewing it at a third of its time, and gives it
// back. It answers false, without running fn, when another holds it. When the lease
// is lost meanwhile, or could not be renewed for so long that another may hold it,
// fn's context ends.
func (l Lease) While(ctx context.Context, fn func(ctx context.Context) error) (held bool, err error) {
	until := l.Clock.Now().Add(l.For)
	if held, err = l.Hold(ctx); err != nil || !held {
		return false, err
	}
	work, stop := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		l.renew(work, stop, until)
	}()
	defer func() { // also when fn panics: nobody would ever hold it again
		stop(nil)
		<-renewed
		err = errors.Join(err, l.Release(context.WithoutCancel(ctx)))
	}()
	return true, fn(work)
}

// ErrHeld is a lease that another has, and goes on to have.
var ErrHeld = errors.New("another holds the lease")

// onlyLook is how often it is looked whether a lease is free.
const onlyLook = time.Second

// Only is While that waits for what a crash left of another; one who goes on is ErrHeld.
func (l Lease) Only(ctx context.Context, fn func(ctx context.Context) error) error {
	for until := l.Clock.Now().Add(l.For + 2*onlyLook); ; {
		held, err := l.While(ctx, func(ctx context.Context) error {
			err := fn(ctx)
			if err == nil && errors.Is(context.Cause(ctx), ErrLost) {
				err = ErrLost
			}
			return err
		})
		if held || err != nil {
			return err
		}
		if !l.Clock.Now().Before(until) {
			return ErrHeld
		}
		timer := l.Clock.NewTimer(onlyLook)
		select {
		case <-timer.C():
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

// ErrLost is why the context of what runs under a lease ends.
var ErrLost = errors.New("the lease was lost to another node")

func (l Lease) renew(ctx context.Context, stop context.CancelCauseFunc, until time.Time) {
	for {
		timer := l.Clock.NewTimer(l.For / 3)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C():
		}
		asked := l.Clock.Now()
		held, err := l.Hold(ctx)
		if err == nil && held {
			until = asked.Add(l.For)
			continue
		}
		if err == nil || !l.Clock.Now().Before(until) {
			stop(ErrLost)
			return
		}
	}
}
