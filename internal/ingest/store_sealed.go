package ingest

import (
	"hawker/internal/base/id"
	"hawker/internal/platform/module"
)

// Sealed is what the module seals.
func Sealed() []module.Sealed {
	return []module.Sealed{
		{
			Kind: "addresses of restreams", Table: "restream", Key: "id", Column: "url_sealed",
			ByNumber: func(n int64) string { return restreamSeal(id.FromInt[id.Restream](n)) },
		},
	}
}
