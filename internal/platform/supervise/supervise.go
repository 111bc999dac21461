// Package supervise runs what a module runs by itself: runners, sweeps, whatever
// is told of an event. A panic or an error there is logged with its stack, counted
// and, for what runs for ever, followed by another start after a pause: a bug in
// one module ends neither the program nor its neighbours.
package supervise

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/crash"
)

// Supervisor is made once a program. Its methods may be called from anywhere.
type Supervisor struct {
	log    *slog.Logger
	clock  clock.Clock
	panics atomic.Int64
}

// New makes a supervisor.
func New(log *slog.Logger, c clock.Clock) *Supervisor { return &Supervisor{log: log, clock: c} }

// Log is where it writes, for what it runs.
func (s *Supervisor) Log() *slog.Logger { return s.log }

// Panics counts what was caught since the start.
func (s *Supervisor) Panics() int64 { return s.panics.Load() }

// Call runs fn once. A panic is logged with its stack, counted, and answered as an
// error.
func (s *Supervisor) Call(name string, fn func() error) error {
	err := crash.Catch(fn)
	var c *crash.Error
	if errors.As(err, &c) {
		s.panics.Add(1)
		s.log.Error("panic", "in", name, "panic", c.Value, "stack", string(c.Stack))
		return errors.New("panic in " + name)
	}
	return err
}

const (
	pauseFirst = time.Second
	pauseMax   = time.Minute
	steady     = 5 * time.Minute // who ran that long before failing begins with the first pause again
)

// Run calls fn until ctx ends. fn should return only then; when it returns before,
// by an error or a panic, it is started again after a growing pause.
func (s *Supervisor) Run(ctx context.Context, name string, fn func(ctx context.Context) error) {
	pause := pauseFirst
	for ctx.Err() == nil {
		began := s.clock.Now()
		err := s.Call(name, func() error { return fn(ctx) })
		if ctx.Err() != nil {
			return
		}
		if s.clock.Now().Sub(began) >= steady {
			pause = pauseFirst
		}
		s.log.Error("stopped by itself and is started again", "what", name, "error", err, "after", pause)
		timer := s.clock.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C():
		}
		timer.Stop()
		pause = min(2*pause, pauseMax)
	}
}
