package order

import (
	"hawker/internal/account"
	"hawker/internal/base/id"
	"hawker/internal/platform/module"
)

// Sealed is what the module seals.
func Sealed() []module.Sealed {
	return []module.Sealed{
		{
			Kind: "addresses of orders", Table: "orders", Key: "id", Column: "address_sealed",
			ByNumber: func(n int64) string { return account.AddressSeal(id.FromInt[id.Order](n).String()) },
		},
	}
}
