package payment

import (
	"context"
	"fmt"

	"hawker/internal/base/event"
	"hawker/internal/ledger"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/sqldb"
)

// sweepSize bounds what one look asks about; the rest is due still.
const sweepSize = 200

// Jobs are the kinds of work that the module has done.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{{Name: refundKind, Options: refundOptions(), Work: s.refund}}
}

// Checks are doctor's.
func Checks() []module.Check {
	return []module.Check{{
		Code: "payment_captured", Name: "payment: what providers captured is what the ledger holds (I12)", Run: checkCaptured,
	}}
}

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{
		Name: "payment", Operations: []module.Operations{h}, Jobs: h.Service.Jobs(),
		Tasks: []schedule.Task{{
			Name: "payments.poll", Next: nextPoll,
			Do: func(ctx context.Context) error { _, err := h.Service.Poll(ctx, sweepSize); return err },
		}},
		Checks: Checks(), Subscriptions: h.subscriptions(), Published: []event.Event{RefundStarted{}, Refunded{}},
	}
}

func checkCaptured(ctx context.Context, q sqldb.Querier) (out []string, err error) {
	totals, err := CapturedTotals(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, c := range totals {
		b, err := ledger.BalanceOf(ctx, q, ledger.PSPClearing(c.Provider, c.Currency))
		if err != nil {
			return nil, err
		}
		if b.Posted != c.In-c.Back {
			out = append(out, fmt.Sprintf("%s %s: captured %d, refunded %d, ledger %d", c.Provider, c.Currency, c.In,
				c.Back, b.Posted))
		}
	}
	return out, nil
}
