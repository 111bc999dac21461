package account

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
)

// Sealed are samples of what the module seals.
func Sealed() []module.Sample {
	return []module.Sample{
		{Kind: "e-mail addresses", Read: sealedEmail},
		{Kind: "address books", Read: sealedAddress},
	}
}

func sealedEmail(ctx context.Context, q sqldb.Querier) (sealed, context string, err error) {
	var user id.User
	err = q.QueryRow(ctx, "SELECT id, email_sealed FROM account_user ORDER BY id DESC LIMIT 1").Scan(&user, &sealed)
	return sealed, sealName(user), err
}

func sealedAddress(ctx context.Context, q sqldb.Querier) (sealed, context string, err error) {
	var address id.Address
	err = q.QueryRow(ctx, "SELECT id, sealed FROM account_address ORDER BY id DESC LIMIT 1").Scan(&address, &sealed)
	return sealed, AddressSeal(addressOwner(address)), err
}
