package show

import (
	"time"

	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
)

// Module is what this part brings to the program.
func (s *Service) Module() module.Module {
	return module.Module{
		Name:       "show",
		Operations: []module.Operations{API{s}},
		Tasks:      []schedule.Task{{Name: "live.recordings", Every: 10 * time.Minute, Do: s.SweepRecordings}},
	}
}
