package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"hawker/internal/base/clock"
	"hawker/internal/platform/config"
	"hawker/internal/platform/keyring"
	"hawker/internal/platform/lease"
	"hawker/internal/platform/sqldb"
	"hawker/internal/schema"
)

// Rotating says how the master key is changed.
type Rotating struct {
	Remove bool // forgets the old key
	Told   func(kind string, moved int64)
}

// ErrInUse refuses what wants an installation for itself.
var ErrInUse = errors.New("stop the server and all workers first (one that ended without saying so counts for two " +
	"minutes)")

// RotateKeys changes the master key of an installation that nobody serves: a server
// would seal with the old key what was moved already.
func RotateKeys(ctx context.Context, cfg config.Config, log *slog.Logger, o Rotating) (done keyring.Rotated,
	err error,
) {
	if err := cfg.HasDatabase(); err != nil {
		return done, err
	}
	db, err := sqldb.Open(ctx, sqldb.Options{
		URL: cfg.DatabaseURL(), Clock: clock.Real{}, Log: log, Histories: schema.Histories(),
	})
	if errors.Is(err, sqldb.ErrLocked) {
		err = fmt.Errorf("%w: %w", ErrInUse, err)
	}
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := Vault(cfg, log, clock.Real{}).BeforeUpgrade(ctx, db); err != nil {
		return done, err
	}
	if err := sqldb.Migrate(ctx, db, schema.FS); err != nil {
		return done, err
	}
	r := keyring.Rotation{
		Ring: ring(cfg), DB: db, Remove: o.Remove, Told: o.Told,
		Alone: func(ctx context.Context) error { return unshared(ctx, db) },
	}
	if !db.Shared() {
		return r.Run(ctx)
	}
	held, err := lease.In(db, servingLease, servingFor).While(ctx, func(ctx context.Context) error {
		done, err = r.Run(ctx)
		return err
	})
	if err == nil && !held {
		err = ErrInUse
	}
	return done, err
}

// unshared refuses while other processes work on a shared database.
func unshared(ctx context.Context, db *sqldb.DB) error {
	if !db.Shared() {
		return nil
	}
	nodes, err := sqldb.Nodes(ctx, db.Reader(), db.Clock().Now())
	if err == nil && len(nodes) > 1 {
		err = ErrInUse
	}
	return err
}
