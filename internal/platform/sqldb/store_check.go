package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"hawker/internal/platform/statement"
)

const checkMost = 20 // faults that are told

// Check asks the database whether its own structures are whole, and answers what it
// finds wrong: SQLite's quick_check, or CHECK TABLE of every table.
func (db *DB) Check(ctx context.Context) (wrong []string, err error) {
	if db.dialect == SQLite {
		rows, err := statement.Plain{DB: db.read}.Query(ctx, fmt.Sprintf("PRAGMA quick_check(%d)", checkMost))
		said, err := Collect(rows, err, func(s Scanner) (text string, err error) { return text, s.Scan(&text) })
		if len(said) == 1 && said[0] == "ok" {
			return nil, err
		}
		return said, err
	}
	rows, err := statement.Plain{DB: db.read}.Query(ctx,
		"SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
	tables, err := Collect(rows, err, func(s Scanner) (name string, err error) {
		err = s.Scan(&name)
		return "`" + name + "`", err
	})
	if err != nil || len(tables) == 0 {
		return nil, err
	}
	rows, err = statement.Plain{DB: db.read}.Query(ctx, "CHECK TABLE "+strings.Join(tables, ", ")+" QUICK")
	said, err := Collect(rows, err, func(s Scanner) (text string, err error) {
		var table, operation, kind, message string
		err = s.Scan(&table, &operation, &kind, &message)
		if message == "OK" || kind == "note" {
			return "", err
		}
		return table + ": " + message, err
	})
	for _, text := range said {
		if text != "" && len(wrong) < checkMost {
			wrong = append(wrong, text)
		}
	}
	return wrong, err
}

// Version is that of the schema: of the newest migration that was applied, 0 where none
// was.
func Version(ctx context.Context, q Querier) (version int64, err error) {
	var newest sql.NullInt64
	err = q.QueryRow(ctx, "SELECT MAX(version_id) FROM goose_db_version WHERE is_applied = 1").Scan(&newest)
	if missingTable(err) {
		return 0, nil
	}
	return newest.Int64, err
}
