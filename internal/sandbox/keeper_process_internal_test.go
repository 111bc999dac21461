package sandbox

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hawker/internal/base/clock"
)

// TestMain is the bank too: a keeper starts its own program, which here is this one.
func TestMain(m *testing.M) {
	if len(os.Args) == 6 && os.Args[1] == "sandbox" {
		os.Exit(bank(os.Args[5]))
	}
	os.Exit(m.Run())
}

// bank answers that it is well until it is told to stop.
func bank(addr string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return 1
	}
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter,
		_ *http.Request,
	) {
		_, _ = w.Write([]byte(strconv.Itoa(os.Getpid())))
	})}
	go func() { <-ctx.Done(); _ = server.Close() }()
	_ = server.Serve(ln)
	return 0
}

// kept is a keeper that runs, on a clock that hurries.
type kept struct {
	*Keeper
	t    *testing.T
	stop func() error
}

func keep(t *testing.T, c KeeperConfig) *kept {
	t.Helper()
	manual := clock.NewManual(time.Unix(0, 0))
	c.Clock, c.Log = manual, slog.New(slog.DiscardHandler)
	b := &kept{Keeper: NewKeeper(c), t: t}
	ctx, cancel := context.WithCancel(t.Context())
	done, hurry := make(chan error, 1), make(chan struct{})
	go func() { done <- b.Run(ctx) }()
	go func() {
		for {
			select {
			case <-hurry:
				return
			default:
				manual.Advance(keeperSoon)
				runtime.Gosched()
			}
		}
	}()
	b.stop = func() error {
		cancel()
		err := <-done
		close(hurry)
		return err
	}
	return b
}

// ask asks the bank who it is: the number of its process.
func (b *kept) ask() int {
	b.t.Helper()
	res, err := (&http.Client{Transport: b.Keeper}).Get(b.URL())
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	raw := make([]byte, 16)
	n, _ := res.Body.Read(raw)
	pid, err := strconv.Atoi(string(raw[:n]))
	if err != nil {
		b.t.Fatalf("the bank is %q", raw[:n])
	}
	return pid
}

// gone waits until a process is no more.
func gone(t *testing.T, pid int) {
	t.Helper()
	for alive(pid) {
		if t.Context().Err() != nil {
			t.Fatalf("%d lives on", pid)
		}
		runtime.Gosched()
	}
}

func alive(pid int) bool {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(raw), ") Z ")
}

func place(t *testing.T) KeeperConfig {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	dir := t.TempDir()
	return KeeperConfig{Addr: ln.Addr().String(), Dir: filepath.Join(dir, "sandbox"), PID: filepath.Join(dir, "pid")}
}

// A bank that dies is started again, and it ends with the program that keeps it.
func TestABankThatDiesIsStartedAgain(t *testing.T) {
	t.Parallel()
	b := keep(t, place(t))
	first := b.ask()
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	gone(t, first)
	second := 0
	for second == 0 || second == first {
		second = b.ask()
		runtime.Gosched()
	}
	if err := b.stop(); err != nil {
		t.Error(err)
	}
	gone(t, second)
}

// A program that was killed leaves its bank behind; the next one takes it over, and
// ends it with itself. A bank of somebody else is used and left alone.
func TestABankThatIsThereIsTakenOver(t *testing.T) {
	t.Parallel()
	for _, own := range []bool{true, false} {
		c := place(t)
		before := NewKeeper(c)
		orphan, done, err := before.start()
		if err != nil {
			t.Fatal(err)
		}
		for !before.answers(t.Context(), http.DefaultClient) { // it is there before the next keeper looks
			runtime.Gosched()
		}
		if !own {
			c.Dir, c.PID = filepath.Join(t.TempDir(), "other"), filepath.Join(t.TempDir(), "pid")
		}
		c.Now = true
		b := keep(t, c)
		pid := 0
		for pid == 0 {
			pid = b.ask()
		}
		if pid != orphan.Process.Pid {
			t.Errorf("own %v: asked %d, there was %d", own, pid, orphan.Process.Pid)
		}
		if err := b.stop(); err != nil {
			t.Error(err)
		}
		if own {
			<-done
			continue
		}
		if !alive(orphan.Process.Pid) {
			t.Error("somebody else's bank was ended")
		}
		if err := stopChild(orphan, done); err != nil {
			t.Error(err)
		}
	}
}

// Where play money is switched off nothing runs, and where nobody asked nothing was
// started.
func TestNobodyAsksForTheBank(t *testing.T) {
	t.Parallel()
	c := place(t)
	if m := NewKeeper(c).Module(false, true); len(m.Runners) != 0 {
		t.Errorf("without play money it runs %v", m.Runners)
	}
	b := keep(t, c)
	if err := b.stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(c.PID); err == nil {
		t.Error("a bank was started that nobody had asked for")
	}
}
