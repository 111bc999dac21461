// Package app puts the program together: it reads the configuration, makes every
// module with what it needs, mounts their doors and runs what runs in the
// background, in an order in which each part finds ready what it stands on. It
// is the only package that knows all others, and has no rules of its own.
package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"time"

	"hawker/internal/account"
	"hawker/internal/analytics"
	"hawker/internal/auction"
	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/cart"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/clip"
	"hawker/internal/distribution"
	"hawker/internal/fulfilment"
	"hawker/internal/live"
	"hawker/internal/luckybag"
	"hawker/internal/media/ffmpeg"
	"hawker/internal/media/ladder"
	"hawker/internal/media/record"
	"hawker/internal/media/relay"
	"hawker/internal/media/stream"
	"hawker/internal/media/upload"
	"hawker/internal/media/whip"
	"hawker/internal/moderation"
	"hawker/internal/notify"
	"hawker/internal/order"
	"hawker/internal/payment"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/config"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/telemetry"
	"hawker/internal/promotion"
	"hawker/internal/schema"
	"hawker/internal/shop"
	"hawker/internal/social"
	"hawker/internal/video"
)

// App is one node.
type App struct {
	cfg     config.Config
	log     *slog.Logger
	clock   clock.Clock
	zone    *time.Location
	metrics *telemetry.Metrics

	db     *sqldb.DB
	box    *secret.Box
	blobs  *blob.Disk
	bus    *events.Bus
	queue  *jobs.Queue
	news   *realtime.Node
	hub    *stream.Hub
	ladder *ladder.Ladder
	bank   *bank
	relays *relay.Relay
	rtc    *whip.Server
	films  *ffmpeg.Tool
	files  *upload.Store

	Accounts     *account.Service
	Shops        *shop.Service
	Pictures     *catalog.Media
	Catalog      *catalog.Service
	Orders       *order.Service
	Cart         *cart.Service
	Checkout     *checkout.Service
	Payments     *payment.Service
	Fulfilment   *fulfilment.Service
	Distribution *distribution.Distribution
	Live         *live.Service
	Analytics    *analytics.Service
	Videos       *video.Service
	Clips        *clip.Service
	Social       *social.Service
	Notices      *notify.Service
	Words        *moderation.Service
	Promotions   *promotion.Service
	Auctions     *auction.Service
	Bags         *luckybag.Service

	api     *httpapi.API
	lnHTTP  net.Listener
	lnRTMP  net.Listener
	lnRTMPS net.Listener // nil without a certificate
}

// Options are what is not a setting.
type Options struct {
	Config config.Config
	Log    *slog.Logger
	Clock  clock.Clock
}

// Open makes the node: database migrated, modules made, doors mounted, nothing
// running yet. Close it.
func Open(ctx context.Context, o Options) (*App, error) {
	zone, err := time.LoadLocation(o.Config.Mall.TimeZone)
	if err != nil {
		return nil, err
	}
	a := &App{cfg: o.Config, log: o.Log, clock: o.Clock, zone: zone, metrics: telemetry.NewMetrics(), bank: newBank()}
	for _, step := range []func(context.Context) error{
		a.openPlatform, a.makeModules, a.makeLive, a.makeSelling,
		a.makeVideos, a.mount, a.subscribe,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, a.Close())
		}
	}
	return a, nil
}

func (a *App) openPlatform(ctx context.Context) (err error) {
	master, err := secret.LoadOrCreateKey(a.cfg.MasterKeyPath())
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	if a.box, err = secret.NewBox(master); err != nil {
		return err
	}
	a.db, err = sqldb.Open(ctx, sqldb.Options{URL: a.cfg.DatabaseURL(), Clock: a.clock, Log: a.log})
	if err != nil {
		return err
	}
	if err := sqldb.Migrate(ctx, a.db, schema.FS); err != nil {
		return err
	}
	if a.blobs, err = blob.NewDisk(a.cfg.Path("media")); err != nil {
		return err
	}
	a.bus = events.NewBus(a.db, a.log)
	a.queue = jobs.NewQueue(a.db, a.log)
	return nil
}

func (a *App) makeModules(context.Context) (err error) {
	a.Accounts = account.New(a.db, a.box, cache.NewMemoryLimiter(a.clock))
	a.Shops = shop.New(a.db)
	a.Pictures = catalog.NewMedia(a.db, a.blobs)
	a.Catalog = catalog.New(a.db, a.Pictures)
	a.Orders = order.New(a.db, a.box, order.Terms{
		PayWithin:     a.cfg.Order.PayWithin,
		ReceiveWithin: a.cfg.Order.ReceiveWithin,
	})
	a.Cart = cart.New(a.db)
	a.Fulfilment = fulfilment.New(a.db, a.Orders)
	a.Analytics = analytics.New(a.db, a.zone)
	a.Distribution, err = distribution.New(a.db, a.distributionSettings(), people{a.Accounts}, shelf{a})
	if err != nil {
		return err
	}
	a.Checkout = checkout.New(a.db, a.Orders, a.Accounts, earners{a.Distribution},
		checkout.Prices{Currency: a.cfg.Mall.Currency, Shipping: a.cfg.Mall.Shipping})
	providers := map[string]payment.Provider{}
	if a.cfg.Payment.Sandbox {
		bank := payment.NewSandbox(a.db, a.box, a.sandboxURL(), func() string {
			return a.localURL() + httpapi.Prefix +
				"/payments/sandbox/notify"
		})
		bank.Transport = a.bank
		providers[payment.SandboxName] = bank
	}
	a.Payments = payment.New(a.db, a.log, a.Orders, splits{a.Distribution}, providers)
	a.Payments.Jobs(a.queue)
	return nil
}

func (a *App) distributionSettings() distribution.Settings {
	c := a.cfg.Distribution
	return distribution.Settings{
		Policy:  distribution.Policy{Levels: c.Levels, LineCap: 5000, Fee: c.Fee},
		Default: distribution.Percent(c.Level1, c.Level2), BindFor: c.BindFor, AfterSale: c.AfterSale,
		Currency: a.cfg.Mall.Currency, Zone: a.zone, PublicURL: a.cfg.PublicURL,
	}
}

// coresForLadder is the smallest machine on which new rooms have smaller
// renditions unless their shop says otherwise: a ladder takes up to one core.
const coresForLadder = 4

func (a *App) makeLive(context.Context) (err error) {
	gate := &lateGate{}
	if a.news, err = realtime.New(a.log, gate); err != nil {
		return err
	}
	a.Social = social.New(a.db, stalls{a.Shops})
	a.Words = moderation.New(a.db)
	a.Notices = notify.New(a.db, a.log, a.news)
	relays := &lateRelay{}
	a.Live = live.New(live.Options{
		DB: a.db, Box: a.box, Log: a.log, Catalog: a.Catalog, News: a.news, Words: a.Words, Follows: a.Social,
		Limiter: cache.NewMemoryLimiter(a.clock), Part: a.cfg.Live.Part, Relay: relays,
		Ladder: runtime.NumCPU() >= coresForLadder, Renditions: a.cfg.Live.Ladder.Renditions,
	})
	gate.Gate = live.Gate{Service: a.Live, Staff: a.Shops}
	a.hub = stream.NewHub(stream.Config{
		Clock: a.clock, Log: a.log, Admission: a.admission(), Observer: a.Live, Store: a.Live,
		RecordDir: a.recordings(), StreamsMax: a.cfg.Live.StreamsMax, Playback: a,
	})
	a.ladder = ladder.New(ladder.Config{
		Hub: a.hub, Clock: a.clock, Log: a.log, Program: a.cfg.Live.FFmpeg,
		StreamsMax: cmp.Or(a.cfg.Live.Ladder.StreamsMax, runtime.NumCPU()/2),
	})
	a.relays = relay.New(relay.Config{Hub: a.hub, Clock: a.clock, Log: a.log})
	relays.Relay = a.relays
	a.Live.Attach(a.hub)
	a.rtc, err = whip.New(whip.Config{
		Hub: a.hub, Log: a.log, Clock: a.clock, FFmpeg: a.cfg.Live.FFmpeg, UDP: a.cfg.Live.WebRTCUDP,
		TCP:       a.cfg.Live.WebRTCTCP,
		PublicIPs: a.cfg.Live.WebRTCIPs, MayPlay: a.mayWatchRTC,
	})
	return err
}

// recover takes up what a crash left: shows that were on air, work half done.
// It comes before publishers and jobs.
func (a *App) recover(ctx context.Context) error {
	if err := a.Videos.Recover(); err != nil {
		return err
	}
	err := a.Live.Recover(ctx, func(room id.Room) bool {
		recs, err := record.Scan(a.recordings(), room.String())
		return err == nil && len(recs) > 0
	})
	return errors.Join(err, a.Live.StartRelays(ctx))
}

func (a *App) recordings() string { return a.cfg.Path("recordings") }

// localURL is where this process answers on its own machine; the sandbox calls
// it back there.
func (a *App) localURL() string { return "http://127.0.0.1:" + a.port(a.lnHTTP, a.cfg.HTTP) }

// port is the one that a listener got, or the one that it will ask for.
func (a *App) port(ln net.Listener, wanted string) string {
	if ln != nil {
		wanted = ln.Addr().String()
	}
	return wanted[strings.LastIndexByte(wanted, ':')+1:]
}

func (a *App) sandboxURL() string { return "http://" + a.cfg.Payment.SandboxAddr }

// Close lets go of everything that Open took; Run must have returned.
func (a *App) Close() error {
	var errs []error
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if a.rtc != nil {
		errs = append(errs, a.rtc.Close(ctx))
	}
	if a.relays != nil {
		a.relays.Close()
	}
	if a.hub != nil {
		errs = append(errs, a.hub.Shutdown(ctx))
	}
	if a.news != nil {
		errs = append(errs, a.news.Stop(ctx))
	}
	if a.db != nil {
		errs = append(errs, a.db.Close())
	}
	if a.blobs != nil {
		errs = append(errs, a.blobs.Close())
	}
	return errors.Join(errs...)
}

// DB is the database, for commands that look at it.
func (a *App) DB() *sqldb.DB { return a.db }

// API is the door, for commands that describe it.
func (a *App) API() *httpapi.API { return a.api }
