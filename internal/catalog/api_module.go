package catalog

import (
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
	"hawker/internal/search"
)

// Module is what the module brings.
func Module(goods *API, staff MerchantAPI) module.Module {
	older := search.Backlog{DB: staff.DB, Kind: search.Products, Texts: textsOf}
	return module.Module{
		Name: "catalog", Operations: []module.Operations{goods, staff},
		Tasks: []schedule.Task{{Name: "catalog.search", Next: older.Next, Do: older.Do}},
	}
}
