package account

import (
	"hawker/internal/base/id"
	"hawker/internal/platform/module"
)

// Sealed is what the module seals.
func Sealed() []module.Sealed {
	return []module.Sealed{
		{
			Kind: "e-mail addresses", Table: "account_user", Key: "id", Column: "email_sealed",
			ByNumber: func(n int64) string { return sealName(id.FromInt[id.User](n)) },
			Index:    "email_index", IndexContext: emailIndex,
		},
		{
			Kind: "address books", Table: "account_address", Key: "id", Column: "sealed",
			ByNumber: func(n int64) string { return AddressSeal(addressOwner(id.FromInt[id.Address](n))) },
		},
	}
}
