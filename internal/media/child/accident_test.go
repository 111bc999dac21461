//go:build linux

package child_test

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"hawker/internal/media/child"
)

// What happened to a child is told from what its input made it do.
func TestAccidents(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]bool{
		"kill -KILL $$":                         true,
		"kill -TERM $$":                         true,
		"kill -SEGV $$":                         false,
		"kill -XCPU $$":                         false,
		"exit 1":                                false,
		"echo 'Invalid data found' >&2; exit 1": false,
		"echo 'in: Too many open files' >&2; exit 1": true,
		"echo 'No space left on device' >&2; exit 1": true,
		"while :; do :; done":                        false, // until its CPU time is used up
	} {
		p, err := child.Start(t.Context(), child.Command{
			Program: "/bin/sh", Args: []string{"-c", script},
			Limits: child.Limits{Address: 1 << 30, Files: 64, FileSize: 1 << 20, CPU: time.Second},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Wait(); err == nil || child.Accident(err) != want {
			t.Errorf("%q: %v is an accident: %v", script, err, !want)
		}
	}
	for err, want := range map[error]bool{
		child.ErrMissing: true, errors.New("any"): false, &os.PathError{Err: syscall.EMFILE}: true,
		&os.PathError{Err: syscall.ENOENT}: false,
	} {
		if child.Accident(fmt.Errorf("try: %w", err)) != want {
			t.Errorf("%v is an accident: %v", err, !want)
		}
	}
}
