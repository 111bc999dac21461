package room

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
)

// Sealed are samples of what the module seals.
func Sealed() []module.Sample {
	return []module.Sample{{Kind: "stream keys", Read: sampleKey}}
}

func sampleKey(ctx context.Context, q sqldb.Querier) (sealed, context string, err error) {
	var room id.Room
	err = q.QueryRow(ctx, "SELECT id, key_sealed FROM room ORDER BY id DESC LIMIT 1").Scan(&room, &sealed)
	return sealed, keySeal(room), err
}
