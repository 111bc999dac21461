// Package compact gives each table of a SQLite file one b-tree where it has two: rows by
// a number that nobody asks for, and an index from the primary key to that number.
// Migrations say BIGINT, as they do to MySQL; to SQLite only INTEGER names the number
// itself, and only WITHOUT ROWID does without one (sqlite.org/rowidtable.html,
// /withoutrowid.html; docs/adr/0037-one-tree-a-table.md). sqldb alone calls it, after
// the migrations.
package compact

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// Free tells how many bytes may still be written where a folder lies.
type Free func(dir string) (int64, error)

// Tables rebuilds those with a tree too many. It commits now and then: whoever is ended
// goes on where he was. Without room it does not begin: what is committed and does not
// fit into the file stays in the log, which then takes nothing more, and the shop would
// be closed.
func Tables(ctx context.Context, db *sql.DB, free Free) (err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	tables, err := loose(ctx, conn)
	if err != nil || len(tables) == 0 {
		return err
	}
	if err := room(ctx, conn, free); err != nil {
		return err
	}
	// The log grew by what was rebuilt, and stays as long as it is until somebody cuts it.
	defer func() {
		_, cutErr := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA wal_checkpoint(TRUNCATE)")
		err = errors.Join(err, cutErr)
	}()
	// To drop a table that others refer to would be to delete its rows first.
	if _, err := conn.ExecContext(ctx, "PRAGMA foreign_keys = OFF"); err != nil {
		return err
	}
	defer func() {
		_, onErr := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA foreign_keys = ON")
		err = errors.Join(err, onErr)
	}()
	for len(tables) > 0 {
		done, err := rebuildSome(ctx, conn, tables)
		if err != nil {
			return err
		}
		tables = tables[done:]
	}
	return shrink(ctx, conn)
}

// shrinkMax is up to how many pages a file is written anew without those that have
// become free. A large one takes them for what comes.
const shrinkMax = 4096

func shrink(ctx context.Context, conn *sql.Conn) error {
	var pages int
	if err := conn.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil || pages > shrinkMax {
		return err
	}
	_, err := conn.ExecContext(ctx, "VACUUM")
	return err
}

// copies is how many times its size a file may need while it is rebuilt: the new tables
// stand in the log first, then beside the old.
const copies = 2

// room refuses where the disk has no room for copies; syscall.ENOSPC.
func room(ctx context.Context, conn *sql.Conn, free Free) error {
	var pages, size int64
	var file string
	err := conn.QueryRowContext(ctx, "SELECT page_count, page_size, file FROM pragma_page_count, pragma_page_size, "+
		"pragma_database_list WHERE name = 'main'").Scan(&pages, &size, &file)
	if err != nil {
		return err
	}
	rest, err := free(filepath.Dir(file))
	if err != nil {
		return nil //nolint:nilerr // a system that does not tell: writing itself will fail
	}
	if need := copies * pages * size; rest < need {
		return fmt.Errorf("%w: %d MiB are free, %d are needed", syscall.ENOSPC, rest>>20, need>>20)
	}
	return nil
}

// rebuiltRows is after how many rows a commit is due: the log of what is not committed
// lies beside the file.
const rebuiltRows = 100_000

// rebuildSome rebuilds tables in one transaction and answers how many.
func rebuildSome(ctx context.Context, conn *sql.Conn, tables []looseTable) (done int, err error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // a commit that failed has done so
		}
	}()
	for rows := int64(0); rows < rebuiltRows && done < len(tables); done++ {
		n, err := tables[done].rebuild(ctx, tx)
		if err != nil {
			return 0, fmt.Errorf("compact %s: %w", tables[done].name, err)
		}
		rows += n
	}
	if err := tx.Commit(); err != nil {
		return 0, fmt.Errorf("compact: %w", err)
	}
	return done, nil
}

// looseTable is one that can have a b-tree less.
type looseTable struct {
	name string
	tidy string      // its definition, to be made of the name rebuilding
	key  string      // of its rows, in the order of the key
	also [][2]string // its indexes
}

const rebuilding = "hawker_rebuilding"

var (
	numberKey = regexp.MustCompile(`(?m)(^\s*|\()(\w+) (?:BIGINT|SMALLINT) NOT NULL PRIMARY KEY`)
	rowsKey   = regexp.MustCompile(`(?m)^\s*PRIMARY KEY \(([\w, ]+)\)`)
	wide      = regexp.MustCompile(`(?m)^\s*\w+ (?:TEXT|BLOB)`)
	tableName = regexp.MustCompile(`^CREATE TABLE "?\w+"?`)
)

// tidied is the definition of a table with one b-tree, and its key; false: it has one, or
// its rows are too long for a tree that holds them within (a page is 4 KB).
func tidied(definition string) (tidy, key string, ok bool) {
	if strings.HasSuffix(definition, "WITHOUT ROWID") {
		return "", "", false
	}
	if m := numberKey.FindStringSubmatch(definition); m != nil {
		tidy, key = numberKey.ReplaceAllString(definition, "$1$2 INTEGER NOT NULL PRIMARY KEY"), m[2]
	} else if m := rowsKey.FindStringSubmatch(definition); m != nil && !wide.MatchString(definition) {
		tidy, key = definition+" WITHOUT ROWID", m[1]
	} else {
		return "", "", false
	}
	return tableName.ReplaceAllString(tidy, "CREATE TABLE "+rebuilding), key, true
}

func loose(ctx context.Context, conn *sql.Conn) (out []looseTable, err error) {
	tables, err := texts(ctx, conn, `SELECT name, sql FROM sqlite_master
		WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%'`)
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		t := looseTable{name: table[0]}
		var ok bool
		if t.tidy, t.key, ok = tidied(table[1]); !ok {
			continue
		}
		t.also, err = texts(ctx, conn, `SELECT name, sql FROM sqlite_master
			WHERE tbl_name = ? AND type <> 'table' AND sql IS NOT NULL`, t.name)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// texts are the names and definitions that a question finds.
func texts(ctx context.Context, conn *sql.Conn, query string, args ...any) (out [][2]string, err error) {
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var found [2]string
		if err := rows.Scan(&found[0], &found[1]); err != nil {
			return nil, err
		}
		out = append(out, found)
	}
	return out, rows.Err()
}

// rebuild is the way that SQLite describes for what ALTER TABLE cannot do
// (sqlite.org/lang_altertable.html, section 7). It answers how many rows went over.
func (t looseTable) rebuild(ctx context.Context, tx *sql.Tx) (rows int64, err error) {
	if _, err := tx.ExecContext(ctx, t.tidy); err != nil {
		return 0, err
	}
	copied, err := tx.ExecContext(ctx, "INSERT INTO "+rebuilding+" SELECT * FROM "+t.name+" ORDER BY "+t.key)
	if err != nil {
		return 0, err
	}
	steps := []string{"DROP TABLE " + t.name, "ALTER TABLE " + rebuilding + " RENAME TO " + t.name}
	for _, index := range t.also {
		steps = append(steps, index[1])
	}
	for _, step := range steps {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return 0, err
		}
	}
	return copied.RowsAffected()
}
