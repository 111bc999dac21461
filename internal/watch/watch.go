// Package watch tells operators how their installation is: whether what must be true is
// (doctor's checks, run when somebody asks, one run at a time), and what rang lately (rules
// over the audit log and over figures). It keeps no rows, mends nothing and holds no writer.
package watch

import (
	"context"
	"fmt"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
)

// Finding is one thing that must be true, and what contradicts it.
type Finding struct {
	Code    string   `json:"code"`
	Check   string   `json:"check"`
	OK      bool     `json:"ok"`
	Details []string `json:"details,omitempty"`
}

// Examine runs checks on one moment of the database. A check that cannot be run is found
// wrong, and the others are run all the same: who looks has reason to.
func Examine(ctx context.Context, db *sqldb.DB, checks []module.Check) (out []Finding, err error) {
	err = db.Snapshot(ctx, func(ctx context.Context, q sqldb.Querier) error {
		for _, c := range checks {
			details, err := c.Run(ctx, q)
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err != nil {
				details = append(details, fmt.Sprintf("this could not be looked at: %v", err))
			}
			out = append(out, Finding{c.Code, c.Name, len(details) == 0, details})
		}
		return nil
	})
	return out, err
}

// Report is what one run found.
type Report struct {
	At       time.Time
	Took     time.Duration
	Findings []Finding
}

const (
	// Kept is how long a report is answered again instead of another run.
	Kept = time.Minute
	// Within bounds one run. A mall that takes longer is looked at by `hawker doctor`.
	Within = 2 * time.Minute
)

// Doctor runs checks for who asks, one run at a time.
type Doctor struct {
	db     *sqldb.DB
	clock  clock.Clock
	checks []module.Check

	turn chan struct{} // held by who runs, or looks what there is
	last Report
}

// NewDoctor makes one of checks that read; none of them may take locks.
func NewDoctor(db *sqldb.DB, checks []module.Check) *Doctor {
	return &Doctor{db: db, clock: db.Clock(), checks: checks, turn: make(chan struct{}, 1)}
}

// Report answers a run that is no older than Kept, and runs the checks where there is none.
// Who comes meanwhile waits for it; a run ends with the request that began it, and the next
// who waits begins anew. Faults: watch.too_long.
func (d *Doctor) Report(ctx context.Context) (Report, error) {
	select {
	case d.turn <- struct{}{}:
	case <-ctx.Done():
		return Report{}, ctx.Err()
	}
	defer func() { <-d.turn }()
	began := d.clock.Now()
	if age := began.Sub(d.last.At); !d.last.At.IsZero() && age >= 0 && age < Kept {
		return d.last, nil
	}
	long := fault.Unavailable("watch.too_long", "minutes", int(Within.Minutes()))
	short, cancel := context.WithTimeoutCause(ctx, Within, long)
	defer cancel()
	found, err := Examine(short, d.db, d.checks)
	if err != nil {
		if short.Err() != nil {
			err = context.Cause(short)
		}
		return Report{}, err
	}
	d.last = Report{began, d.clock.Now().Sub(began), found}
	return d.last, nil
}
