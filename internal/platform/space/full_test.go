package space_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"

	"hawker/internal/platform/space"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// Want of room is known however it is told, and nothing else is taken for it.
func TestWantOfRoomIsKnown(t *testing.T) {
	t.Parallel()
	my := func(n uint16, text string) error { return &mysql.MySQLError{Number: n, Message: text} }
	for name, c := range map[string]struct {
		err  error
		full bool
	}{
		"a file":        {&os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, true},
		"a quota":       {&os.PathError{Op: "write", Path: "x", Err: syscall.EDQUOT}, true},
		"the reserve":   {fmt.Errorf("keep: %w", space.ErrFull), true},
		"mysql's disk":  {fmt.Errorf("place: %w", my(1021, "Disk full (/tmp); waiting for someone")), true},
		"mysql's table": {my(1114, "The table 'orders' is full"), true},
		"its engine":    {my(1030, `Got error 28 "No space left on device" from storage engine InnoDB`), true},
		"its log":       {my(1026, `Error writing file '/tmp/x' (errno: 28 "No space left on device")`), true},
		"another error": {my(1030, "Got error 122 from storage engine"), false},
		"a deadlock":    {my(1213, "Deadlock found, errno: 28"), false},
		"no file":       {os.ErrNotExist, false},
		"nothing":       {nil, false},
	} {
		if got := space.IsFull(c.err); got != c.full {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// What SQLite says when it is full, and when something else is wrong.
func TestAFullDatabaseIsKnown(t *testing.T) {
	t.Parallel()
	db := sqltest.NewSQLite(t, sqltest.Once)
	insert := func(name, holder string) error {
		return db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "PRAGMA max_page_count = 1") // as many as there are
			if err == nil {
				_, err = tx.Exec(ctx, "INSERT INTO lease (name, holder, lease_until) VALUES (?, ?, 0)", name, holder)
			}
			return err
		})
	}
	if err := insert("a", ""); err != nil {
		t.Fatal(err)
	}
	if err := insert("b", strings.Repeat("x", 1<<20)); !space.IsFull(err) {
		t.Errorf("full: %v", err)
	}
	if err := insert("a", ""); err == nil || space.IsFull(err) {
		t.Errorf("a double: %v", err)
	}
}
