package direct

import (
	"time"

	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
)

const sweepEvery = 10 * time.Minute

// Module is what the module brings.
func (s *Service) Module() module.Module {
	return module.Module{
		Name: "direct", Operations: []module.Operations{API{s}},
		Tasks: []schedule.Task{{Name: "direct.sweep", Every: sweepEvery, Do: s.Sweep}},
	}
}
