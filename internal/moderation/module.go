package moderation

import "hawker/internal/platform/module"

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{Name: "moderation", Operations: []module.Operations{h}}
}
