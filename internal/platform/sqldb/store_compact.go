package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// compact gives each table of a SQLite file one b-tree where it has two: rows by a
// number nobody asks for, and an index from the primary key to that number. Migrations
// say BIGINT, as they do to MySQL; to SQLite only INTEGER names the number itself, and
// only WITHOUT ROWID does without one (sqlite.org/rowidtable.html, /withoutrowid.html;
// docs/adr/0037-one-tree-a-table.md). It commits now and then: whoever is ended goes on
// where he was.
func (db *DB) compact(ctx context.Context) (err error) {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	tables, err := loose(ctx, conn)
	if err != nil || len(tables) == 0 {
		return err
	}
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
		db.log.Debug("compacted", "tables", done, "left", len(tables)-done)
		tables = tables[done:]
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
	defer func() { err = errors.Join(err, ignoreDone(tx.Rollback())) }()
	for rows := int64(0); rows < rebuiltRows && done < len(tables); done++ {
		n, err := tables[done].rebuild(ctx, tx)
		if err != nil {
			return 0, fmt.Errorf("compact %s: %w", tables[done].name, err)
		}
		rows += n
	}
	return done, tx.Commit()
}

// looseTable is one that can have a b-tree less.
type looseTable struct {
	name string
	tidy string   // its definition, to be made of the name rebuilding
	key  string   // of its rows, in the order of the key
	also []string // its indexes
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

func loose(ctx context.Context, conn *sql.Conn) ([]looseTable, error) {
	rows, err := conn.QueryContext(ctx, `SELECT name, sql FROM sqlite_master
		WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%'`)
	tables, err := Collect(rows, err, func(row Scanner) (t looseTable, err error) {
		err = row.Scan(&t.name, &t.tidy)
		return t, err
	})
	if err != nil {
		return nil, err
	}
	var out []looseTable
	for _, t := range tables {
		var ok bool
		if t.tidy, t.key, ok = tidied(t.tidy); !ok {
			continue
		}
		rows, err := conn.QueryContext(ctx, `SELECT sql FROM sqlite_master
			WHERE tbl_name = ? AND type <> 'table' AND sql IS NOT NULL`, t.name)
		t.also, err = Collect(rows, err, func(row Scanner) (text string, err error) {
			err = row.Scan(&text)
			return text, err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
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
	for _, step := range append([]string{
		"DROP TABLE " + t.name, "ALTER TABLE " + rebuilding + " RENAME TO " + t.name,
	}, t.also...) {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return 0, err
		}
	}
	return copied.RowsAffected()
}
