package node_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/platform/node"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/schema"
)

// Whatever lies below work that nobody runs in goes: files, folders without a lock, a
// lock that is none. What cannot be looked at stays, and the start says so: it may be
// another's that runs.
func TestWhatLiesBelowWork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"bare/film.mp4", "deep/a/b/c", "odd/lock/is a folder", "-rf/lock", "吆喝/lock"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	n := node.New(sqltest.NewSQLite(t), dir)
	if err := n.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"joining", n.Name()}; err != nil || !slices.Equal(names, want) {
		t.Errorf("below work lie %q, %v; want %q", names, err, want)
	}
	if err := n.Leave(); err != nil {
		t.Error(err)
	}
	strange := filepath.Join(dir, "strange")
	if err := errors.Join(os.Mkdir(strange, 0o700), os.Symlink("lock", filepath.Join(strange, "lock"))); err != nil {
		t.Fatal(err)
	}
	err = node.New(sqltest.NewSQLite(t), dir).Join(t.Context())
	if err == nil || !strings.Contains(err.Error(), "strange") {
		t.Errorf("what nobody can look at: %v", err)
	}
	if _, err := os.Lstat(filepath.Join(strange, "lock")); err != nil {
		t.Errorf("it was removed: %v", err)
	}
}

// A folder that cannot be is said, and leaving without having joined is nothing.
func TestAFolderThatCannotBe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	n := node.New(sqltest.NewSQLite(t), filepath.Join(file, "work"))
	if err := n.Join(t.Context()); err == nil {
		t.Error("it joined in a file")
	}
	if err := n.Leave(); err != nil {
		t.Error(err)
	}
}

// Processes that share a database have folders of their own, which the others leave
// alone while they run, also when all start at once. On SQLite there is one.
func TestProcessesOfOneDatabase(t *testing.T) {
	t.Parallel()
	dir, url := t.TempDir(), sqltest.FreshURL(t)
	var mu sync.Mutex
	var all []*node.Node
	var group sync.WaitGroup
	refused := 0
	for range 3 {
		group.Go(func() {
			db, err := sqldb.Open(t.Context(), sqldb.Options{
				URL: url, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler),
			})
			if errors.Is(err, sqldb.ErrLocked) {
				mu.Lock()
				defer mu.Unlock()
				refused++
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { db.Close() })
			n := node.New(db, dir)
			if err := errors.Join(sqldb.Migrate(t.Context(), db, schema.FS), n.Join(t.Context())); err != nil {
				t.Error(err)
				return
			}
			mine := filepath.Join(n.Dir(), "film")
			if err := os.WriteFile(mine, []byte(n.Name()), 0o600); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, n)
		})
	}
	group.Wait()
	if len(all)+refused != 3 || len(all) == 0 {
		t.Fatalf("%d joined, %d were refused", len(all), refused)
	}
	for i, n := range all {
		if got, err := os.ReadFile(filepath.Join(n.Dir(), "film")); string(got) != n.Name() || err != nil {
			t.Errorf("under work at %s: %q, %v", n.Name(), got, err)
		}
		if err := n.Leave(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(n.Dir()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s has left: %v", n.Name(), err)
		}
		for _, other := range all[i+1:] {
			if _, err := os.Stat(filepath.Join(other.Dir(), "film")); err != nil {
				t.Errorf("one that left took another's work along: %v", err)
			}
		}
	}
}
