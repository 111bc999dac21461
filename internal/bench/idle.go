package bench

import (
	"context"
	"time"
)

const idleSettles = 8 * time.Second // what a start still has to do

// idle measures a mall in which nothing happens: what it costs to wait.
func (b *Bench) idle(ctx context.Context, window time.Duration) error {
	if err := pause(ctx, min(idleSettles, 4*window)); err != nil {
		return err
	}
	pid := b.server.cmd.Process.Pid
	used, err := ran(pid)
	if err != nil {
		return err
	}
	written, err := wrote(pid)
	if err != nil {
		return err
	}
	if err := pause(ctx, 4*window); err != nil {
		return err
	}
	usedThen, err := ran(pid)
	if err != nil {
		return err
	}
	writtenThen, err := wrote(pid)
	if err != nil {
		return err
	}
	minutes := (4 * window).Minutes()
	b.add(Figure{
		Area: "idle", Name: "processor time",
		Value: float64((usedThen - used).Microseconds()) / 1000 / minutes, Unit: "ms/min",
	})
	b.add(Figure{
		Area: "idle", Name: "written to disk",
		Value: float64(writtenThen-written) / minutes, Unit: "bytes/min", Goal: "= 0",
	})
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
