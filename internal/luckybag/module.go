package luckybag

import (
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
)

// Module is what the module brings.
func (s *Service) Module() module.Module {
	return module.Module{
		Name: "luckybag", Operations: []module.Operations{API{s}}, Subscriptions: s.subscriptions(),
		Tasks:   []schedule.Task{{Name: "luckybag.due", Next: nextStep, Do: s.Sweep}},
		Runners: []module.Runner{{Name: "luckybag.news", Run: s.RunNews}},
	}
}
