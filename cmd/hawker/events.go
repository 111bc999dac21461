package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/events"
	"hawker/internal/platform/events/broker"
	"hawker/internal/platform/sqldb"
)

type eventsCmd struct {
	Replay replayCmd `cmd:"" help:"Tell the broker anew what it was told since a time. An interrupt ends it."`
}

type replayCmd struct {
	settings
	Since  time.Time `required:"" help:"The first that is told happened then, e.g. 2026-11-01T00:00:00Z." placeholder:"TIME"`
	Name   string    `help:"Only these events, e.g. order.paid." placeholder:"NAME"`
	DryRun bool      `help:"Count them, and tell nobody."`
}

var errNoBroker = errors.New("no broker.url: nothing was kept, and there is nobody to tell")

func (c replayCmd) Run(ctx context.Context) error {
	cfg, log, err := c.load()
	if err != nil {
		return err
	}
	to, err := broker.Open(cfg.Broker, clock.Real{}, log)
	if err != nil {
		return err
	}
	if to == nil {
		return errNoBroker
	}
	err = c.onDatabase(ctx, true, func(db *sqldb.DB) error { return c.replay(ctx, db, to) })
	return errors.Join(err, to.Close())
}

func (c replayCmd) replay(ctx context.Context, db *sqldb.DB, to events.Carrier) error {
	n, oldest, err := events.Kept(ctx, db.Reader(), c.Since, c.Name)
	if err != nil {
		return err
	}
	if n == 0 {
		fmt.Println("nothing is kept since then")
		return nil
	}
	fmt.Printf("%d events are kept, the first of %s\n", n, oldest.Format(time.RFC3339))
	if c.DryRun {
		return nil
	}
	told, err := events.Replay(ctx, db, to, c.Since, c.Name, func(told int, at time.Time) {
		fmt.Printf("%d of %d, until %s\n", told, n, at.Format(time.RFC3339Nano))
	})
	if err != nil {
		return fmt.Errorf("%d were told; go on with --since of the last line: %w", told, err)
	}
	return nil
}
