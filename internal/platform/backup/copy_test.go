package backup_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/platform/backup"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// A copy that is made while others write holds each transaction whole or not, and all
// that was committed before it began.
func TestACopyOfOneMoment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "hawker.db")
	sqltest.WriteMigrated(t, file)
	db := openFile(t, file)
	pair := func(n int) error {
		return db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			for _, half := range []int{2 * n, 2*n + 1} {
				if _, err := tx.Exec(ctx, "INSERT INTO node_lease (node, token, lease_until) VALUES (?, ?, 0)", half,
					strings.Repeat("x", 64)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	const before = 200
	for n := range before {
		if err := pair(n); err != nil {
			t.Fatal(err)
		}
	}
	stop := make(chan struct{})
	var writers sync.WaitGroup
	writers.Go(func() {
		for n := before; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := pair(n); err != nil {
				t.Error(err)
				return
			}
		}
	})
	to := filepath.Join(dir, "copy.db")
	err := backup.CopyFile(t.Context(), file, to)
	close(stop)
	writers.Wait()
	if err != nil {
		t.Fatal(err)
	}
	copied := openFile(t, to)
	var rows, odd int
	err = copied.Reader().QueryRow(t.Context(), "SELECT COUNT(*), COALESCE(SUM(node % 2), 0) FROM node_lease").
		Scan(&rows, &odd)
	if err != nil || rows < 2*before || rows != 2*odd {
		t.Errorf("the copy has %d rows, %d of them second halves; %v", rows, odd, err)
	}
	if v, err := sqldb.Version(t.Context(), copied.Reader()); err != nil || v < 27 {
		t.Errorf("it is of version %d, %v", v, err)
	}
	if wrong, err := copied.Check(t.Context()); err != nil || len(wrong) > 0 {
		t.Error(wrong, err)
	}
	if err := backup.CopyFile(t.Context(), file, to); err == nil {
		t.Error("a copy was written over another")
	}
	missing := filepath.Join(dir, "missing.db")
	if err := backup.CopyFile(t.Context(), missing, to+"2"); err == nil {
		t.Error("a file that is not there was copied")
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("a file was made where there was none")
	}
}

func openFile(t *testing.T, file string) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Options{
		URL: "sqlite:" + file, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
