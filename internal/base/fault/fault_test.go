package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"hawker/internal/base/fault"
)

func TestAFaultIsFoundHoweverItIsWrapped(t *testing.T) {
	t.Parallel()
	cause := errors.New("the disk says no")
	base := fault.Conflict("cart.full", "max", 120)
	where := base.At("body.quantity")
	why := where.Because(cause)
	wrapped := fmt.Errorf("put it in: %w", errors.Join(errors.New("other"), why))
	f := fault.As(wrapped)
	if f == nil || f.Kind != fault.KindConflict || f.Params["max"] != "120" || f.Field != "body.quantity" {
		t.Fatalf("found %+v", f)
	}
	if fault.Code(wrapped) != "cart.full" || !errors.Is(wrapped, fault.NotFound("cart.full")) ||
		errors.Is(wrapped, fault.Conflict("cart.empty")) || !errors.Is(wrapped, cause) {
		t.Errorf("%v is not what it is", wrapped)
	}
	if base.Field != "" || errors.Is(base, cause) || where.Field == "" || errors.Is(where, cause) {
		t.Error("saying more of a fault changed the one before")
	}
	for _, err := range []error{nil, cause, fmt.Errorf("x: %w", cause)} {
		if fault.As(err) != nil || fault.Code(err) != "" {
			t.Errorf("%v is a fault", err)
		}
	}
	if odd := fault.Invalid("x.y", "alone"); len(odd.Params) != 0 {
		t.Errorf("a name without a value: %v", odd.Params)
	}
}
