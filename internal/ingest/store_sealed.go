package ingest

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
)

// Sealed are samples of what the module seals.
func Sealed() []module.Sample {
	return []module.Sample{{Kind: "addresses of restreams", Read: sealedAddress}}
}

func sealedAddress(ctx context.Context, q sqldb.Querier) (sealed, context string, err error) {
	var restream id.Restream
	err = q.QueryRow(ctx, "SELECT id, url_sealed FROM restream ORDER BY id DESC LIMIT 1").Scan(&restream, &sealed)
	return sealed, restreamSeal(restream), err
}
