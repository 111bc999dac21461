package front

import (
	"context"
	"errors"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
)

// any tells whether anything is pulled at all.
func (f *Fronts) any() bool { return f.o.Live.SRSPull != "" || f.o.Live.NginxPull != "" }

// takeUp pulls what no node speaks for any more. A process that has its database for itself comes to
// it at its start only, and then nobody else does.
func (f *Fronts) takeUp(ctx context.Context) error {
	list, err := room.Outsiders(ctx, f.o.DB.Reader())
	if err != nil {
		return err
	}
	var errs []error
	for _, o := range list {
		errs = append(errs, f.takeUpOne(ctx, o))
	}
	return errors.Join(errs...)
}

func (f *Fronts) takeUpOne(ctx context.Context, o room.Outsider) error {
	if f.from(o.ID) == "" {
		return nil
	}
	if f.o.DB.Shared() && f.o.DB.Clock().Now().Before(o.Until) {
		nodes, err := sqldb.Nodes(ctx, f.o.DB.Reader(), f.o.DB.Clock().Now())
		if err != nil || nodes[o.Node] {
			return err
		}
	}
	ours := false
	err := f.o.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		ours, err = room.TakeUp(ctx, tx, o)
		return err
	})
	if err == nil && ours {
		f.o.Log.Info("pull taken up", "room", o.Room.String(), "connection", o.ID, "from", o.Node)
		f.Begin(o.Room, o.ID)
	}
	return err
}

// Ensure answers a sign of life of a connection: somebody has to pull it.
func (f *Fronts) Ensure(ctx context.Context, r id.Room) error {
	o, err := room.Outside(ctx, f.o.DB.Reader(), r)
	if err != nil || !o.Pulled() {
		return err
	}
	if o.Node == f.o.DB.Node() {
		f.Begin(r, o.ID)
		return nil
	}
	return f.takeUpOne(ctx, o)
}

// run says every moment that this node pulls what it pulls, and lets go of what is not its own any more.
// Where nobody else could take it up, nothing has to be said.
func (f *Fronts) run(ctx context.Context) error {
	for {
		timer := f.o.DB.Clock().NewTimer(pullEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C():
		}
		f.speak(ctx)
	}
}

func (f *Fronts) speak(ctx context.Context) {
	f.mu.Lock()
	mine := make([]*pulling, 0, len(f.pulls))
	for _, p := range f.pulls {
		mine = append(mine, p)
	}
	f.mu.Unlock()
	if len(mine) == 0 || !f.o.DB.Shared() {
		return
	}
	lost := map[id.Room]bool{}
	err := f.o.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		clear(lost)
		for _, p := range mine {
			ok, err := room.KeepPulling(ctx, tx, p.room, p.connection)
			if err != nil {
				return err
			}
			lost[p.room] = !ok
		}
		return nil
	})
	if err != nil {
		f.o.Log.Error("what this node pulls is not said", "error", err)
		return
	}
	for _, p := range mine {
		if lost[p.room] {
			p.cancel()
		}
	}
}
