package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"hawker/internal/app"
	"hawker/internal/demo"
)

type demoCmd struct {
	settings
	Size   string `help:"small: a shop with what a visitor looks at. large: filled further, to be measured." enum:"small,large" default:"small"`
	Goods  int    `help:"Products of a large mall." default:"100000" placeholder:"N"`
	Orders int    `help:"Its orders." default:"1000000" placeholder:"N"`
	Videos int    `help:"Its films; rows without files." default:"100000" placeholder:"N"`
}

// Run fills the installation. One that is ended, or ends by Ctrl-C, goes on when it is asked again.
func (c demoCmd) Run(ctx context.Context) error {
	cfg, log, err := c.load()
	if err != nil {
		return err
	}
	if c.Size == "small" {
		o := app.Options{Config: cfg, Log: log, Clock: mallTime()}
		return onInstallation(ctx, o, func(a *app.App) error { return a.FillDemo(ctx) })
	}
	o := app.Options{Config: cfg, Log: log, Clock: &demo.Clock{}}
	return onInstallation(ctx, o, func(a *app.App) error {
		if err := a.FillDemo(ctx); err != nil {
			return err
		}
		b := bar{}
		err := a.GrowDemo(ctx, demo.Size{Goods: c.Goods, Orders: c.Orders, Videos: c.Videos}, b.tell)
		b.end()
		if ctx.Err() != nil {
			return fmt.Errorf("ended at %d of %d %s; what is there is whole, and the same command goes on: %w",
				b.last.Done, b.last.Of, b.last.What, err)
		}
		return err
	})
}

// bar shows how far something is, how fast it goes and how long it will take, on one line of a terminal.
type bar struct {
	began, shown time.Time
	first, last  demo.Progress
}

const barEvery = 200 * time.Millisecond

func (b *bar) tell(p demo.Progress) {
	now := time.Now()
	if p.What != b.last.What {
		b.end()
		b.began, b.first = now, p
	}
	b.last = p
	if now.Sub(b.shown) >= barEvery || p.Done == p.Of {
		b.shown = now
		fmt.Fprint(os.Stderr, "\r", b.line(now), "\x1b[K")
	}
}

// line is what is shown at a time.
func (b *bar) line(now time.Time) string {
	const width = 30
	full := width * b.last.Done / max(b.last.Of, 1)
	out := fmt.Sprintf("%-7s [%-*.*s] %d of %d", b.last.What, width, full, "##############################", b.last.Done,
		b.last.Of)
	took, made := now.Sub(b.began).Seconds(), float64(b.last.Done-b.first.Done)
	if took <= 0 || made <= 0 {
		return out
	}
	left := time.Duration(float64(b.last.Of-b.last.Done) / made * took * float64(time.Second))
	return out + fmt.Sprintf(", %.0f/s, %s left", made/took, left.Round(time.Second))
}

func (b *bar) end() {
	if b.last.What != "" {
		fmt.Fprintln(os.Stderr)
	}
}
