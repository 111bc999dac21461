package auction

import (
	"hawker/internal/base/event"
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
)

// Module is what the module brings.
func (s *Service) Module() module.Module {
	return module.Module{
		Name: "auction", Operations: []module.Operations{API{s}}, Subscriptions: s.subscriptions(),
		Published: []event.Event{Sold{}},
		Tasks:     []schedule.Task{{Name: "auction.due", Next: nextEnd, Do: s.Sweep}},
	}
}
