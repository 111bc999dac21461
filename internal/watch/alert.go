package watch

import (
	"cmp"
	"context"
	"slices"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/sqldb"
)

// Code names a rule.
type Code string

// The rules. deploy/prometheus-alerts.yml has the same for who is to be woken.
const (
	Guessing      Code = "guessing"       // one address is refused sign-ins again and again, or one account is tried
	Refusals      Code = "refusals"       // somebody who is signed in tries what is not theirs
	Disk          Code = "disk"           // uploads have stopped, recordings stop next
	Letters       Code = "letters"        // events or jobs were given up
	BackupFailed  Code = "backup_failed"  // since the start
	BackupOverdue Code = "backup_overdue" // by hours
	Panics        Code = "panics"         // caught since the start
)

// Values lists the rules, for descriptions.
func (Code) Values() []string {
	return []string{
		string(Guessing), string(Refusals), string(Disk), string(Letters), string(BackupFailed), string(BackupOverdue),
		string(Panics),
	}
}

// Alert is one time that a rule rang.
type Alert struct {
	Code  Code
	Of    string // whose: an address, a person or an account; empty for a figure
	Count int64  // of what rang; for Disk free MiB, for BackupOverdue hours
	// From and Last are when what rang happened; zero for a figure, which is of now.
	From, Last time.Time
	Ongoing    bool
}

// Figures are what the program measures of itself; false: there is no such figure.
type Figures func(name string) (float64, bool)

// Bounds of the rules over the audit log.
const (
	within    = 10 * time.Minute
	guesses   = 10 // of one address, or at one account
	refusals  = 10 // of one person; the log has each operation once a minute
	lookBack  = 24 * time.Hour
	entries   = 1000
	alertsMax = 100

	overdue = 6 // hours
)

// Alerts lists what rang within a day, the newest first; figures come before.
func Alerts(ctx context.Context, q sqldb.Querier, now time.Time, figures Figures) ([]Alert, error) {
	tried, err := audit.Since(ctx, q, "sign_in.refused", now.Add(-lookBack), entries)
	if err != nil {
		return nil, err
	}
	refused, err := audit.Since(ctx, q, audit.ActionRefused, now.Add(-lookBack), entries)
	if err != nil {
		return nil, err
	}
	out := slices.Concat(
		rang(Guessing, guesses, tried, now, func(e audit.Entry) string { return e.Origin.Address }),
		rang(Guessing, guesses, tried, now, func(e audit.Entry) string { return known(e.Subject) }),
		rang(Refusals, refusals, refused, now, func(e audit.Entry) string { return known(e.Origin.Actor.String()) }),
	)
	slices.SortStableFunc(out, func(a, b Alert) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Of, b.Of))
	})
	out = append(measured(figures), out...)
	return out[:min(len(out), alertsMax)], nil
}

// known is an id, and empty for nobody's.
func known(of string) string {
	if of == (id.User{}).String() {
		return ""
	}
	return of
}

// rang finds the stretches in which one key had as many entries as the rule takes: from the
// first of them to the last, as long as no two are further apart than the rule looks.
func rang(code Code, least int, list []audit.Entry, now time.Time, key func(audit.Entry) string) (out []Alert) {
	of := map[string][]time.Time{}
	for _, e := range slices.Backward(list) { // the oldest first
		if k := key(e); k != "" {
			of[k] = append(of[k], e.At)
		}
	}
	for k, at := range of {
		for len(at) > 0 {
			n := 1
			for n < len(at) && at[n].Sub(at[n-1]) <= within {
				n++
			}
			if dense(at[:n], least) {
				last := at[n-1]
				out = append(out, Alert{code, k, int64(n), at[0], last, now.Sub(last) < within})
			}
			at = at[n:]
		}
	}
	return out
}

// dense tells whether there are as many within the time of a rule.
func dense(at []time.Time, least int) bool {
	for i := least - 1; i < len(at); i++ {
		if at[i].Sub(at[i-least+1]) <= within {
			return true
		}
	}
	return false
}

const (
	mebi      = 1 << 20
	perHour   = 3600
	freeTwice = 2
)

// measured are the rules over figures. What is not measured here does not ring.
func measured(figures Figures) (out []Alert) {
	free, knows := figures("hawker_disk_free_bytes")
	keep, _ := figures("hawker_disk_reserve_bytes")
	if knows && free >= 0 && free < freeTwice*keep {
		out = append(out, Alert{Code: Disk, Count: int64(free / mebi), Ongoing: true})
	}
	if late, _ := figures("hawker_backup_overdue_seconds"); late > overdue*perHour {
		out = append(out, Alert{Code: BackupOverdue, Count: int64(late / perHour), Ongoing: true})
	}
	for _, r := range []struct {
		code   Code
		figure string
	}{
		{BackupFailed, "hawker_backup_failures"}, {Letters, "hawker_dead_letters"}, {Panics, "hawker_panics"},
	} {
		if n, _ := figures(r.figure); n > 0 {
			out = append(out, Alert{Code: r.code, Count: int64(n), Ongoing: r.code == Letters})
		}
	}
	return out
}
