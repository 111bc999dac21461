package catalog

import (
	"hawker/internal/base/event"
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
	"hawker/internal/search"
)

// Module is what the module brings.
func (h *API) Module() module.Module {
	older := search.Backlog{DB: h.DB, Kind: search.Products, Texts: textsOf}
	return module.Module{
		Name: "catalog", Operations: []module.Operations{h}, Published: []event.Event{ProductChanged{}},
		Tasks: []schedule.Task{{Name: "catalog.search", Next: older.Next, Do: older.Do}},
	}
}
