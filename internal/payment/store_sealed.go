package payment

import (
	"hawker/internal/platform/module"
)

// Sealed is what the module seals.
func Sealed() []module.Sealed {
	return []module.Sealed{
		{
			Kind: "keys of payment providers", Table: "payment_merchant", Key: "provider", Column: "sealed_key",
			ByName: sealOf,
		},
	}
}
