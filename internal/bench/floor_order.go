package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/sqldb"
)

// What an order that is placed and paid writes and asks at the least: rows that are new or changed, of both commits
// together, and look-ups of one row. It was counted (the statements of an order with two levels of commission).
const (
	floorRows     = 40
	floorReads    = 32
	floorRequests = 4 // place, pay, the bank's notification, and the question to the bank
)

// OrderFloor is the least that an order can cost: the same rows in two commits, look-ups and requests of the same
// number, by the same database driver and server, and nothing else. It serves at an address until ctx ends.
func OrderFloor(ctx context.Context, addr, dir string) error {
	db, err := sqldb.Open(ctx, sqldb.Options{
		URL: "sqlite:" + filepath.Join(dir, "floor.db"), Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	f := &orderFloor{db: db}
	if err := db.Update(ctx, createFloor); err != nil {
		return errors.Join(err, db.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/commit", f.commit)
	mux.HandleFunc("/", f.answer)
	ln, err := net.Listen("tcp", addr) //nolint:noctx // of this process alone
	if err != nil {
		return errors.Join(err, db.Close())
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return errors.Join(err, db.Close())
	}
	return db.Close()
}

type orderFloor struct {
	db   *sqldb.DB
	next atomic.Int64
}

func (f *orderFloor) answer(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return // the caller is gone
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"ok":true}`)
}

// commit writes half of an order's rows and reads half of what it reads.
func (f *orderFloor) commit(w http.ResponseWriter, r *http.Request) {
	first := f.next.Add(floorRows/2) - floorRows/2
	err := f.db.Update(r.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		for n := range int64(floorReads / 2) {
			if err := readFloor(ctx, tx, first-n*floorRows); err != nil {
				return err
			}
		}
		return writeFloor(ctx, tx, first)
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	f.answer(w, r)
}

// orderFloor measures that in a process of its own: CPU of an order in ms.
func (b *Bench) orderFloor(ctx context.Context) (ms float64, err error) {
	addrs, err := freeAddresses(1)
	if err != nil {
		return 0, err
	}
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "hawker-bench-")
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(self, "bench", "--order-floor", addrs[0], "--data", dir)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return 0, errors.Join(err, os.RemoveAll(dir))
	}
	defer func() {
		err = errors.Join(err, cmd.Process.Signal(syscall.SIGTERM))
		_ = cmd.Wait() // it ends by our signal
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	c := client{base: "http://" + addrs[0], http: &http.Client{}}
	if err := c.awaited(ctx); err != nil {
		return 0, err
	}
	one := func() error {
		for i := range floorRequests {
			path := "/"
			if i%2 == 0 {
				path = "/commit"
			}
			if err := c.want(ctx, "POST", path, map[string]string{"for": "the floor"}, nil); err != nil {
				return err
			}
		}
		return nil
	}
	return eachCPU(cmd.Process.Pid, ordersN, one)
}

// eachCPU runs something so often and answers what processor time that took another process each, in ms.
func eachCPU(pid, n int, one func() error) (float64, error) {
	if err := one(); err != nil { // the first makes connections
		return 0, err
	}
	before, err := ran(pid)
	if err != nil {
		return 0, err
	}
	for range n {
		if err := one(); err != nil {
			return 0, err
		}
	}
	after, err := ran(pid)
	return float64((after - before).Microseconds()) / 1000 / float64(n), err
}

// awaited waits until somebody answers.
func (c client) awaited(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		if _, err := c.do(ctx, "POST", "/", nil, nil); err == nil {
			return nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("nobody answers at %s: %w", c.base, err)
		}
	}
}
