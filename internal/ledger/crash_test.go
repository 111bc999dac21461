package ledger_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/ledger"
	"hawker/internal/platform/sqldb"
	"hawker/internal/schema"
)

const crashFileEnv = "HAWKER_LEDGER_CRASH_FILE"

func openFile(t *testing.T, path string) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Options{
		URL: "sqlite:" + path, Clock: clock.Real{},
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := sqldb.Migrate(t.Context(), db, schema.FS); err != nil {
		t.Fatal(err)
	}
	return db
}

// TestCrashWriter is the process that TestKill9LosesNothing kills: it posts,
// repeats and overdraws, and prints a key once its posting is acknowledged.
func TestCrashWriter(t *testing.T) {
	t.Parallel()
	path := os.Getenv(crashFileEnv)
	if path == "" {
		t.Skip("only the child process of TestKill9LosesNothing writes")
	}
	db := openFile(t, path)
	run, shop := db.NextID(), id.FromInt[id.Shop](1)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for worker := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("crash:%d:%d:%d", run, worker, i)
				if err := writeOnce(t.Context(), db, key, shop, i); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				fmt.Println("ack " + key)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func writeOnce(ctx context.Context, db *sqldb.DB, key string, shop id.Shop, i int) error {
	frozen, available := ledger.ShopFrozen(shop, cny), ledger.ShopAvailable(shop, cny)
	e := entry(key, ledger.Move(ledger.PSPClearing("x", cny), frozen, 100), ledger.Move(frozen, available, 60),
		ledger.Hold(available, ledger.WithdrawalsInTransit("x", cny), 10))
	r, err := post(ctx, db, e)
	if err != nil {
		return err
	}
	if i%3 == 0 {
		if _, err := post(ctx, db, e); err != nil { // the same fact again
			return err
		}
	}
	if i%4 == 0 {
		_, err = post(ctx, db, entry(key+":end", ledger.Capture(r.Transfers[2], 10)))
	}
	if i%5 == 0 {
		if _, err := post(ctx, db, entry(key+":over", ledger.Move(frozen, available, 1<<50))); fault.Code(
			err) != ledger.CodeInsufficientFunds {
			return fmt.Errorf("an overdraft: %w", err)
		}
	}
	return err
}

// kill -9 at any moment loses nothing that was acknowledged and leaves books
// that prove themselves.
func TestKill9LosesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	acks := map[string]bool{}
	for _, after := range []int{1, 60, 150} {
		for _, key := range writeAndKill(t, path, after) {
			acks[key] = true
		}
		db := openFile(t, path)
		wantClean(t, db)
		for key := range acks {
			var n int
			if err := db.Reader().QueryRow(t.Context(), `SELECT COUNT(*) FROM ledger_tx WHERE idem_key = ?`, key).
				Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n != 1 {
				t.Errorf("%s was acknowledged and is there %d times", key, n)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d acknowledged keys", len(acks))
}

func writeAndKill(t *testing.T, path string, after int) (acks []string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashWriter$")
	child.Env = append(os.Environ(), crashFileEnv+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var key string
		if n, _ := fmt.Sscanf(lines.Text(), "ack %s", &key); n == 1 {
			acks = append(acks, key)
		}
		if len(acks) == after {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the writer ended by itself")
	}
	if len(acks) < after {
		t.Fatalf("only %d of %d acknowledged", len(acks), after)
	}
	return acks
}
