package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"hawker/internal/base/clock"
	"hawker/internal/distribution"
	"hawker/internal/inventory"
	"hawker/internal/ledger"
	"hawker/internal/order"
	"hawker/internal/payment"
	"hawker/internal/platform/config"
	"hawker/internal/platform/events"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/sqldb"
	"hawker/internal/promotion"
)

// Finding is one thing that must be true, and what contradicts it.
type Finding struct {
	Check   string   `json:"check"`
	OK      bool     `json:"ok"`
	Details []string `json:"details,omitempty"`
}

// Report is what doctor found.
type Report struct {
	Healthy  bool      `json:"healthy"`
	Findings []Finding `json:"findings"`
}

func (r Report) String() string {
	var b strings.Builder
	for _, f := range r.Findings {
		mark := "ok     "
		if !f.OK {
			mark = "BROKEN "
		}
		fmt.Fprintf(&b, "%s%s\n", mark, f.Check)
		for _, d := range f.Details {
			fmt.Fprintf(&b, "         %s\n", d)
		}
	}
	return b.String()
}

// Doctor proves the invariants of an installation. It reads one moment of the
// database and may run beside the server.
func Doctor(ctx context.Context, cfg config.Config, log *slog.Logger) (Report, error) {
	db, err := sqldb.Open(ctx, sqldb.Options{URL: cfg.DatabaseURL(), ReadOnly: true, Clock: clock.Real{}, Log: log})
	if err != nil {
		return Report{}, err
	}
	r := Report{Healthy: true}
	err = db.Snapshot(ctx, func(ctx context.Context, q sqldb.Querier) error {
		for _, c := range checks() {
			details, err := c.run(ctx, q)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			r.Findings = append(r.Findings, Finding{c.name, len(details) == 0, details})
			r.Healthy = r.Healthy && len(details) == 0
		}
		return nil
	})
	return r, errors.Join(err, db.Close())
}

type check struct {
	name string
	run  func(ctx context.Context, q sqldb.Querier) ([]string, error)
}

func checks() []check {
	return []check{
		{"stock: every row is the sum of its movements", checkStock},
		{"stock: what orders wait for is what is reserved", checkReserved},
		{"promotion: deals, coupons and limits add up", promotion.Check},
		{"ledger: double entry holds (I1 to I8)", func(ctx context.Context, q sqldb.Querier) ([]string, error) {
			return violations(ledger.Check(ctx, q))
		}},
		{"distribution: promises equal the ledger, orders explain themselves (I9, I10)", func(ctx context.Context,
			q sqldb.Querier,
		) ([]string, error) {
			return violations(distribution.Check(ctx, q))
		}},
		{"payment: what providers captured is what the ledger holds (I12)", checkCaptured},
		{"events: none is stuck", checkEvents},
		{"jobs: none has given up", checkJobs},
	}
}

func violations(list []ledger.Violation, err error) ([]string, error) {
	var out []string
	for _, v := range list {
		out = append(out, v.Code+": "+v.Detail)
	}
	return out, err
}

func checkStock(ctx context.Context, q sqldb.Querier) ([]string, error) {
	drift, err := inventory.Check(ctx, q)
	var out []string
	for _, d := range drift {
		out = append(out, fmt.Sprintf("%s: row %+v, movements %+v", d.SKU, d.Row, d.Sums))
	}
	return out, err
}

func checkCaptured(ctx context.Context, q sqldb.Querier) ([]string, error) {
	totals, err := payment.CapturedTotals(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []string
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

func checkEvents(ctx context.Context, q sqldb.Querier) ([]string, error) {
	dead, _, err := events.Stuck(ctx, q)
	if err != nil || dead == 0 {
		return nil, err
	}
	return []string{fmt.Sprintf("%d events that no handler would take", dead)}, nil
}

func checkJobs(ctx context.Context, q sqldb.Querier) ([]string, error) {
	dead, err := jobs.Dead(ctx, q)
	if err != nil || dead == 0 {
		return nil, err
	}
	return []string{fmt.Sprintf("%d jobs that used up their tries", dead)}, nil
}

func checkReserved(ctx context.Context, q sqldb.Querier) ([]string, error) {
	list, err := order.UnmatchedReservations(ctx, q)
	var out []string
	for _, u := range list {
		out = append(out, fmt.Sprintf("%s: %d reserved, orders wait for %d", u.SKU, u.Reserved, u.Awaited))
	}
	return out, err
}
