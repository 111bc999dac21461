package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"hawker/internal/app"
	"hawker/internal/base/clock"
	"hawker/internal/bench"
	"hawker/internal/edge"
	"hawker/internal/platform/config"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/telemetry"
	"hawker/internal/sandbox"
	"hawker/internal/schema"
)

type commands struct {
	Serve       serveCmd       `cmd:"" help:"Run the mall."`
	Setup       setupCmd       `cmd:"" help:"Make the operator and the shop of an empty installation."`
	User        userCmd        `cmd:"" help:"Accounts: add, passwd, disable, enable, list."`
	Worker      workerCmd      `cmd:"" help:"Do jobs (transcoding, refunds) for a mall on a shared MySQL database and data folder."`
	Migrate     migrateCmd     `cmd:"" help:"Bring the database to the newest version."`
	Move        moveCmds       `cmd:"" help:"Take an installation to servers."`
	Objects     objectsCmds    `cmd:"" help:"The bucket of objects.url."`
	Demo        demoCmd        `cmd:"" help:"Fill an empty installation with demo data, or a demo with as much as is to be measured."`
	Doctor      doctorCmd      `cmd:"" help:"Prove the invariants and say what is wrong; exit 1 if anything is."`
	Backup      backupCmd      `cmd:"" help:"Copy an installation, encrypted, into a folder; a running server goes on."`
	Restore     restoreCmd     `cmd:"" help:"Write a backup into an empty data folder and prove it."`
	Keys        keysCmd        `cmd:"" help:"The key that seals personal data and other keys."`
	DeadLetters deadLettersCmd `cmd:"" help:"Events and jobs that were set aside: list them, do them again, drop them."`
	Events      eventsCmd      `cmd:"" help:"Events that a broker was told and that are kept: tell them again."`
	Bench       benchCmd       `cmd:"" help:"Measure this build on this machine and print the figures."`
	Sandbox     sandboxCmd     `cmd:"" help:"Run the sandbox payment provider (serve starts it by itself)."`
	OpenAPI     openapiCmd     `cmd:"" name:"openapi" help:"Print the OpenAPI description."`
	AsyncAPI    asyncapiCmd    `cmd:"" name:"asyncapi" help:"Print the AsyncAPI description of the events that other programs may read."`
}

// settings are the flags that every command on an installation takes.
type settings struct {
	Data   string `help:"Folder of the installation." placeholder:"DIR"`
	Config string `help:"YAML file with settings; see deploy/hawker.yaml." type:"existingfile" placeholder:"FILE"`
}

func (s settings) load() (config.Config, *slog.Logger, error) {
	c, err := config.Load(s.Config)
	if err != nil {
		return c, nil, err
	}
	if s.Data != "" {
		c.Data = s.Data
	}
	log, err := telemetry.NewLog(os.Stderr, c.Log.Level, c.Log.Format)
	return c, log, err
}

type serveCmd struct {
	settings
	HTTP         string   `name:"http" help:"Address for pages, API and media." placeholder:"ADDR"`
	RTMP         string   `name:"rtmp" help:"Address for encoders." placeholder:"ADDR"`
	HTTPS        string   `name:"https" help:"Address at which to speak TLS, e.g. :443." placeholder:"ADDR"`
	Domain       []string `help:"Name of the mall, for which a certificate is asked for." placeholder:"NAME"`
	Role         []string `help:"What this node does, of api, live and worker; or edge alone. All if not said." placeholder:"ROLE,…"`
	Demo         bool     `help:"Fill an empty installation with demo data and keep a demo room on air."`
	DemoAnywhere bool     `help:"Let demo accounts, whose password everybody knows, be reached from other machines."`
	OpenPublish  bool     `help:"Let any stream name publish to an unlisted stream. For measuring only."`
}

func (c serveCmd) Run(ctx context.Context) error {
	cfg, log, err := c.load()
	if err != nil {
		return err
	}
	if c.HTTP != "" {
		cfg.HTTP = c.HTTP
	}
	if c.RTMP != "" {
		cfg.RTMP = c.RTMP
	}
	if c.HTTPS != "" {
		cfg.HTTPS.Address = c.HTTPS
	}
	if len(c.Domain) > 0 {
		cfg.HTTPS.Domains = c.Domain
	}
	if len(c.Role) > 0 {
		cfg.Node.Roles = slices.DeleteFunc(c.Role, func(role string) bool { return role == "all" })
	}
	if err := cfg.Check(); err != nil {
		return err
	}
	if cfg.Node.Does(config.RoleEdge) {
		return edge.Serve(ctx, cfg, log)
	}
	cfg.DemoAnywhere = cfg.DemoAnywhere || c.DemoAnywhere
	cfg.Live.OpenPublish = cfg.Live.OpenPublish || c.OpenPublish
	defer tunedGC(ctx)()
	o := app.Options{Config: cfg, Log: log, Clock: mallTime(), Demo: c.Demo}
	return onInstallation(ctx, o, func(a *app.App) error { return serve(ctx, a, c.Demo, log) })
}

func serve(ctx context.Context, a *app.App, demo bool, log *slog.Logger) error {
	if demo {
		if err := a.FillDemo(ctx); err != nil {
			return err
		}
	}
	if err := a.Listen(ctx); err != nil {
		return err
	}
	fmt.Print(a.Welcome(demo))
	err := a.Run(ctx)
	log.Info("stopped")
	return err
}

type workerCmd struct{ settings }

func (c workerCmd) Run(ctx context.Context) error {
	cfg, log, err := c.load()
	if err != nil {
		return err
	}
	return onInstallation(ctx, app.Options{Config: cfg, Log: log, Clock: mallTime()}, func(a *app.App) error {
		log.Info("working")
		return a.Work(ctx)
	})
}

// onInstallation opens an installation, does something with it and lets go.
func onInstallation(ctx context.Context, o app.Options, do func(a *app.App) error) error {
	a, err := app.Open(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(do(a), a.Close())
}

type migrateCmd struct {
	settings
	Show        bool `help:"Say from which version to which it would go, and apply nothing."`
	DryRun      bool `help:"Print the statements that would be applied, with the rows of the tables that they change, and apply nothing; exit 2 if there are any."`
	WithoutCopy bool `help:"Keep no copy of the database before."`
}

func (c migrateCmd) Run(ctx context.Context) (err error) {
	cfg, log, err := c.load()
	if err != nil {
		return err
	}
	if c.Show || c.DryRun {
		if err := cfg.HasDatabase(); err != nil {
			return err
		}
	}
	db, err := sqldb.Open(ctx, sqldb.Options{
		URL: cfg.DatabaseURL(), ReadOnly: c.Show || c.DryRun, Clock: clock.Real{}, Log: log,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if c.DryRun {
		return dryRun(ctx, db)
	}
	if c.Show {
		has, newest, err := sqldb.Known(ctx, db.Reader(), schema.FS, db.Dialect())
		if err == nil {
			_, err = fmt.Printf("the schema is %d; this program would bring it to %d\n", has, newest)
		}
		return err
	}
	if !c.WithoutCopy {
		if err := app.Vault(cfg, log, clock.Real{}).BeforeUpgrade(ctx, db); err != nil {
			return err
		}
	}
	applied, err := sqldb.MigrateSchema(ctx, db, schema.FS)
	for _, name := range applied {
		fmt.Println("applied", name)
	}
	if err == nil && len(applied) == 0 {
		fmt.Println("nothing to do")
	}
	return err
}

type doctorCmd struct {
	settings
	JSON bool `name:"json" help:"Print the findings as JSON."`
}

// errUnwell makes the exit status 1 after the findings were printed.
var errUnwell = errors.New("invariants are broken")

func (c doctorCmd) Run(ctx context.Context) error {
	cfg, log, err := c.load()
	if err != nil {
		return err
	}
	report, err := app.Doctor(ctx, cfg, log)
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(report)
	} else {
		_, err = fmt.Print(report)
	}
	if err == nil && !report.Healthy {
		err = errUnwell
	}
	return err
}

type sandboxCmd struct {
	Data string `help:"The provider's own folder." default:"data/sandbox" placeholder:"DIR"`
	HTTP string `name:"http" help:"A loopback address." default:"127.0.0.1:8090" placeholder:"ADDR"`
}

func (c sandboxCmd) Run(ctx context.Context) error {
	log, err := telemetry.NewLog(os.Stderr, "info", "text")
	if err != nil {
		return err
	}
	return sandbox.Serve(ctx, c.Data, c.HTTP, log)
}

type benchCmd struct {
	Areas  []string      `arg:"" optional:"" help:"idle, shop, live, chat; all by default. Parts of live by themselves are ingest, floor (beside a bare server) and glass (from sending to the picture, in Chromium). large compares the lists of a mall of a million orders with those of a small one. video is what an upload costs beside one plain encoding."`
	JSON   bool          `name:"json" help:"Print the figures as JSON when all are there."`
	Window time.Duration `help:"How long each rate is measured." default:"5s"`
	Other  string        `name:"against-binary" aliases:"beside" help:"An earlier build of this program, measured in the same run: each figure stands beside its own, as a ratio." type:"existingfile"`
	Peer   string        `name:"against" help:"nginx-rtmp: live fails where that is not installed. Without it, it is measured beside where it is there." enum:",nginx-rtmp" default:""`
	Goods  int           `help:"Products of the mall of large." default:"100000" placeholder:"N"`
	Orders int           `help:"Its orders." default:"1000000" placeholder:"N"`
	Videos int           `help:"Its films." default:"100000" placeholder:"N"`
	Data   string        `help:"Folder of a mall that hawker demo --size large has filled, for large to measure; it stays." type:"existingdir" placeholder:"DIR"`

	Floor      string `hidden:"" help:"Be the bare server that live stands beside, at an address." placeholder:"ADDR"`
	OrderFloor string `hidden:"" help:"Be what an order costs at the least, at an address." placeholder:"ADDR"`
}

func (c benchCmd) Run(ctx context.Context) error {
	if c.Floor != "" {
		defer tunedGC(ctx)()
		return bench.ServeFloor(ctx, c.Floor)
	}
	if c.OrderFloor != "" {
		return bench.OrderFloor(ctx, c.OrderFloor, c.Data)
	}
	o := bench.Options{
		Areas: c.Areas, Window: c.Window, Beside: c.Other, Peer: c.Peer,
		Large: bench.Large{Goods: c.Goods, Orders: c.Orders, Videos: c.Videos, Data: c.Data},
	}
	if !c.JSON {
		o.Out = os.Stdout
	}
	figures, err := bench.Run(ctx, o)
	if c.JSON {
		err = errors.Join(err, bench.Print(os.Stdout, figures))
	}
	return err
}

type openapiCmd struct{}

func (openapiCmd) Run(ctx context.Context) error {
	raw, err := app.OpenAPI(ctx)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(raw, '\n'))
	return err
}

type asyncapiCmd struct {
	Config string `help:"YAML file with settings, of which broker.name counts." type:"existingfile" placeholder:"FILE"`
}

func (c asyncapiCmd) Run(ctx context.Context) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	raw, err := app.AsyncAPI(ctx, cfg.Broker.Name)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(raw, '\n'))
	return err
}
