// Package crash turns a panic into an error that keeps where it came from. What
// runs beside others (a transaction in a batch, a job, a sweep, a handler) is
// called through it, so that a bug in one ends neither its neighbours nor the
// program.
package crash

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// Error is a panic that was caught. It is for the log: the stack is in its text.
type Error struct {
	Value any
	Stack []byte
}

func (e *Error) Error() string { return fmt.Sprintf("panic: %v\n%s", e.Value, e.Stack) }

// Unwrap gives the error that was panicked with, if it was one.
func (e *Error) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Catch calls fn and answers its error, or an *Error when it panics.
func Catch(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Error{p, debug.Stack()}
		}
	}()
	return fn()
}

// Told calls fn as Catch does and writes a panic to the log, for goroutines that nobody supervises.
func Told(log *slog.Logger, in string, fn func() error) error {
	err := Catch(fn)
	var c *Error
	if errors.As(err, &c) {
		log.Error("panic", "in", in, "panic", c.Value, "stack", string(c.Stack))
		return fmt.Errorf("panic in %s", in)
	}
	return err
}
