package room

import (
	"hawker/internal/base/id"
	"hawker/internal/platform/module"
)

// Sealed is what the module seals.
func Sealed() []module.Sealed {
	return []module.Sealed{
		{
			Kind: "stream keys", Table: "room", Key: "id", Column: "key_sealed",
			ByNumber: func(n int64) string { return keySeal(id.FromInt[id.Room](n)) },
			Index:    "key_index", IndexContext: keyIndex,
		},
	}
}
