package luckybag

import (
	"hawker/internal/base/id"
	"hawker/internal/platform/module"
)

// Sealed is what the module seals.
func Sealed() []module.Sealed {
	return []module.Sealed{
		{
			Kind: "seeds of lucky bags", Table: "lucky_bag", Key: "id", Column: "seed_sealed",
			ByNumber: func(n int64) string { return sealName(id.FromInt[id.Bag](n)) },
		},
	}
}
