// Package child starts, bounds and ends a program that works on what strangers
// sent: ffmpeg, as far as Hawker goes. It keeps true that such a child
//
//   - never runs without its limits, and may know nothing of our environment;
//   - ends with its context, together with whatever it started itself;
//   - ends with us, however we end: no killed server leaves an encoder behind;
//   - is told about by its last words when it fails.
//
// What goes through its pipes, and when it has been silent for too long, is its
// user's business.
package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"hawker/internal/base/span"
)

// FirstMore is the child's number of the first file of Command.More.
const FirstMore = 3

const (
	stderrKept = 4 << 10
	// closeWithin is how long, after the end of a child, something that it started
	// and that got away may keep its standard error open.
	closeWithin = 5 * time.Second
)

// ErrMissing says that there is no such program here.
var ErrMissing = errors.New("program not found")

// Command is what to run.
type Command struct {
	Program string // a path, or a name that is looked for in PATH
	Task    string // what for, in a word that traces show
	Args    []string
	Dir     string // where it works; where we do if empty
	Limits  Limits

	In   bool // we write its standard input
	Out  bool // we read its standard output
	More int  // so many outputs more are read: its files from FirstMore on
}

// Limits bound a child. On systems other than Linux, which cannot bound a
// program that runs already, only the context does.
type Limits struct {
	Address  uint64        // bytes of address space
	Files    uint64        // open at once
	FileSize uint64        // bytes of a file that it writes; pipes are no files
	CPU      time.Duration // whole seconds; 0 is without limit
	Nice     int           // how far it stands back for others
}

// ExitError is a child that failed by itself or was killed.
type ExitError struct {
	Program string
	Err     error  // of the process: exit status or signal
	Stderr  string // its last words
	spent   bool   // it used up its CPU time
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("%s: %v: %s", e.Program, e.Err, strings.TrimSpace(e.Stderr))
}

// Unwrap gives the process's error.
func (e *ExitError) Unwrap() error { return e.Err }

// Killed reports a child that a signal ended: its input need not be at fault.
func (e *ExitError) Killed() bool { return e.signal() != 0 }

// Accident reports a failure that is not the input's fault and may pass by itself: the machine is short of something
// (descriptors, processes, disk), a disk fails, the program is missing, or somebody outside ended
// the child. A child that ran into its own limits was ended by its input.
func Accident(err error) bool {
	for _, cause := range []error{
		ErrMissing, syscall.EMFILE, syscall.ENFILE, syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, syscall.ENOMEM,
		syscall.EAGAIN, syscall.EROFS,
	} {
		if errors.Is(err, cause) {
			return true
		}
	}
	var exit *ExitError
	if !errors.As(err, &exit) {
		return false
	}
	for _, words := range []string{
		"Too many open files", "No space left on device",
		"Resource temporarily unavailable",
	} {
		if strings.Contains(exit.Stderr, words) {
			return true
		}
	}
	if exit.spent {
		return false
	}
	return slices.Contains([]syscall.Signal{
		syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT,
	}, exit.signal())
}

// signal is what ended the child, 0 if it ended by itself.
func (e *ExitError) signal() syscall.Signal {
	var exit *exec.ExitError
	if !errors.As(e.Err, &exit) {
		return 0
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal()
	}
	return 0
}

// Process is a child that runs. Its pipes are nil unless the command asked for
// them; they may be closed early.
type Process struct {
	In   io.WriteCloser
	Out  io.ReadCloser
	More []io.ReadCloser

	cmd    *exec.Cmd
	cpu    time.Duration // that it may use; 0 is without limit
	ours   []*os.File    // ends of pipes
	theirs []*os.File
	words  tail
	step   span.Span
	ended  chan struct{}
	err    error // read it when ended
}

// Start starts a child, which is killed when ctx ends. Whoever gets a process
// must Wait for it. Error ErrMissing.
func Start(ctx context.Context, c Command) (*Process, error) {
	p := &Process{
		cmd: exec.CommandContext(ctx, c.Program, c.Args...), words: tail{max: stderrKept}, cpu: c.Limits.CPU,
		ended: make(chan struct{}),
	}
	p.cmd.Dir = c.Dir
	p.cmd.Env = environment()
	p.cmd.SysProcAttr = attributes()
	p.cmd.Cancel = p.killGroup
	p.cmd.WaitDelay = closeWithin
	p.cmd.Stderr = &p.words
	if err := p.openPipes(c); err != nil {
		closeAll(p.theirs)
		closeAll(p.ours)
		return nil, err
	}
	started := make(chan error)
	go p.hold(c.Limits, started)
	_, p.step = span.Start(ctx, span.Internal, p.name()+" "+c.Task)
	if err := <-started; err != nil {
		p.step.End(err)
		closeAll(p.ours)
		return nil, err
	}
	p.step.Set(slog.Int("process.pid", p.PID()))
	return p, nil
}

// hold starts the child and sees it end. The kernel kills the child with the
// thread that started it, so that it does not outlive us; that thread must
// therefore stay for as long as the child does.
func (p *Process) hold(limits Limits, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	closeAll(p.theirs) // it has its own
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("%w: %w", ErrMissing, err)
	}
	if err != nil {
		started <- err
		return
	}
	if err := limit(p.PID(), limits); err != nil { // an unlimited child is not let run
		err = errors.Join(fmt.Errorf("limit %s: %w", p.name(), err), p.killGroup())
		_ = p.cmd.Wait()
		started <- err
		return
	}
	started <- nil
	p.err = p.cmd.Wait()
	close(p.ended)
}

// Wait waits for the child's end, once its outputs have been read, and closes
// what is left of its pipes. It answers nil or an *ExitError, also for a child
// that its context ended: the context tells why.
func (p *Process) Wait() error {
	<-p.ended
	closeAll(p.ours)
	p.step.Set(slog.Int("process.exit.code", p.cmd.ProcessState.ExitCode()))
	p.step.End(p.err)
	if p.err != nil {
		return &ExitError{Program: p.name(), Err: p.err, Stderr: p.words.String(), spent: p.spent()}
	}
	return nil
}

// spent tells whether the child, which has ended, used up its CPU time. The kernel kills such a one as anybody may.
func (p *Process) spent() bool {
	used := p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
	// The kernel ends a child by the ticks in which it ran. On a machine with much to do they
	// are more than what it says in the end that was used.
	return p.cpu > 0 && used >= p.cpu/2
}

// PID is the child's, and the number of its process group.
func (p *Process) PID() int { return p.cmd.Process.Pid }

func (p *Process) name() string { return filepath.Base(p.cmd.Path) }

func (p *Process) killGroup() error {
	err := syscall.Kill(-p.PID(), syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// openPipes makes the pipes of a command. They are not those of os/exec, whose
// Wait closes them under their reader.
func (p *Process) openPipes(c Command) error {
	if c.In {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		p.cmd.Stdin, p.In = r, w
		p.theirs, p.ours = append(p.theirs, r), append(p.ours, w)
	}
	if c.Out {
		r, w, err := p.output()
		if err != nil {
			return err
		}
		p.cmd.Stdout, p.Out = w, r
	}
	for range c.More {
		r, w, err := p.output()
		if err != nil {
			return err
		}
		p.cmd.ExtraFiles, p.More = append(p.cmd.ExtraFiles, w), append(p.More, r)
	}
	return nil
}

func (p *Process) output() (ours, theirs *os.File, err error) {
	ours, theirs, err = os.Pipe()
	if err == nil {
		p.theirs, p.ours = append(p.theirs, theirs), append(p.ours, ours)
	}
	return ours, theirs, err
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close() // perhaps its user did already
	}
}

// environment is all a child gets to know of ours.
func environment() []string {
	env := []string{"LANG=C", "AV_LOG_FORCE_NOCOLOR=1", "MALLOC_ARENA_MAX=2"}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// tail keeps the end of what is written to it.
type tail struct {
	max int
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if len(t.buf) > t.max {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-t.max:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.buf) }
