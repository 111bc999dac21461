package shop

import (
	"hawker/internal/base/event"
	"hawker/internal/platform/module"
)

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{
		Name: "shop", Operations: []module.Operations{h}, Recover: h.Service.keepNames,
		Published: []event.Event{Opened{}},
	}
}
