// Package sums keeps the four sums of each account of the ledger: they only grow by what
// entries add to them, and a guarded account is never overdrawn.
package sums

import (
	"cmp"
	"context"
	"strings"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Sums are an account's four, or what is added to them, in minor units.
type Sums struct{ DebitsPosted, CreditsPosted, DebitsPending, CreditsPending int64 }

// Change is what an entry does to an account, whose kind has a name.
type Change struct {
	Account id.Account
	Name    string
	Sums
}

// Add adds all changes, one for each account and in the order of their ids, by one
// statement. An error that sqldb.IsCheck knows says that one of them would overdraw.
func Add(ctx context.Context, tx *sqldb.Tx, changes []Change) error {
	var set []string
	var args []any
	for _, c := range []struct {
		name string
		of   func(Change) int64
	}{
		{"debits_posted", func(c Change) int64 { return c.DebitsPosted }},
		{"credits_posted", func(c Change) int64 { return c.CreditsPosted }},
		{"debits_pending", func(c Change) int64 { return c.DebitsPending }},
		{"credits_pending", func(c Change) int64 { return c.CreditsPending }},
	} {
		cases := ""
		for _, change := range changes {
			if n := c.of(change); n != 0 {
				cases, args = cases+" WHEN ? THEN ?", append(args, change.Account, n)
			}
		}
		if cases != "" {
			set = append(set, c.name+" = "+c.name+" + CASE id"+cases+" ELSE 0 END")
		}
	}
	if len(set) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, "UPDATE ledger_account SET "+strings.Join(set, ", ")+" WHERE id IN ("+
		sqldb.Marks(len(changes))+")", append(args, accounts(changes)...)...)
	return err
}

func accounts(changes []Change) []any {
	out := make([]any, len(changes))
	for i, c := range changes {
		out[i] = c.Account
	}
	return out
}

// Overdrawn names the first account that does not hold what is taken from it; "" when it
// does by now.
func Overdrawn(ctx context.Context, tx *sqldb.Tx, changes []Change) (string, error) {
	added := map[id.Account]Change{}
	for _, c := range changes {
		added[c.Account] = c
	}
	rows, err := tx.Query(ctx, `SELECT id, side, debits_posted, credits_posted, debits_pending, credits_pending
		FROM ledger_account WHERE guard = 1 AND id IN (`+sqldb.Marks(len(changes))+") ORDER BY id",
		accounts(changes)...)
	names, err := sqldb.Collect(rows, err, func(r sqldb.Scanner) (string, error) {
		var of id.Account
		var side string
		var was Sums
		err := r.Scan(&of, &side, &was.DebitsPosted, &was.CreditsPosted, &was.DebitsPending, &was.CreditsPending)
		if err != nil || !was.plus(added[of].Sums).overdrawn(side) {
			return "", err
		}
		return added[of].Name, nil
	})
	return cmp.Or(names...), err
}

func (s Sums) plus(more Sums) Sums {
	return Sums{
		s.DebitsPosted + more.DebitsPosted, s.CreditsPosted + more.CreditsPosted,
		s.DebitsPending + more.DebitsPending, s.CreditsPending + more.CreditsPending,
	}
}

// overdrawn is the rule of ck_ledger_guard.
func (s Sums) overdrawn(side string) bool {
	if side == "C" {
		return s.DebitsPosted+s.DebitsPending > s.CreditsPosted
	}
	return s.CreditsPosted+s.CreditsPending > s.DebitsPosted
}
