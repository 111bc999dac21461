package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"hawker/internal/home"
	"hawker/internal/media/rtmp"
	"hawker/internal/platform/config"
	"hawker/internal/platform/conns"
	"hawker/internal/platform/lease"
	"hawker/internal/platform/module"
	"hawker/internal/platform/realtime"
)

// stopWithin bounds how long a stop waits for what is under way.
const stopWithin = 10 * time.Second

// Listen opens the ports, so that whoever waits for the program knows them.
func (a *App) Listen(ctx context.Context) (err error) {
	if err := a.checkDemo(ctx, false); err != nil {
		return err
	}
	if a.setupCode, err = a.operator.Code(ctx); err != nil {
		return err
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", a.cfg.HTTP)
	if err != nil {
		return fmt.Errorf("http address: %w", err)
	}
	a.lnHTTP = conns.Limit(ln, a.limits(), a.log)
	if err := a.listenOthers(ctx); err != nil {
		return errors.Join(err, a.closeListeners())
	}
	return nil
}

func (a *App) listenOthers(ctx context.Context) (err error) {
	if err := a.listenHTTPS(ctx); err != nil {
		return fmt.Errorf("https: %w", err)
	}
	if a.lnRTMP, err = a.listenRTMP(ctx, a.cfg.RTMP); err != nil {
		return fmt.Errorf("rtmp address: %w", err)
	}
	if err := a.rtc.Listen(); err != nil {
		return err
	}
	if c := a.cfg.Live; c.RTMPS != "" {
		if a.lnRTMPS, err = a.listenRTMPS(ctx, c.RTMPS); err != nil {
			return fmt.Errorf("rtmps: %w", err)
		}
	}
	if c := a.cfg.Metrics; c.Address != "" {
		var lc net.ListenConfig
		if a.lnStats, err = lc.Listen(ctx, "tcp", c.Address); err != nil {
			return fmt.Errorf("metrics address: %w", err)
		}
	}
	return nil
}

// limits are those of connections, as far as this process can keep so many.
func (a *App) limits() conns.Limits {
	c := a.cfg.Limits
	return conns.Limits{
		Total: c.Connections, PerAddress: c.PerAddress, Patience: c.Patience, Trusted: a.cfg.TrustedNetworks(),
	}.Within(conns.OpenFilesMax())
}

// listenRTMP opens the door of publishers.
func (a *App) listenRTMP(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	trusted := a.cfg.TrustedNetworks()
	if err != nil || len(trusted) == 0 {
		return ln, err
	}
	return conns.Proxied(ln, trusted, headerWithin), nil
}

// HTTPAddr is where pages and API are served.
func (a *App) HTTPAddr() string { return a.lnHTTP.Addr().String() }

// RTMPAddr is where encoders publish.
func (a *App) RTMPAddr() string { return a.lnRTMP.Addr().String() }

// localURL is where this process answers on its own machine; the sandbox calls
// it back there.
func (a *App) localURL() string { return "http://127.0.0.1:" + port(a.lnHTTP, a.cfg.HTTP) }

func (a *App) rtmpPort() string { return port(a.lnRTMP, a.cfg.RTMP) }

// port is the one that a listener got, or the one that it will ask for.
func port(ln net.Listener, wanted string) string {
	if ln != nil {
		wanted = ln.Addr().String()
	}
	return wanted[strings.LastIndexByte(wanted, ':')+1:]
}

// errNodeLost ends a node whose number another may have by now.
var errNodeLost = errors.New("this node's lease was lost to another: it stops before it makes ids that exist already")

// The lease of the one server of a database whose nodes do not hear each other.
const (
	servingLease = "serving"
	servingFor   = 9 * time.Second
)

// ErrServed ends a second server on one database.
var ErrServed = errors.New("another server serves this database. Several need redis.url, by which they hear each " +
	"other: set it at all of them, stop the other, or start `hawker worker` here for the jobs alone")

// Run serves until ctx ends. Without redis a database has one server: what a crash left of another
// is waited for, one that goes on is fault ErrServed.
func (a *App) Run(ctx context.Context) error {
	ctx = a.engines.Within(ctx)
	if !a.db.Shared() || a.nodes() != nil {
		return a.serve(ctx)
	}
	err := lease.In(a.db, servingLease, servingFor).Only(ctx, a.serve)
	if errors.Is(err, lease.ErrHeld) {
		return ErrServed
	}
	return err
}

// serve runs what modules bring, then stops in the order that loses nothing: no new
// requests, publishers away, events and jobs put down.
func (a *App) serve(ctx context.Context) error {
	if err := a.join(ctx); err != nil {
		return fmt.Errorf("join: %w", err)
	}
	for _, m := range a.modules {
		if m.Recover == nil {
			continue
		}
		if err := m.Recover(ctx); err != nil {
			return fmt.Errorf("recover %s: %w", m.Name, err)
		}
	}
	channels := gather(a.modules, func(m module.Module) []realtime.Channel { return m.Channels })
	if err := a.news.Serve(a.api.Authorizer(), channels); err != nil {
		return err
	}
	bus := a.bus()
	bus.Inline()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.serveHTTP(ctx) })
	if a.lnStats != nil {
		g.Go(func() error { return a.metrics.Serve(ctx, a.lnStats, a.noise()) })
	}
	if a.certs != nil {
		g.Go(func() error { return a.certs.Run(ctx) })
	}
	for _, ln := range []net.Listener{a.lnRTMP, a.lnRTMPS} {
		if ln != nil && a.cfg.Node.Does(config.RoleLive) {
			g.Go(func() error { return a.serveRTMP(ctx, ln) })
		}
	}
	g.Go(func() error {
		select {
		case <-a.db.Lost():
			return errNodeLost
		case <-ctx.Done():
			return nil
		}
	})
	runners := gather(a.modules, func(m module.Module) []module.Runner { return m.Runners })
	runners = append(runners, module.Runner{Name: "events", Run: bus.Run},
		module.Runner{Name: "schedule", Run: a.scheduler().Run})
	if a.cfg.Node.Does(config.RoleWorker) {
		runners = append(runners, module.Runner{Name: "jobs", Run: a.queue().Run})
	}
	runners = append(runners, a.engines.Runners()...)
	a.engines.Back(a.listenAgain)
	for _, r := range runners {
		g.Go(func() error { a.guard.Run(ctx, r.Name, r.Run); return nil })
	}
	return g.Wait()
}

// join makes this node known to the others.
func (a *App) join(ctx context.Context) error {
	if err := a.node.Join(ctx); err != nil || a.homes == nil {
		return err
	}
	address, err := home.Address(a.cfg.Node.Address, a.HTTPAddr())
	if err != nil {
		return err
	}
	return home.Join(ctx, a.db, address)
}

// listenAgain makes up for what other nodes could not tell this one.
func (a *App) listenAgain(ctx context.Context) {
	if err := errors.Join(a.news.RecheckAll(ctx), a.shows.Load(ctx)); err != nil {
		a.log.Error("what other nodes told meanwhile", "error", err)
	}
}

// Work does jobs until ctx ends, beside nodes that serve.
func (a *App) Work(ctx context.Context) error {
	ctx = a.engines.Within(ctx)
	if err := a.node.Join(ctx); err != nil {
		return fmt.Errorf("join: %w", err)
	}
	a.bank.Up() // the server keeps it
	a.bus().Inline()
	a.guard.Run(ctx, "jobs", a.queue().Run)
	return nil
}

func (a *App) serveRTMP(ctx context.Context, ln net.Listener) error {
	most := max(1, min(publishersMax, a.limits().Total/rtmpShare))
	server := rtmp.Server{
		Handler: a.hub.RTMP(), Log: a.log, ConnsMax: most, ConnsPerHome: max(1, min(publishersPerHome, most/2)),
		Trusted: a.cfg.TrustedNetworks(),
	}
	if err := server.Serve(ctx, ln); !errors.Is(err, rtmp.ErrServerClosed) {
		return err
	}
	return nil
}

// Bounds of one RTMP port, and how it stands to the connections of the others.
const (
	publishersMax     = 2000
	publishersPerHome = 200
	rtmpShare         = 4
)

const (
	headerWithin = 10 * time.Second
	idleWithin   = 2 * time.Minute
	headerMax    = 32 << 10
)

// FiguresAddr is where figures are shown, "" without an address of their own.
func (a *App) FiguresAddr() string {
	if a.lnStats == nil {
		return ""
	}
	return a.lnStats.Addr().String()
}
