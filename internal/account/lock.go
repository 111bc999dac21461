package account

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Lock makes others who lock the same person wait until the transaction is over, so that
// what is counted of a person is not counted twice.
func Lock(ctx context.Context, tx *sqldb.Tx, user id.User) error { return lockUser(ctx, tx, user) }
