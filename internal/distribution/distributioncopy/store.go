// Package distributioncopy says how what orders promise is copied with them, for a mall to be measured.
package distributioncopy

import (
	"cmp"
	"context"
	"slices"
	"time"

	"hawker/internal/distribution"
	"hawker/internal/platform/multiply"
	"hawker/internal/platform/sqldb"
)

// Plan is that of an order; it stands behind the order's own, whose numbers it repeats.
func Plan(number func(order int64, placed time.Time) string) multiply.Plan {
	return multiply.Plan{
		Tables: []multiply.Table{
			{
				Name: "commission_order", By: "order_id", IDs: []string{"order_id"},
				Times: []string{"mature_at", "created_at"}, Change: func(_, r multiply.Row, _ any) error {
					r.Set("order_number", number(r.Int("order_id"), sqldb.FromMillis(r.Int("created_at"))))
					return nil
				},
			},
			{
				Name: "order_line_attribution", By: "order_id", IDs: []string{"line_id", "order_id"},
				Texts: []string{"snapshot"}, Times: []string{"created_at"},
			},
			{Name: "order_line_retained", By: "line_id", IDs: []string{"line_id"}},
			{
				Name: "commission_entry", By: "order_id", IDs: []string{"id", "order_id", "line_id"},
				Times: []string{"available_at", "created_at"},
			},
		},
		Sums: []multiply.Sum{earned},
	}
}

// earnedBy is one row of a promoter's figures.
type earnedBy struct {
	user, since int64
	currency    string
}

func (e earnedBy) compare(o earnedBy) int {
	return cmp.Or(cmp.Compare(e.user, o.user), cmp.Compare(e.currency, o.currency), cmp.Compare(e.since, o.since))
}

// earned adds what was written to the figures of who earns on it.
func earned(ctx context.Context, tx *sqldb.Tx, written map[string][]multiply.Row) error {
	type figure struct{ orders, amount int64 }
	type of struct {
		earnedBy
		order int64
	}
	figures, seen := map[earnedBy]figure{}, map[of]bool{}
	for _, r := range written["commission_entry"] {
		if state := r.Text("state"); state != distribution.StateFrozen && state != distribution.StateAvailable {
			continue
		}
		at := r.Int("created_at")
		key := earnedBy{r.Int("user_id"), at - at%distribution.EarnedBucket.Milliseconds(), r.Text("currency")}
		f, once := figures[key], of{key, r.Int("order_id")}
		if f.amount += r.Int("kept"); !seen[once] {
			f.orders++
		}
		figures[key], seen[once] = f, true
	}
	keys := make([]earnedBy, 0, len(figures))
	for k := range figures {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, earnedBy.compare)
	for some := range slices.Chunk(keys, rowsMax) {
		var args []any
		for _, k := range some {
			args = append(args, k.user, k.currency, k.since, figures[k].orders, figures[k].amount)
		}
		err := tx.Put(ctx, sqldb.Row{
			Table: "promoter_figure", Keys: []string{"user_id", "currency", "since"}, Add: []string{"orders", "amount"},
		}, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

const rowsMax = 100 // of one statement
