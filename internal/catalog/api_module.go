package catalog

import "hawker/internal/platform/module"

// Module is what the module brings.
func Module(goods *API, staff MerchantAPI) module.Module {
	return module.Module{Name: "catalog", Operations: []module.Operations{goods, staff}}
}
