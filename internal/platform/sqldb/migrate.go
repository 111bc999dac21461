package sqldb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"hawker/internal/platform/compact"
	"hawker/internal/platform/steps"
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

// ErrNewer is a database that a newer program has brought further than this one knows.
var ErrNewer = errors.New("the database is of a newer program")

// Known compares a database with what the program knows: the version that it has, 0 of an
// empty one, and the one that it would be brought to. ErrNewer where that is behind.
func Known(ctx context.Context, q Querier, fsys fs.FS, dialect Dialect) (has, newest int64, err error) {
	if newest, err = Newest(fsys, dialect); err != nil {
		return 0, 0, err
	}
	if has, err = Version(ctx, q); err != nil {
		return 0, newest, err
	}
	if has > newest {
		return has, newest, fmt.Errorf("%w: its schema is %d, this program knows %d. Start the newer program, or "+
			"restore what was kept before the upgrade", ErrNewer, has, newest)
	}
	return has, newest, nil
}

// MigrateSchema applies what is pending and answers the names of what it applied. It may
// be ended at any moment: on SQLite a migration happens or does not, on MySQL, where a
// change of a table is a transaction of its own, the next call goes on with the statement
// at which this one ended. ErrNewer where the database is ahead.
func MigrateSchema(ctx context.Context, db *DB, fsys fs.FS) ([]string, error) {
	if _, _, err := Known(ctx, db.Reader(), fsys, db.dialect); err != nil {
		return nil, err
	}
	provider, err := db.migrations(fsys)
	if err != nil {
		return nil, err
	}
	files, err := versions(fsys, db.dialect)
	if err != nil {
		return nil, err
	}
	applied, err := provider.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) && partial.Failed != nil && partial.Failed.Source != nil {
		return nil, fmt.Errorf("migrate %s: %w", files[partial.Failed.Source.Version], err)
	}
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	names := make([]string, len(applied))
	for i, m := range applied {
		names[i] = files[m.Source.Version]
		db.log.Debug("migrated", "file", names[i], "took_ms", m.Duration.Milliseconds())
	}
	if db.dialect == SQLite {
		// A table that stayed as it was answers as well, if slower: a full disk keeps no shop closed.
		if err := compact.Tables(ctx, db.write, db.free); err != nil && ctx.Err() == nil {
			db.log.Warn("tables keep the form of an earlier build, the next start tries again", "err", err)
		}
	}
	return names, ctx.Err()
}

func (db *DB) migrations(fsys fs.FS) (*goose.Provider, error) {
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	folder, err := fs.Sub(fsys, string(db.dialect))
	if err != nil {
		return nil, err
	}
	if db.dialect == SQLite {
		return goose.NewProvider(goose.DialectSQLite3, db.write, folder, options...)
	}
	locker, err := lock.NewMySQLTableLocker()
	if err != nil {
		return nil, err
	}
	files, err := versions(fsys, db.dialect)
	if err != nil {
		return nil, err
	}
	migrations, err := steps.Migrations(folder, files)
	if err != nil {
		return nil, err
	}
	options = append(options, goose.WithLocker(locker), goose.WithGoMigrations(migrations...))
	return goose.NewProvider(goose.DialectMySQL, db.write, nil, options...)
}

// Pending is a migration that would be applied, with what it would do.
type Pending struct {
	File  string
	Steps []steps.Planned
}

// Plan answers what MigrateSchema would apply, the first of it first, and changes nothing. ErrNewer
// where the database is ahead.
func Plan(ctx context.Context, db *DB, fsys fs.FS) (out []Pending, err error) {
	has, newest, err := Known(ctx, db.Reader(), fsys, db.dialect)
	if err != nil {
		return nil, err
	}
	files, err := versions(fsys, db.dialect)
	if err != nil {
		return nil, err
	}
	folder, err := fs.Sub(fsys, string(db.dialect))
	if err != nil {
		return nil, err
	}
	at := steps.Database{Reader: db.Reader(), MySQL: db.dialect == MySQL}
	for v := has + 1; v <= newest; v++ {
		if files[v] == "" {
			continue
		}
		planned, err := steps.Plan(ctx, at, folder, files[v], v)
		if err != nil {
			return nil, fmt.Errorf("plan %s: %w", files[v], err)
		}
		out = append(out, Pending{files[v], planned})
	}
	return out, nil
}

// versions names the files of a dialect by their version.
func versions(fsys fs.FS, dialect Dialect) (map[int64]string, error) {
	files, err := fs.Glob(fsys, string(dialect)+"/*.sql")
	out := map[int64]string{}
	for _, f := range files {
		v, verr := goose.NumericComponent(f)
		err = errors.Join(err, verr)
		out[v] = path.Base(f)
	}
	return out, err
}

// Newest is the newest version of the schema that a program knows.
func Newest(fsys fs.FS, dialect Dialect) (newest int64, err error) {
	files, err := versions(fsys, dialect)
	for v := range files {
		newest = max(newest, v)
	}
	return newest, err
}
