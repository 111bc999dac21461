package stage

import (
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
)

// Module is what this part brings to the program.
func (s *Service) Module() module.Module {
	return module.Module{
		Name:  "stage",
		Tasks: []schedule.Task{{Name: "live.paused", Next: s.NextEnd, Do: s.Sweep}},
	}
}
