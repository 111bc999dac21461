package sqldb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Migrate brings the schema to the newest version and then leases a node
// number, after which ids can be made. fsys holds one folder per dialect.
// Several processes may start at once on MySQL; on SQLite the folder's lock has
// already chosen one.
func Migrate(ctx context.Context, db *DB, fsys fs.FS) error {
	if _, err := MigrateSchema(ctx, db, fsys); err != nil {
		return err
	}
	return db.leaseNode(ctx)
}

// MigrateSchema applies what is pending and answers the names of what it applied.
func MigrateSchema(ctx context.Context, db *DB, fsys fs.FS) ([]string, error) {
	folder, err := fs.Sub(fsys, string(db.dialect))
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	dialect := goose.DialectSQLite3
	if db.dialect == MySQL {
		dialect = goose.DialectMySQL
		locker, err := lock.NewMySQLTableLocker()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithLocker(locker))
	}
	provider, err := goose.NewProvider(dialect, db.write, folder, options...)
	if err != nil {
		return nil, err
	}
	applied, err := provider.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) && partial.Failed != nil && partial.Failed.Source != nil {
		return nil, fmt.Errorf("migrate %s: %w", partial.Failed.Source.Path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	names := make([]string, len(applied))
	for i, m := range applied {
		names[i] = m.Source.Path
		db.log.Debug("migrated", "file", m.Source.Path, "took_ms", m.Duration.Milliseconds())
	}
	return names, nil
}

// Newest is the newest version of the schema that a program knows.
func Newest(fsys fs.FS, dialect Dialect) (newest int64, err error) {
	files, err := fs.Glob(fsys, string(dialect)+"/*.sql")
	for _, f := range files {
		v, verr := goose.NumericComponent(f)
		newest, err = max(newest, v), errors.Join(err, verr)
	}
	return newest, err
}
