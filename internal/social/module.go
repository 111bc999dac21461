package social

import "hawker/internal/platform/module"

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{Name: "social", Operations: []module.Operations{h}}
}
