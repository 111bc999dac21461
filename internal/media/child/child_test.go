//go:build linux

package child_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hawker/internal/media/child"
)

// asParent makes the test's own program start a child and wait to be killed.
const asParent = "HAWKER_TEST_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(asParent) != "" {
		parent()
		return
	}
	goleak.VerifyTestMain(m)
}

func parent() {
	p, err := child.Start(context.Background(), child.Command{Program: "sleep", Args: []string{"600"}, Limits: roomy()})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.PID())
	select {}
}

func roomy() child.Limits { return child.Limits{Address: 1 << 30, Files: 32, FileSize: 1 << 20} }

func shell(script string) child.Command {
	return child.Command{Program: "sh", Args: []string{"-c", script}, Limits: roomy(), In: true, Out: true}
}

func start(t *testing.T, ctx context.Context, c child.Command) *child.Process {
	t.Helper()
	p, err := child.Start(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// output runs a child to its end.
func output(t *testing.T, c child.Command) (string, error) {
	t.Helper()
	p := start(t, t.Context(), c)
	out, err := io.ReadAll(p.Out)
	if err != nil {
		t.Fatal(err)
	}
	return string(out), p.Wait()
}

// eventually polls: other processes have no channel to tell by.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("never: " + what)
		}
	}
}

// gone tells whether a process has ended; one that nobody has asked for yet is a zombie.
func gone(t *testing.T, pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return true
	}
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), ") ")
	return strings.HasPrefix(rest, "Z") || strings.HasPrefix(rest, "X")
}

func TestLimitsAreInForce(t *testing.T) {
	for name, c := range map[string]struct {
		limits child.Limits
		want   map[string]string // of /proc/PID/limits
		nice   string
	}{
		"all": {
			child.Limits{Address: 2 << 30, Files: 40, FileSize: 5 << 20, CPU: 90 * time.Second, Nice: 7},
			map[string]string{"Max cpu time": "90", "Max file size": "5242880"},
			"7",
		},
		"no more": {child.Limits{Address: 2 << 30, Files: 40}, map[string]string{
			"Max cpu time":  "unlimited",
			"Max file size": "0",
		}, "0"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := shell("read line")
			cmd.Limits = c.limits
			p := start(t, t.Context(), cmd)
			raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", p.PID()))
			if err != nil {
				t.Fatal(err)
			}
			c.want["Max address space"], c.want["Max open files"], c.want["Max core file size"] = "2147483648", "40",
				"0"
			for what, n := range c.want {
				_, rest, _ := strings.Cut(string(raw), what)
				if f := strings.Fields(rest); len(f) < 2 || f[0] != n || f[1] != n {
					t.Errorf("%s is %.40q, want %s", what, rest, n)
				}
			}
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
			if err != nil {
				t.Fatal(err)
			}
			_, rest, _ := strings.Cut(string(stat), ") ")
			if got := strings.Fields(rest)[16]; got != c.nice {
				t.Errorf("nice is %s, want %s", got, c.nice)
			}
			if _, err := io.WriteString(p.In, "go\n"); err != nil {
				t.Error(err)
			}
			if err := p.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLimitsEndAChild(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		script string
		limits child.Limits
		killed bool
	}{
		"CPU time": {"while :; do :; done", child.Limits{Address: 1 << 30, Files: 32, CPU: time.Second}, true},
		"no file":  {"echo much >file", child.Limits{Address: 1 << 30, Files: 32}, true},
		"a long file": {
			"exec head -c 4096 /dev/zero >file",
			child.Limits{Address: 1 << 30, Files: 32, FileSize: 1024},
			true,
		},
		"many files": {
			"exec 3</dev/null 4</dev/null 5</dev/null 6</dev/null",
			child.Limits{Address: 1 << 30, Files: 6},
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := shell("read line; " + c.script)
			cmd.Limits, cmd.Dir = c.limits, dir
			p := start(t, t.Context(), cmd)
			if _, err := io.WriteString(p.In, "go\n"); err != nil {
				t.Fatal(err)
			}
			var exit *child.ExitError
			if err := p.Wait(); !errors.As(err, &exit) || exit.Killed() != c.killed {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

func TestTheGroupEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	p := start(t, ctx, shell("sleep 600 & echo $!; wait"))
	line, err := bufio.NewReader(p.Out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	grandchild, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if gone(t, grandchild) {
		t.Fatal("there is no grandchild to end")
	}
	cancel(errors.New("enough"))
	var exit *child.ExitError
	if err := p.Wait(); !errors.As(err, &exit) || !exit.Killed() {
		t.Errorf("it ended with %v", err)
	}
	eventually(t, "the grandchild ends", func() bool { return gone(t, grandchild) })
}

func TestAContextThatIsOverStartsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := child.Start(ctx, shell("true")); !errors.Is(err, context.Canceled) {
		t.Errorf("started: %v", err)
	}
}

// A server that is killed cannot clean up: the kernel does.
func TestAChildEndsWithUs(t *testing.T) {
	us := exec.CommandContext(t.Context(), os.Args[0])
	us.Env = append(os.Environ(), asParent+"=1")
	out, err := us.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := us.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || gone(t, pid) {
		t.Fatalf("no child runs: %q", line)
	}
	if err := us.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := us.Wait(); err == nil {
		t.Error("the parent was not killed")
	}
	eventually(t, "the child ends", func() bool { return gone(t, pid) })
}

// The thread of whoever starts a child may end before the child does.
func TestAChildOutlivesTheThreadThatAskedForIt(t *testing.T) {
	type answer struct {
		tid int
		p   *child.Process
		err error
	}
	started := make(chan answer)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		p, err := child.Start(t.Context(), shell("cat"))
		started <- answer{syscall.Gettid(), p, err}
	}()
	a := <-started
	if a.err != nil {
		t.Fatal(a.err)
	}
	if a.tid != os.Getpid() { // the first thread is never ended
		eventually(t, "the thread ends", func() bool {
			_, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", a.tid))
			return err != nil
		})
	}
	if _, err := io.WriteString(a.p.In, "still here\n"); err != nil {
		t.Fatal(err)
	}
	if err := a.p.In.Close(); err != nil {
		t.Fatal(err)
	}
	if out, err := io.ReadAll(a.p.Out); string(out) != "still here\n" || err != nil {
		t.Errorf("it answers %q, %v", out, err)
	}
	if err := a.p.Wait(); err != nil {
		t.Error(err)
	}
}

func TestNothingOfOurEnvironmentIsKnown(t *testing.T) {
	t.Setenv("HAWKER_SECRET", "pigeon")
	c := child.Command{Program: "env", Limits: roomy(), Out: true}
	out, err := output(t, c)
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(out) {
		name, _, _ := strings.Cut(l, "=")
		if !slices.Contains([]string{"LANG", "AV_LOG_FORCE_NOCOLOR", "MALLOC_ARENA_MAX", "PATH", "LD_LIBRARY_PATH"},
			name) {
			t.Errorf("it knows %s", l)
		}
	}
	if !strings.Contains(out, "LANG=C\n") || !strings.Contains(out, "PATH="+os.Getenv("PATH")+"\n") {
		t.Errorf("it knows only %q", out)
	}
}

func TestOfManyWordsTheLastAreKept(t *testing.T) {
	_, err := output(t, shell("head -c 300000 /dev/zero | tr '\\0' a >&2; echo the end >&2; exit 3"))
	var exit *child.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("it ended with %v", err)
	}
	if n := len(exit.Stderr); n > 4<<10 || !strings.HasSuffix(exit.Stderr, "aaathe end\n") {
		t.Errorf("%d bytes are kept, the last are %q", n, exit.Stderr[max(0, n-20):])
	}
	if text := err.Error(); exit.Killed() || !strings.HasPrefix(text, "sh: exit status 3: aaa") ||
		!strings.HasSuffix(text, "the end") {
		t.Errorf("its error is %.40q…", text)
	}
}

func TestPipes(t *testing.T) {
	c := shell("cat; echo three >&3; echo four >&4")
	c.More, c.Dir = 2, t.TempDir()
	p := start(t, t.Context(), c)
	if _, err := io.WriteString(p.In, "one\n"); err != nil {
		t.Fatal(err)
	}
	if err := p.In.Close(); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"one\n", "three\n", "four\n"} {
		if out, err := io.ReadAll(append([]io.ReadCloser{p.Out}, p.More...)[i]); string(out) != want || err != nil {
			t.Errorf("pipe %d gives %q, %v", i, out, err)
		}
	}
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := p.Out.Read(make([]byte, 1)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a pipe is left open: %v", err)
	}
}

// What a child wrote before it ended can be read after it has.
func TestOutputOutlastsTheChild(t *testing.T) {
	p := start(t, t.Context(), shell("echo last words"))
	eventually(t, "the child is gone", func() bool { return gone(t, p.PID()) })
	if out, err := io.ReadAll(p.Out); string(out) != "last words\n" || err != nil {
		t.Errorf("it left %q, %v", out, err)
	}
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeStarted(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		program string
		missing bool
	}{
		"nowhere in PATH": {"hawker-no-such-program", true},
		"no such file":    {filepath.Join(dir, "ffmpeg"), true},
		"a folder":        {dir, false},
	} {
		before := open(t)
		_, err := child.Start(t.Context(), child.Command{
			Program: c.program, Limits: roomy(), In: true, Out: true,
			More: 2,
		})
		if err == nil || errors.Is(err, child.ErrMissing) != c.missing {
			t.Errorf("%s: %v", name, err)
		}
		if n := open(t); n != before {
			t.Errorf("%s: %d files are left open", name, n-before)
		}
	}
}

// open counts our files.
func open(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}
