package fault_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"hawker/internal/base/fault"
)

// Each word says another thing that the caller can do; a program matches on the code
// whatever the kind.
func TestEachKindIsItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[fault.Kind]string{}
	for name, make := range map[string]func(string, ...any) *fault.Error{
		"invalid": fault.Invalid, "unauthorized": fault.Unauthorized, "forbidden": fault.Forbidden,
		"not found": fault.NotFound, "conflict": fault.Conflict, "too large": fault.TooLarge, "too many": fault.TooMany,
		"unavailable": fault.Unavailable,
	} {
		f := make("tea.cold", "cups", 3, "of", "green")
		if other := seen[f.Kind]; other != "" || f.Kind == 0 {
			t.Errorf("%s is of the kind of %q", name, other)
		}
		seen[f.Kind] = name
		if f.Params["cups"] != "3" || f.Params["of"] != "green" || len(f.Params) != 2 {
			t.Errorf("%s keeps %v", name, f.Params)
		}
		if text := f.Error(); !strings.Contains(text, "tea.cold") || !strings.Contains(text, "green") {
			t.Errorf("%s reads %q", name, text)
		}
	}
}

// The cause is for the log: there in the text, found by errors.Is, and a fault inside
// a fault gives way to the outer one.
func TestTheCauseIsForTheLog(t *testing.T) {
	t.Parallel()
	inner := fault.NotFound("cup.broken").Because(fs.ErrNotExist)
	outer := fault.Unavailable("tea.none").Because(fmt.Errorf("pour: %w", inner))
	if fault.Code(outer) != "tea.none" || !errors.Is(outer, fs.ErrNotExist) || !errors.Is(outer, inner) {
		t.Errorf("%v", outer)
	}
	if !strings.Contains(outer.Error(), "cup.broken") || !strings.Contains(outer.Error(), fs.ErrNotExist.Error()) {
		t.Errorf("the log reads %q", outer)
	}
	if errors.Is(errors.New("tea.none"), outer) || errors.Is(outer, errors.New("tea.none")) {
		t.Error("a text that looks like a code is taken for one")
	}
	if lone := fault.Conflict("x.y", 7, 8); lone.Params["7"] != "8" {
		t.Errorf("a name that is no text: %v", lone.Params)
	}
}

// Of several failures the first that a user can be told of is told, however deep it
// lies; whoever has only its template finds it.
func TestTheFirstOfSeveralIsTold(t *testing.T) {
	t.Parallel()
	first, second := fault.NotFound("cup.gone"), fault.Conflict("tea.cold", "cups", 2)
	all := errors.Join(errors.New("disk"), fmt.Errorf("pour: %w", errors.Join(first, second)))
	if fault.Code(all) != "cup.gone" || !errors.Is(all, fault.Invalid("tea.cold")) {
		t.Errorf("%s of %v", fault.Code(all), all)
	}
}
