// Package app puts the program together: it reads the configuration, makes every
// module with its ports, and runs what they bring, in an order in which each part
// finds ready what it stands on. It is the only package that knows all others, and
// has no rules of its own.
//
//	app.go      the platform, open and close    modules.go  the list of modules
//	run.go      what runs while it serves       doctor.go   what must be true
package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/backup"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/cdn"
	"hawker/internal/platform/certs"
	"hawker/internal/platform/config"
	"hawker/internal/platform/dial"
	"hawker/internal/platform/engine"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/module"
	"hawker/internal/platform/node"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/space"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/supervise"
	"hawker/internal/platform/telemetry"
	"hawker/internal/replay"
	"hawker/internal/schema"
)

// App is one node.
type App struct {
	platform
	services
	modules   []module.Module
	api       *httpapi.API
	certs     *certs.Certs // nil where somebody else speaks TLS
	refusals  *audit.Refusals
	setupCode string // printed while nobody runs the installation
	lnHTTP    net.Listener
	lnRTMP    net.Listener
	lnRTMPS   net.Listener // nil without a certificate
	lnHTTPS   net.Listener // nil where somebody else speaks TLS
	lnStats   net.Listener // of figures; nil without an address of their own
}

// platform is what modules stand on.
type platform struct {
	cfg        config.Config
	log        *slog.Logger
	clock      clock.Clock
	zone       *time.Location
	guard      *supervise.Supervisor
	metrics    *telemetry.Metrics
	db         *sqldb.DB
	box        *secret.Box
	blobs      blob.Store
	recordings blob.Store
	archive    replay.Archive
	reserve    *space.Reserve
	calls      *dial.Guard // of addresses that users name

	engines *engine.Set
	news    *realtime.Node
	node    *node.Node
}

// nodes are the others that serve this mall; nil where there can be none.
func (p *platform) nodes() cache.Nodes {
	if p.engines.Hears() && p.db.Shared() {
		return p.news
	}
	return nil
}

// Options are what is not a setting.
type Options struct {
	Config config.Config
	Log    *slog.Logger
	Clock  clock.Clock
	Demo   bool // a clip plays in the demo room
}

// Open makes the node: database migrated, modules made, operations registered. No
// port is opened and nothing runs before Run. Close it.
func Open(ctx context.Context, o Options) (*App, error) {
	zone, err := time.LoadLocation(o.Config.Mall.TimeZone)
	if err != nil {
		return nil, err
	}
	a := &App{platform: platform{
		cfg: o.Config.Reached(), log: o.Log, clock: o.Clock, zone: zone,
		guard: supervise.New(o.Log, o.Clock), metrics: telemetry.NewMetrics(),
	}}
	err = a.openPlatform(ctx)
	if err == nil {
		err = a.openModules(o.Demo)
	}
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) openPlatform(ctx context.Context) (err error) {
	if err := backup.Unfinished(a.cfg.Data); err != nil {
		return err
	}
	a.db, err = sqldb.Open(ctx, sqldb.Options{
		URL: a.cfg.DatabaseURL(), Clock: a.clock, Log: a.log, Histories: schema.Histories(),
		Spans: a.cfg.Telemetry.On(),
	})
	if err != nil {
		return err
	}
	if err := a.whole(ctx); err != nil {
		return err
	}
	if err := Vault(a.cfg, a.log, a.clock).BeforeUpgrade(ctx, a.db); err != nil {
		return err
	}
	if err := sqldb.Migrate(ctx, a.db, schema.FS); err != nil {
		return err
	}
	if a.box, err = ring(a.cfg).Open(ctx, a.db); err != nil {
		return err
	}
	a.reserve = space.Of(a.cfg.Data, a.cfg.Storage.Reserve, a.clock)
	a.node = node.New(a.db, a.cfg.Path("work"))
	a.calls = dial.New(a.cfg.Outgoing.Ports, a.cfg.OutgoingNetworks())
	if a.engines, err = engine.Open(ctx, a.cfg, a.box.Index("", "traces"), a.clock, a.log); err != nil {
		return err
	}
	if a.blobs, err = a.engines.Blobs("media"); err != nil {
		return err
	}
	if a.recordings, err = a.engines.Recordings("recordings"); err != nil {
		return err
	}
	a.archive = replay.Archive{Store: a.recordings}
	a.news, err = realtime.New(a.log, a.engines.Realtime(), cdn.Pictures(a.cfg.CDN.Pictures))
	return err
}

// openModules makes the services, lists what they bring and opens the door to it.
func (a *App) openModules(demo bool) (err error) {
	if a.services, err = newServices(&a.platform, a.localURL); err != nil {
		return err
	}
	a.refusals = &audit.Refusals{DB: a.db, Limiter: a.engines.Limiter("refusals"), Log: a.log}
	a.api = httpapi.New(httpapi.Deps{
		Log: a.log, Clock: a.clock, Limiter: a.engines.Limiter("door"), Sign: a.signin, Staff: a.shops, Traces: a.engines.Traces(),
		Rooms: a.rooms, Cookies: a.cookies(), PublicURL: a.cfg.PublicURL, Metrics: a.metrics,
		Trusted: a.cfg.TrustedNetworks(), ReauthenticateWithin: a.cfg.Accounts.Reproof,
		Refused: a.refusals.Note, Elsewhere: a.homes.Door(), Referers: a.cfg.Media.Referers,
		PictureOrigins: slices.Concat(a.cfg.PictureOrigins(), a.engines.Origins(), a.cfg.CDN.Origins()),
		Pictures:       cdn.Pictures(a.cfg.CDN.Pictures), Spoken: spoken(),
	})
	if a.modules, err = a.list(demo); err != nil {
		return err
	}
	a.measure()
	for _, m := range a.modules {
		a.api.Section(m.Name)
		for _, o := range m.Operations {
			o.Register(a.api)
		}
		a.api.Mount(m.Routes...)
		if m.Measure != nil {
			m.Measure(a.metrics)
		}
	}
	return nil
}

func (p *platform) cookies() httpapi.CookiePolicy {
	return httpapi.CookiePolicy{Secure: p.cfg.Secure()}
}

// gather collects one thing that modules bring.
func gather[T any](modules []module.Module, of func(m module.Module) []T) (out []T) {
	for _, m := range modules {
		out = append(out, of(m)...)
	}
	return out
}

func (a *App) bus() *events.Bus {
	return events.NewBus(a.db, a.guard, gather(a.modules, func(m module.Module) []events.Subscription {
		return m.Subscriptions
	})...).Over(a.engines.Carrier).Keep(a.cfg.Events.Keep)
}

func (a *App) queue() *jobs.Queue {
	return jobs.NewQueue(a.db, a.guard, gather(a.modules, func(m module.Module) []jobs.Kind { return m.Jobs })...)
}

func (a *App) scheduler() *schedule.Scheduler {
	tasks := gather(a.modules, func(m module.Module) []schedule.Task { return m.Tasks })
	return schedule.New(a.db, a.log, a.guard, append(tasks, idem.Task(a.db), events.Task(a.db),
		events.LogTask(a.db, a.cfg.Events.Keep)))
}

// Close lets go of everything that Open took, the last first; Run must have
// returned. Ports that Listen opened and Run never served are closed, too.
func (a *App) Close() error {
	errs := []error{a.closeListeners()}
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	for _, m := range slices.Backward(a.modules) {
		if m.Close != nil {
			errs = append(errs, m.Close(ctx))
		}
	}
	if a.news != nil {
		errs = append(errs, a.news.Stop(ctx))
	}
	if a.engines != nil {
		errs = append(errs, a.engines.Close())
	}
	if a.node != nil {
		errs = append(errs, a.node.Leave())
	}
	if a.db != nil {
		errs = append(errs, a.db.Close())
	}
	return errors.Join(errs...)
}

// DB is the database, for commands that look at it.
func (a *App) DB() *sqldb.DB { return a.db }

// API is the door, for commands that describe it.
func (a *App) API() *httpapi.API { return a.api }
