package payment

import (
	"context"

	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
)

// Sealed are samples of what the module seals.
func Sealed() []module.Sample {
	return []module.Sample{{Kind: "keys of payment providers", Read: sealedKey}}
}

func sealedKey(ctx context.Context, q sqldb.Querier) (sealed, context string, err error) {
	err = q.QueryRow(ctx, "SELECT sealed_key FROM payment_merchant WHERE provider = ?", SandboxName).Scan(&sealed)
	return sealed, sealSandbox, err
}
