package fulfilment

import "hawker/internal/platform/module"

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{Name: "fulfilment", Operations: []module.Operations{h}}
}
