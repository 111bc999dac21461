package storeroom

import "hawker/internal/platform/module"

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{Name: "storeroom", Operations: []module.Operations{h}}
}
