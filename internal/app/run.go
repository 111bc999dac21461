package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/media/rtmp"
	"hawker/internal/order"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/lease"
	"hawker/internal/platform/sqldb"
	"hawker/internal/video"
)

// stopWithin bounds how long a stop waits for what is under way.
const stopWithin = 10 * time.Second

// subscribe ties modules together by events.
func (a *App) subscribe(context.Context) error {
	a.Live.Subscribe(a.bus, a.Accounts)
	a.Live.Announce(a.bus, a.queue, a.Notices)
	a.Clips.Subscribe(a.bus, a.queue)
	a.Promotions.Subscribe(a.bus)
	a.Auctions.Subscribe(a.bus)
	a.Bags.Subscribe(a.bus)
	a.bus.Notify("clip.drafted", video.EventDrafted, a.tellDraft)
	a.bus.Handle("distribution.completed", order.EventCompleted, func(ctx context.Context, tx *sqldb.Tx,
		env event.Envelope,
	) error {
		e, err := event.Decode[order.CompletedFor](env)
		if err != nil {
			return err
		}
		return a.Distribution.OrderCompleted(ctx, tx, e.Order, e.At)
	})
	a.bus.Handle("distribution.closed", order.EventClosed, func(ctx context.Context, tx *sqldb.Tx,
		env event.Envelope,
	) error {
		f, err := event.Decode[order.Fact](env)
		if err != nil {
			return err
		}
		return a.Distribution.OrderClosed(ctx, tx, f.Order)
	})
	a.bus.Handle("catalog.sold", order.EventPaid, func(ctx context.Context, tx *sqldb.Tx, env event.Envelope) error {
		f, err := event.Decode[order.Fact](env)
		if err != nil {
			return err
		}
		return a.countSold(ctx, tx, f)
	})
	return nil
}

// Listen opens the ports, so that whoever waits for the program knows them.
func (a *App) Listen(ctx context.Context) (err error) {
	var lc net.ListenConfig
	if a.lnHTTP, err = lc.Listen(ctx, "tcp", a.cfg.HTTP); err != nil {
		return fmt.Errorf("http address: %w", err)
	}
	if a.lnRTMP, err = lc.Listen(ctx, "tcp", a.cfg.RTMP); err != nil {
		return errors.Join(fmt.Errorf("rtmp address: %w", err), a.lnHTTP.Close())
	}
	if err := a.listenTLS(ctx); err != nil {
		return errors.Join(err, a.lnHTTP.Close(), a.lnRTMP.Close())
	}
	return nil
}

// HTTPAddr is where pages and API are served.
func (a *App) HTTPAddr() string { return a.lnHTTP.Addr().String() }

// RTMPAddr is where encoders publish.
func (a *App) RTMPAddr() string { return a.lnRTMP.Addr().String() }

// Run serves until ctx ends, then stops in the order that loses nothing: no new
// requests, publishers away, events and jobs put down. With demo, a clip plays
// in the demo room.
func (a *App) Run(ctx context.Context, demo bool) error {
	if err := a.recover(ctx); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.serveHTTP(ctx) })
	for _, ln := range []net.Listener{a.lnRTMP, a.lnRTMPS} {
		if ln != nil {
			g.Go(func() error { return a.serveRTMP(ctx, ln) })
		}
	}
	if a.cfg.Payment.Sandbox {
		g.Go(func() error { return a.keepSandbox(ctx, demo) })
	}
	if demo {
		g.Go(func() error { return a.playDemo(ctx) })
	}
	g.Go(func() error { return a.ladder.Run(ctx) })
	g.Go(func() error { return a.bus.Run(ctx) })
	g.Go(func() error { return a.queue.Run(ctx) })
	g.Go(func() error { return a.Live.RunStats(ctx) })
	g.Go(func() error { return a.Promotions.RunNews(ctx) })
	g.Go(func() error { return a.Bags.RunNews(ctx) })
	for _, s := range a.sweeps() {
		g.Go(func() error { return a.sweep(ctx, s) })
	}
	return g.Wait()
}

func (a *App) serveRTMP(ctx context.Context, ln net.Listener) error {
	server := rtmp.Server{Handler: a.hub.RTMP(), Log: a.log}
	if err := server.Serve(ctx, ln); !errors.Is(err, rtmp.ErrServerClosed) {
		return err
	}
	return nil
}

// Work does jobs until ctx ends, beside nodes that serve.
func (a *App) Work(ctx context.Context) error {
	a.bank.up() // the server keeps it
	return a.queue.Run(ctx)
}

const (
	headerWithin = 10 * time.Second
	idleWithin   = 2 * time.Minute
	headerMax    = 32 << 10
)

func (a *App) serveHTTP(ctx context.Context) error {
	server := &http.Server{
		Handler: a.api, ReadHeaderTimeout: headerWithin, IdleTimeout: idleWithin,
		MaxHeaderBytes: headerMax,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(a.lnHTTP) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin/2)
	defer cancel()
	if err := a.news.Stop(stop); err != nil { // sockets are no requests that end by themselves
		a.log.Warn("real-time connections not closed in time", "error", err)
	}
	if err := server.Shutdown(stop); err != nil {
		return server.Close() // viewers that wait for the next part of a stream
	}
	return nil
}

// sweep is something that is looked for again and again by one node at a time.
type sweep struct {
	name  string
	every time.Duration
	do    func(ctx context.Context) error
}

const sweepSize = 200

func (a *App) sweeps() []sweep {
	return []sweep{
		{"orders.due", time.Second, func(ctx context.Context) error {
			_, err := a.Orders.Sweep(ctx,
				sweepSize)
			return err
		}},
		{"payments.poll", time.Second, func(ctx context.Context) error {
			_, err := a.Payments.Poll(ctx,
				sweepSize)
			return err
		}},
		{"distribution.mature", time.Second, func(ctx context.Context) error {
			_, err := a.Distribution.MatureDue(ctx, a.clock.Now(), sweepSize)
			return err
		}},
		{"promotion.due", time.Second, a.Promotions.Sweep},
		{"auction.due", time.Second / 4, a.Auctions.Sweep},
		{"luckybag.due", time.Second / 2, a.Bags.Sweep},
		{"live.paused", 5 * time.Second, a.Live.Sweep},
		{"live.recordings", 10 * time.Minute, func(ctx context.Context) error {
			return a.Live.SweepRecordings(ctx,
				archive{a.recordings()})
		}},
		{"live.reminders", 20 * time.Second, func(ctx context.Context) error {
			return a.Live.SweepReminders(ctx,
				a.Notices)
		}},
		{"notify.old", time.Hour, a.Notices.Sweep},
		{"video.uploads", 10 * time.Minute, a.sweepUploads},
		{"account.sessions", time.Hour, a.Accounts.SweepSessions},
		{"idem.answers", time.Hour, func(ctx context.Context) error { return idem.Sweep(ctx, a.db) }},
	}
}

const sweepLease = 15 * time.Second

func (a *App) sweep(ctx context.Context, s sweep) error {
	l := lease.Lease{DB: a.db, Name: "sweep." + s.name, Holder: id.Token(), For: max(sweepLease, 3*s.every)}
	var renewAt time.Time
	held := false
	for {
		timer := a.clock.NewTimer(s.every)
		select {
		case <-ctx.Done():
			timer.Stop()
			return l.Release(context.WithoutCancel(ctx))
		case <-timer.C():
		}
		var err error
		if now := a.clock.Now(); !now.Before(renewAt) {
			held, err = l.Hold(ctx)
			renewAt = now.Add(l.For / 3)
		}
		if held && err == nil {
			err = s.do(ctx)
		}
		if err != nil && ctx.Err() == nil {
			a.log.Error("sweep", "name", s.name, "error", err)
		}
	}
}
