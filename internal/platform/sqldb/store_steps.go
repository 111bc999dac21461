package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

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

// MySQL commits each change of a table by itself, so a migration of several statements
// that is killed is half there. It is therefore done statement by statement, and how many
// are done stands in a row. What stands in no row yet, the one statement that may have been
// done just before the end, is done again and may find that it was.
const stepsTable = `CREATE TABLE IF NOT EXISTS goose_step (version_id BIGINT NOT NULL PRIMARY KEY, done INT NOT NULL)
	ENGINE=InnoDB`

// stepwise makes migrations of files that are done so.
func stepwise(fsys fs.FS, dialect Dialect) (out []*goose.Migration, err error) {
	files, err := versions(fsys, dialect)
	if err != nil {
		return nil, err
	}
	for version, name := range files {
		raw, err := fs.ReadFile(fsys, string(dialect)+"/"+name)
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
	if _, err := db.ExecContext(ctx, query); err != nil && (!again || !wasDone(err)) {
		return err
	}
	_, err := db.ExecContext(ctx, noteStep, s.done, s.version)
	return err
}

// doRows changes rows and notes it, together.
func doRows(ctx context.Context, db *sql.DB, queries []string, s step) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ignoreDone(tx.Rollback())) }()
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
	word, _ := nextWord(query)
	switch strings.ToUpper(word) {
	case "CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE":
		return true
	}
	return false
}
