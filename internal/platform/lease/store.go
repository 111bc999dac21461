// Package lease lets one node at a time do what must not be done twice at once
// (relaying events, sweeping what is due). A lease is a row with an end; whoever
// dies loses it by doing nothing.
package lease

import (
	"context"
	"errors"
	"time"

	"hawker/internal/platform/sqldb"
)

// Lease is one holder's claim on a name.
type Lease struct {
	DB     *sqldb.DB
	Name   string
	Holder string // unique to this process
	For    time.Duration
}

// Hold takes or renews the lease and reports whether it is ours until For from
// now. Call it at least three times in that time.
func (l Lease) Hold(ctx context.Context) (held bool, err error) {
	err = l.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		now, until := sqldb.Millis(tx.Now()), sqldb.Millis(tx.Now().Add(l.For))
		n, err := tx.Exec(ctx, `UPDATE lease SET holder = ?, lease_until = ? WHERE name = ? AND (holder = ?
			OR lease_until < ?)`,
			l.Holder, until, l.Name, l.Holder, now)
		if held = n == 1; held || err != nil {
			return err
		}
		held, err = tx.InsertOnce(ctx, "INSERT INTO lease (name, holder, lease_until) VALUES (?, ?, ?)", l.Name,
			l.Holder, until)
		return err
	})
	return held && err == nil, err
}

// Release gives the lease back early.
func (l Lease) Release(ctx context.Context) error {
	return l.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE lease SET lease_until = 0 WHERE name = ? AND holder = ?", l.Name, l.Holder)
		return err
	})
}

// While runs fn under the lease, renewing it at a third of its time, and gives it
// back. It answers false, without running fn, when another holds it. When the lease
// is lost meanwhile, fn's context ends.
func (l Lease) While(ctx context.Context, fn func(ctx context.Context) error) (held bool, err error) {
	if held, err = l.Hold(ctx); err != nil || !held {
		return false, err
	}
	work, stop := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		l.renew(work, stop)
	}()
	err = fn(work)
	stop(nil)
	<-renewed
	return true, errors.Join(err, l.Release(context.WithoutCancel(ctx)))
}

// ErrLost is why the context of what runs under a lease ends.
var ErrLost = errors.New("the lease was lost to another node")

func (l Lease) renew(ctx context.Context, stop context.CancelCauseFunc) {
	for {
		timer := l.DB.Clock().NewTimer(l.For / 3)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C():
		}
		if held, err := l.Hold(ctx); err == nil && !held {
			stop(ErrLost)
			return
		}
	}
}
