// Package ledgercopy says how the books are copied with orders, for a mall to be measured. It adds to the journal and
// moves the balances by as much.
package ledgercopy

import (
	"context"
	"maps"
	"slices"

	"hawker/internal/base/id"
	"hawker/internal/platform/multiply"
	"hawker/internal/platform/sqldb"
)

// Plan is that of what was posted for an order, none of which may be on hold.
func Plan() multiply.Plan {
	return multiply.Plan{
		Tables: []multiply.Table{
			{
				Name: "ledger_tx", By: "ref_id", Ref: func(n int64) string { return id.FromInt[id.Order](n).String() },
				IDs: []string{"id"}, Texts: []string{"idem_key", "ref_id"}, Times: []string{"effective_at", "created_at"},
			},
			{Name: "ledger_transfer", By: "tx_id", IDs: []string{"id", "tx_id"}},
		},
		Sums: []multiply.Sum{balances},
	}
}

// balances moves each account by what was written, in the order of their ids.
func balances(ctx context.Context, tx *sqldb.Tx, written map[string][]multiply.Row) error {
	debits, credits := map[int64]int64{}, map[int64]int64{}
	for _, r := range written["ledger_transfer"] {
		debit, credit := r.Int("debit_id"), r.Int("credit_id")
		debits[debit] += r.Int("amount")
		debits[credit] += 0 // so that both accounts have a key
		credits[credit] += r.Int("amount")
	}
	for _, account := range slices.Sorted(maps.Keys(debits)) {
		_, err := tx.Exec(ctx, `UPDATE ledger_account SET debits_posted = debits_posted + ?,
			credits_posted = credits_posted + ? WHERE id = ?`, debits[account], credits[account], account)
		if err != nil {
			return err
		}
	}
	return nil
}
