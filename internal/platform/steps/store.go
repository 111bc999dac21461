// Package steps does the migrations of MySQL, which commits each change of a table by
// itself, so that one of several statements that is killed is half there. It does them
// statement by statement and keeps in a row how many are done. What no row tells, whether
// the one statement was done just before the end, is found by doing it again: it may say
// that it was. sqldb alone calls it.
package steps

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
)

const stepsTable = `CREATE TABLE IF NOT EXISTS goose_step (version_id BIGINT NOT NULL PRIMARY KEY, done INT NOT NULL)
	ENGINE=InnoDB`

// Migrations makes such of a folder's files, which are named by their version.
func Migrations(folder fs.FS, files map[int64]string) (out []*goose.Migration, err error) {
	for version, name := range files {
		raw, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		steps := statements(string(raw))
		out = append(out, goose.NewGoMigration(version, &goose.GoFunc{
			RunDB: func(ctx context.Context, db *sql.DB) error { return doSteps(ctx, db, version, steps) },
		}, nil))
	}
	return out, nil
}

// statements are those of a file: each ends with a line that ends with a semicolon, or
// stands between goose's marks.
func statements(text string) (out []string) {
	var one strings.Builder
	marked := false
	end := func() {
		if s := strings.TrimSuffix(strings.TrimSpace(one.String()), ";"); s != "" {
			out = append(out, s)
		}
		one.Reset()
	}
	for line := range strings.Lines(text) {
		bare := strings.TrimSpace(line)
		switch {
		case bare == "-- +goose StatementBegin":
			marked = true
		case bare == "-- +goose StatementEnd":
			marked = false
			end()
		case strings.HasPrefix(bare, "--"):
		default:
			one.WriteString(line)
			if !marked && strings.HasSuffix(bare, ";") {
				end()
			}
		}
	}
	end()
	return out
}

// doSteps does what is left of a migration.
func doSteps(ctx context.Context, db *sql.DB, version int64, steps []string) (err error) {
	if _, err := db.ExecContext(ctx, stepsTable); err != nil {
		return err
	}
	done, begun := 0, true
	err = db.QueryRowContext(ctx, "SELECT done FROM goose_step WHERE version_id = ?", version).Scan(&done)
	if errors.Is(err, sql.ErrNoRows) {
		begun = false
		_, err = db.ExecContext(ctx, "INSERT INTO goose_step (version_id, done) VALUES (?, 0)", version)
	}
	if err != nil {
		return err
	}
	for i := done; i < len(steps); {
		next := i + 1
		for !changesSchema(steps[i]) && next < len(steps) && !changesSchema(steps[next]) {
			next++ // rows are changed together
		}
		to := step{version, next}
		if changesSchema(steps[i]) {
			err = doTable(ctx, db, steps[i], to, begun && i == done)
		} else {
			err = doRows(ctx, db, steps[i:next], to)
		}
		if err != nil {
			return fmt.Errorf("statement %d of %d: %w", i+1, len(steps), err)
		}
		i = next
	}
	return nil
}

// step is how far a migration is when it is done.
type step struct {
	version int64
	done    int
}

const noteStep = "UPDATE goose_step SET done = ? WHERE version_id = ?"

// doTable changes the schema and notes it.
func doTable(ctx context.Context, db *sql.DB, query string, s step, again bool) error {
	nothing, err := noTrigger(ctx, db, query)
	if err != nil {
		return err
	}
	if !nothing {
		if _, err := db.ExecContext(ctx, query); err != nil && (!again || !wasDone(err)) {
			return err
		}
	}
	_, err = db.ExecContext(ctx, noteStep, s.done, s.version)
	return err
}

// dropTrigger begins a statement that is not sent where there is no such trigger: TiDB, which
// has none, does not even read it.
const dropTrigger = "DROP TRIGGER IF EXISTS "

// noTrigger reports a statement that drops a trigger which is not there.
func noTrigger(ctx context.Context, db *sql.DB, query string) (bool, error) {
	name, drops := strings.CutPrefix(query, dropTrigger)
	if !drops {
		return false, nil
	}
	var n int
	err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.triggers "+
		"WHERE trigger_schema = DATABASE() AND trigger_name = ?", strings.TrimSpace(name)).Scan(&n)
	return n == 0, err
}

// doRows changes rows and notes it, together.
func doRows(ctx context.Context, db *sql.DB, queries []string, s step) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, doneIsFine(tx.Rollback())) }()
	for _, query := range queries {
		if _, err := tx.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, noteStep, s.done, s.version); err != nil {
		return err
	}
	return tx.Commit()
}

func changesSchema(query string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(query), " ")
	switch strings.ToUpper(word) {
	case "CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE":
		return true
	}
	return false
}

func doneIsFine(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// What a server answers to a change of the schema that was made before.
const (
	tableExists   = 1050
	unknownTable  = 1051
	noColumn      = 1054
	columnExists  = 1060
	indexExists   = 1061
	nothingToDrop = 1091
	noTable       = 1146
	ruleExists    = 1826 // MariaDB
	checkExists   = 3822 // MySQL
)

// wasDone reports that the table, column, index or rule is there already, or is gone, or
// has its new name.
func wasDone(err error) bool {
	var m *mysql.MySQLError
	if !errors.As(err, &m) {
		return false
	}
	switch m.Number {
	case tableExists, unknownTable, noColumn, columnExists, indexExists, nothingToDrop, noTable, ruleExists,
		checkExists:
		return true
	}
	return false
}
