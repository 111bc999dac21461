package shelf

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
)

// Evidence tells an order when its goods were explained in the room.
type Evidence struct{}

// For implements checkout.Evidence.
func (Evidence) For(ctx context.Context, q sqldb.Querier, room id.Room, products []id.Product) (out []order.Shown,
	err error,
) {
	shown, err := ShownIn(ctx, q, room, products)
	for _, s := range shown {
		out = append(out, order.Shown{Product: s.Product, Room: room, Show: s.Show, From: s.From, Until: s.Until})
	}
	return out, err
}
