package keyring_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

const houseVariable = "HAWKER_TEST_HOUSE"

// TestMain lets this program be the one that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(houseVariable); dir != "" {
		fmt.Println(rotateIn(dir))
		return
	}
	os.Exit(m.Run())
}

// rotateIn changes the key of a house, says each step and waits to be told to go on.
func rotateIn(dir string) error {
	ctx := context.Background()
	db, err := sqldb.Open(ctx, sqldb.Options{
		URL: "sqlite:" + filepath.Join(dir, "hawker.db"), Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	r := (&house{db: db, dir: dir}).rotation()
	r.Told = func(kind string, moved int64) {
		fmt.Println("moved", kind, moved)
		_, _ = os.Stdin.Read(make([]byte, 1)) // until it may go on, or is killed
	}
	if _, err := r.Run(ctx); err != nil {
		return err
	}
	return db.Close()
}

// Killed at any step, a change of keys is finished by the next run, and each value is
// sealed once more only.
func TestKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.dir = t.TempDir()
	file := filepath.Join(h.dir, "hawker.db")
	sqltest.WriteMigrated(t, file)
	reopen := func() {
		var err error
		h.db, err = sqldb.Open(t.Context(), sqldb.Options{
			URL: "sqlite:" + file, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	leave := func() {
		if err := h.db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	reopen()
	before := h.fill()
	leave()
	for step := 1; step <= 2; step++ {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), houseVariable+"="+h.dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		in, err := cmd.StdinPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		said := bufio.NewScanner(out)
		for n := range step {
			if n > 0 {
				if _, err := in.Write([]byte("\n")); err != nil {
					t.Fatal(err)
				}
			}
			if !said.Scan() || said.Text() == "<nil>" {
				t.Fatalf("step %d: it said %q, %v", step, said.Text(), said.Err())
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
	}
	reopen()
	done, err := h.rotation().Run(t.Context())
	if err != nil || done.Moved != allSealed || done.From != before.KeyID() {
		t.Errorf("%+v, %v", done, err)
	}
	h.opens()
	leave()
}
