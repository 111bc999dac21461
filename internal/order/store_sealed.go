package order

import (
	"context"

	"hawker/internal/account"
	"hawker/internal/base/id"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
)

// Sealed are samples of what the module seals.
func Sealed() []module.Sample {
	return []module.Sample{{Kind: "addresses of orders", Read: sealedAddress}}
}

func sealedAddress(ctx context.Context, q sqldb.Querier) (sealed, context string, err error) {
	var order id.Order
	err = q.QueryRow(ctx, "SELECT id, address_sealed FROM orders ORDER BY id DESC LIMIT 1").Scan(&order, &sealed)
	return sealed, account.AddressSeal(order.String()), err
}
