package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/media/flv"
	"hawker/internal/media/rtmp"
	"hawker/internal/platform/lease"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
)

// Player keeps a clip on air in the second demo room, through the same port that
// encoders use.
type Player struct {
	On    bool
	Addr  func() string // where encoders publish
	Clock clock.Clock
	Log   *slog.Logger
	// Turn is held while it plays, where several nodes have the clip: they would take over from each
	// other for ever. Nil where there is one.
	Turn *lease.Lease
}

// Module is what the player brings: nothing where it is off.
func (p Player) Module() module.Module {
	m := module.Module{Name: "demo"}
	if p.On {
		m.Runners = []module.Runner{{Name: "demo.player", Run: p.run}}
	}
	return m
}

const (
	retry   = 3 * time.Second
	turnFor = 9 * time.Second
)

func (p Player) run(ctx context.Context) error {
	f, err := Open("live.flv")
	if err != nil {
		return err
	}
	tags, err := flv.ReadFile(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("demo clip: %w", err)
	}
	for ctx.Err() == nil {
		if err := p.inTurn(ctx, tags); err != nil && ctx.Err() == nil {
			p.Log.Warn("demo clip off air", "error", err)
		}
		timer := p.Clock.NewTimer(retry)
		select {
		case <-ctx.Done():
		case <-timer.C():
		}
		timer.Stop()
	}
	return nil
}

// inTurn plays if no other node does.
func (p Player) inTurn(ctx context.Context, tags []flv.Tag) error {
	if p.Turn == nil {
		return p.play(ctx, tags)
	}
	_, err := p.Turn.While(ctx, func(ctx context.Context) error { return p.play(ctx, tags) })
	return err
}

// TurnIn is the turn to play of a database that several nodes share; nil where there is one.
func TurnIn(db *sqldb.DB) *lease.Lease {
	if !db.Shared() {
		return nil
	}
	l := lease.In(db, "demo.player", turnFor)
	return &l
}

func (p Player) play(ctx context.Context, tags []flv.Tag) error {
	c, err := rtmp.Dial(ctx, "rtmp://"+p.Addr()+"/live/"+ClipKey)
	if err != nil {
		return err
	}
	err = c.Loop(ctx, tags)
	return errors.Join(err, c.Close())
}
