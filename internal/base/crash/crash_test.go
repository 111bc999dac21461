package crash_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"hawker/internal/base/crash"
)

func explode() error {
	var list []int
	return errors.New("never " + string(rune(list[3])))
}

func TestAPanicBecomesAnErrorWithItsStack(t *testing.T) {
	t.Parallel()
	err := crash.Catch(explode)
	var c *crash.Error
	if !errors.As(err, &c) || !strings.Contains(err.Error(), "index out of range") {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), "crash_test.explode") {
		t.Errorf("the text does not say where it was:\n%v", err)
	}
}

func TestErrorsPassThrough(t *testing.T) {
	t.Parallel()
	if err := crash.Catch(func() error { return io.EOF }); err != io.EOF {
		t.Errorf("got %v", err)
	}
	if err := crash.Catch(func() error { panic(io.EOF) }); !errors.Is(err, io.EOF) {
		t.Errorf("what was panicked with is lost: %v", err)
	}
	if err := crash.Catch(func() error { return nil }); err != nil {
		t.Errorf("got %v", err)
	}
}
