package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"hawker/internal/account"
	"hawker/internal/base/clock"
	"hawker/internal/coupon"
	"hawker/internal/deadletter"
	"hawker/internal/distribution"
	"hawker/internal/ingest"
	"hawker/internal/inventory"
	"hawker/internal/ledger"
	"hawker/internal/luckybag"
	"hawker/internal/mailbox"
	"hawker/internal/order"
	"hawker/internal/payment"
	"hawker/internal/platform/config"
	"hawker/internal/platform/keyring"
	"hawker/internal/platform/mail"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
	"hawker/internal/promotion"
	"hawker/internal/room"
	"hawker/internal/schema"
	"hawker/internal/show"
	"hawker/internal/signin"
	"hawker/internal/watch"
)

// Report is what doctor found.
type Report struct {
	Healthy  bool            `json:"healthy"`
	Findings []watch.Finding `json:"findings"`
}

func (r Report) String() string {
	var b strings.Builder
	for _, f := range r.Findings {
		mark := "ok     "
		if !f.OK {
			mark = "BROKEN "
		}
		fmt.Fprintf(&b, "%s%s\n", mark, f.Check)
		for _, d := range f.Details {
			fmt.Fprintf(&b, "         %s\n", d)
		}
	}
	return b.String()
}

// Doctor proves the invariants of an installation. It reads one moment of the
// database and may run beside the server.
func Doctor(ctx context.Context, cfg config.Config, log *slog.Logger) (Report, error) {
	if err := cfg.HasDatabase(); err != nil {
		return Report{}, err
	}
	db, err := sqldb.Open(ctx, sqldb.Options{URL: cfg.DatabaseURL(), ReadOnly: true, Clock: clock.Real{}, Log: log})
	if err != nil {
		return Report{}, err
	}
	has, newest, err := sqldb.Known(ctx, db.Reader(), schema.FS, db.Dialect())
	if err == nil && has < newest {
		err = fmt.Errorf("the database's schema is %d, this program's %d: start the server once, or run `hawker "+
			"migrate`",
			has, newest)
	}
	if err != nil {
		return Report{}, errors.Join(err, db.Close())
	}
	r := Report{Healthy: true}
	r.Findings, err = watch.Examine(ctx, db, append(own(cfg, db), checks()...))
	for _, f := range r.Findings {
		r.Healthy = r.Healthy && f.OK
	}
	return r, errors.Join(err, db.Close())
}

// watch is what operators are shown of the checks and alerts. On a server of its own a check of the
// file would lock tables, and the server does that by itself.
func (a *App) watch() module.Module {
	list := append(own(a.cfg, a.db), checks()...)
	if a.db.Shared() {
		list = list[1:]
	}
	return watch.API{DB: a.db, Doctor: watch.NewDoctor(a.db, list), Figures: a.metrics.Value}.Module()
}

// own are the checks of what no module owns: the file, and the key.
func own(cfg config.Config, db *sqldb.DB) []module.Check {
	return []module.Check{
		{Code: "database_whole", Name: "the database is whole by its own check", Run: func(ctx context.Context, _ sqldb.Querier) ([]string,
			error,
		) {
			return db.Check(ctx)
		}},
		{Code: "master_key", Name: "the master key opens what is sealed", Run: ring(cfg).Check},
	}
}

// ring is the master key with all that it seals.
func ring(cfg config.Config) keyring.Ring {
	r := keyring.Ring{
		Path: cfg.MasterKeyPath(), Objects: []string{cfg.Path("media"), cfg.Path("recordings"), cfg.Path("uploads")},
	}
	for _, kinds := range [][]module.Sealed{
		account.Sealed(), signin.Sealed(), mailbox.Sealed(), room.Sealed(), order.Sealed(), payment.Sealed(),
		luckybag.Sealed(), ingest.Sealed(), mail.Sealed(),
	} {
		r.Sealed = append(r.Sealed, kinds...)
	}
	return r
}

// checks are the modules', which need only the database: doctor opens no module.
func checks() (out []module.Check) {
	for _, list := range [][]module.Check{
		inventory.Checks(), order.Checks(), coupon.Checks(), promotion.Checks(), ledger.Checks(), distribution.Checks(),
		payment.Checks(), show.Checks(), deadletter.Checks(),
	} {
		out = append(out, list...)
	}
	return out
}
