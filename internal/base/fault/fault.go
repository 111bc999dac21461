// Package fault holds the errors that a user can be told about. A fault has a
// kind (what the caller can do about it), a stable code (what a program matches
// on, `module.what_happened`) and parameters for its translated text. It knows
// nothing of HTTP; `platform/httpapi` turns it into a problem document.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what the caller can do about an error.
type Kind int

// Kinds, in the order in which a request meets them.
const (
	KindInvalid      Kind = iota + 1 // mend the input
	KindUnauthorized                 // sign in
	KindForbidden                    // ask somebody who may
	KindNotFound                     // it is not there, or not yours
	KindConflict                     // the state does not allow it; look again
	KindTooLarge                     // send less
	KindTooMany                      // wait
	KindUnavailable                  // a part is down; try again
)

// Error is an expected failure.
type Error struct {
	Kind   Kind
	Code   string            // stable, `module.what_happened`
	Params map[string]string // for the translated text; never secret
	Field  string            // JSON pointer of the offending field, if one is
	cause  error
}

func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s %v: %v", e.Code, e.Params, e.cause)
	}
	return fmt.Sprintf("%s %v", e.Code, e.Params)
}

// Unwrap gives the cause, which is logged and never shown.
func (e *Error) Unwrap() error { return e.cause }

// Is matches two faults by code, so that callers may compare with a template.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Because adds the cause, for the log only.
func (e *Error) Because(err error) *Error {
	c := *e
	c.cause = err
	return &c
}

// At names the offending field by JSON pointer.
func (e *Error) At(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// Invalid is bad input. kv are pairs of parameter name and value.
func Invalid(code string, kv ...any) *Error { return fresh(KindInvalid, code, kv) }

// Unauthorized means that nobody is signed in.
func Unauthorized(code string, kv ...any) *Error { return fresh(KindUnauthorized, code, kv) }

// Forbidden means that the caller is known and may not.
func Forbidden(code string, kv ...any) *Error { return fresh(KindForbidden, code, kv) }

// NotFound also answers for what exists and is somebody else's.
func NotFound(code string, kv ...any) *Error { return fresh(KindNotFound, code, kv) }

// Conflict means that the present state does not allow it.
func Conflict(code string, kv ...any) *Error { return fresh(KindConflict, code, kv) }

// TooLarge means that a limit on size was passed.
func TooLarge(code string, kv ...any) *Error { return fresh(KindTooLarge, code, kv) }

// TooMany means that a rate limit was passed.
func TooMany(code string, kv ...any) *Error { return fresh(KindTooMany, code, kv) }

// Unavailable means that a part that is needed does not answer.
func Unavailable(code string, kv ...any) *Error { return fresh(KindUnavailable, code, kv) }

// As gives the fault within err, or nil.
func As(err error) *Error {
	var f *Error
	if errors.As(err, &f) {
		return f
	}
	return nil
}

// Code gives the code of the fault within err, or "".
func Code(err error) string {
	if f := As(err); f != nil {
		return f.Code
	}
	return ""
}

func fresh(kind Kind, code string, kv []any) *Error {
	e := &Error{Kind: kind, Code: code}
	if len(kv) > 0 {
		e.Params = make(map[string]string, len(kv)/2)
	}
	for i := 0; i+1 < len(kv); i += 2 {
		e.Params[fmt.Sprint(kv[i])] = fmt.Sprint(kv[i+1])
	}
	return e
}
