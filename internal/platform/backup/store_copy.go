package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	_ "modernc.org/sqlite" // the driver
)

// CopyFile writes one moment of a SQLite file to a new file, while others read and
// write it: they are not kept waiting, and the log of the file grows meanwhile. What was
// deleted is not in the copy. The copy is proved by SQLite's own check.
func CopyFile(ctx context.Context, from, to string) (err error) {
	if err := inFile(ctx, from, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "VACUUM INTO ?", to)
		return err
	}); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return inFile(ctx, to, func(db *sql.DB) error {
		var said string
		err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said)
		if err == nil && said != "ok" {
			err = fmt.Errorf("the copy of %s is not whole: %s", from, said)
		}
		return err
	})
}

// inFile works in a SQLite file that is there.
func inFile(ctx context.Context, path string, do func(db *sql.DB) error) (err error) {
	uri := "file:" + (&url.URL{Path: path}).EscapedPath() + "?mode=rw&" + url.Values{"_pragma": {
		"busy_timeout(5000)",
	}}.Encode()
	db, err := sql.Open("sqlite", uri)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	return do(db)
}
