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
	"hawker/internal/platform/module"
)

// Player keeps a clip on air in the second demo room, through the same port that
// encoders use.
type Player struct {
	On    bool
	Addr  func() string // where encoders publish
	Clock clock.Clock
	Log   *slog.Logger
}

// Module is what the player brings: nothing where it is off.
func (p Player) Module() module.Module {
	m := module.Module{Name: "demo"}
	if p.On {
		m.Runners = []module.Runner{{Name: "demo.player", Run: p.run}}
	}
	return m
}

const retry = 3 * time.Second

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
		if err := p.play(ctx, tags); err != nil && ctx.Err() == nil {
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

func (p Player) play(ctx context.Context, tags []flv.Tag) error {
	c, err := rtmp.Dial(ctx, "rtmp://"+p.Addr()+"/live/"+ClipKey)
	if err != nil {
		return err
	}
	err = c.Loop(ctx, tags)
	return errors.Join(err, c.Close())
}
