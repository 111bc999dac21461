package auction

import (
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
)

// Module is what the module brings.
func (s *Service) Module() module.Module {
	return module.Module{
		Name: "auction", Operations: []module.Operations{API{s}}, Subscriptions: s.subscriptions(),
		Tasks: []schedule.Task{{Name: "auction.due", Next: nextEnd, Do: s.Sweep}},
	}
}
