package move_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"hawker/internal/base/clock"
	"hawker/internal/platform/move"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// house is a small schema with every kind of key and column that ours has.
func house() fs.FS {
	const tables = `-- +goose Up
CREATE TABLE house (
  id BIGINT NOT NULL PRIMARY KEY,
  name VARCHAR(64) NOT NULL,
  note TEXT NULL
);
CREATE TABLE a_guest (
  house_id BIGINT NOT NULL,
  nick VARCHAR(40) NOT NULL,
  visits BIGINT NOT NULL,
  PRIMARY KEY (house_id, nick),
  CONSTRAINT fk_guest_house FOREIGN KEY (house_id) REFERENCES house (id)
);
CREATE TABLE word (name VARCHAR(40) NOT NULL PRIMARY KEY, seal BLOB NULL);
`
	out := fstest.MapFS{}
	for _, dialect := range []string{"sqlite", "mysql"} {
		out[dialect+"/0001_house.sql"] = &fstest.MapFile{Data: []byte(tables)}
	}
	return out
}

func open(t *testing.T, url string) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Options{URL: url, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler)})
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

func exec(t *testing.T, db *sqldb.DB, query string, args ...any) {
	t.Helper()
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

const (
	guests     = 1203
	neighbours = 1100 // whose ids are one as floating point
)

// places are a full house and an empty server; the test is skipped where there is none.
func places(t *testing.T) (m move.Move, to string) {
	t.Helper()
	if os.Getenv("HAWKER_TEST_MYSQL") == "" {
		t.Skip("a move needs a server: HAWKER_TEST_MYSQL")
	}
	from := open(t, "sqlite:"+filepath.Join(t.TempDir(), "hawker.db"))
	if _, err := sqldb.MigrateSchema(t.Context(), from, house()); err != nil {
		t.Fatal(err)
	}
	for id, name := range map[int64]string{
		-5: "", 9007199254740993: "茶馆 🍵 \u200b", 7: "it's \\ \"a\" `house`\n", 8: strings.Repeat("x", 64),
	} {
		exec(t, from, "INSERT INTO house (id, name, note) VALUES (?, ?, ?)", id, name, nil)
	}
	for first := int64(0); first < neighbours; first += 401 {
		var marks []string
		var args []any
		for i := first; i < min(first+401, neighbours); i++ {
			marks = append(marks, "(?, 'next door')")
			args = append(args, 1<<62+i)
		}
		exec(t, from, "INSERT INTO house (id, name) VALUES "+strings.Join(marks, ", "), args...)
	}
	exec(t, from, "UPDATE house SET note = ? WHERE id = 7", strings.Repeat("long ", 12_000))
	exec(t, from, "INSERT INTO word (name, seal) VALUES ('a', ?), ('A', NULL), ('ä', ?)", []byte{0, 255, 39, 92},
		[]byte{})
	for first := 0; first < guests; first += 401 {
		var marks []string
		var args []any
		for i := first; i < min(first+401, guests); i++ {
			marks = append(marks, "(?, ?, ?)")
			args = append(args, []int64{-5, 7, 8}[i%3], fmt.Sprintf("guest %d", i), i-100)
		}
		exec(t, from, "INSERT INTO a_guest (house_id, nick, visits) VALUES "+strings.Join(marks, ", "), args...)
	}
	to = sqltest.FreshURL(t)
	return move.Move{From: from, To: open(t, to), Schema: house()}, to
}

// Whatever a row holds arrives as it was, also when the move is ended anywhere and goes on.
func TestAMoveThatIsEndedGoesOn(t *testing.T) {
	t.Parallel()
	m, _ := places(t)
	for left := 3; ; left-- {
		ctx, cancel := context.WithCancel(t.Context())
		steps := 0
		m.Progress = func(p move.Progress) {
			if steps++; steps > 2 && left > 0 {
				cancel()
			}
			if p.Done > p.Total {
				t.Errorf("%d of %d rows", p.Done, p.Total)
			}
		}
		moved, err := m.Run(ctx)
		cancel()
		if left > 0 && err != nil {
			continue // ended
		}
		if err != nil || moved.Tables != 3 || moved.Rows != guests+neighbours+4+3 {
			t.Fatalf("moved %+v, %v", moved, err)
		}
		break
	}
	var name string
	var seal []byte
	err := m.To.Reader().QueryRow(t.Context(), "SELECT name FROM house WHERE id = 9007199254740993").Scan(&name)
	if err != nil || name != "茶馆 🍵 \u200b" {
		t.Errorf("%q, %v", name, err)
	}
	err = m.To.Reader().QueryRow(t.Context(), "SELECT seal FROM word WHERE name = 'a'").Scan(&seal)
	if err != nil || string(seal) != "\x00\xff'\\" {
		t.Errorf("%q, %v", seal, err)
	}
	if _, err := m.Run(t.Context()); !errors.Is(err, move.ErrFilled) { // it is an installation now
		t.Errorf("once more: %v", err)
	}
}

// What somebody changed on the way is found, and nothing is added to what others keep.
func TestAMoveIsProved(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]string{
		"another value":    "UPDATE house SET name = 'other' WHERE id = 8",
		"a row too many":   "INSERT INTO word (name) VALUES ('zz')",
		"a row is missing": "DELETE FROM a_guest WHERE visits = 77",
	} {
		m, _ := places(t)
		m.Progress = func(p move.Progress) {
			if p.Proving && p.Done == 0 && p.Table == "a_guest" {
				exec(t, m.To, change)
			}
		}
		var differs move.Differs
		if _, err := m.Run(t.Context()); !errors.As(err, &differs) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestWhatIsNotMoved(t *testing.T) {
	t.Parallel()
	m, to := places(t)
	if _, err := (move.Move{From: m.To, To: m.From, Schema: house()}).Run(t.Context()); !errors.Is(err, move.ErrKinds) {
		t.Errorf("the other way: %v", err)
	}
	newer := house().(fstest.MapFS)
	for _, dialect := range []string{"sqlite", "mysql"} {
		newer[dialect+"/0002_more.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE more (id BIGINT NOT " +
			"NULL PRIMARY KEY);\n")}
	}
	older := m
	older.Schema = newer
	if _, err := older.Run(t.Context()); !errors.Is(err, move.ErrOlder) {
		t.Errorf("of an older build: %v", err)
	}
	other := open(t, to)
	if _, err := sqldb.MigrateSchema(t.Context(), other, house()); err != nil {
		t.Fatal(err)
	}
	exec(t, other, "INSERT INTO word (name) VALUES ('theirs')")
	if _, err := m.Run(t.Context()); !errors.Is(err, move.ErrFilled) {
		t.Errorf("to where somebody is: %v", err)
	}
}
