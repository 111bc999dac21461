package luckybag

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
)

// Sealed are samples of what the module seals.
func Sealed() []module.Sample {
	return []module.Sample{{Kind: "seeds of lucky bags", Read: sealedSeed}}
}

func sealedSeed(ctx context.Context, q sqldb.Querier) (sealed, context string, err error) {
	var bag id.Bag
	err = q.QueryRow(ctx, "SELECT id, seed_sealed FROM lucky_bag ORDER BY id DESC LIMIT 1").Scan(&bag, &sealed)
	return sealed, sealName(bag), err
}
