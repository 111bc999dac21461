package promotion

import (
	"context"
	"fmt"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Check proves what the module counts: what each buyer took of a deal is what their
// orders took. It answers a line for each contradiction.
func Check(ctx context.Context, q sqldb.Querier) ([]string, error) {
	var out []string
	buyers, err := mistaken(ctx, q)
	for _, b := range buyers {
		out = append(out, fmt.Sprintf("%s of %s: %d taken, orders say %d", b.user, b.deal, b.taken, b.ordered))
	}
	return out, err
}

type buyerCount struct {
	deal           id.Deal
	user           id.User
	taken, ordered int64
}
