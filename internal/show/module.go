package show

import (
	"time"

	"hawker/internal/base/event"
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
)

// Module is what this part brings to the program.
func (s *Service) Module() module.Module {
	return module.Module{
		Name:       "show",
		Operations: []module.Operations{API{s}},
		Checks:     Checks(),
		Published:  []event.Event{Started{}, Closed{}},
		Tasks:      []schedule.Task{{Name: "live.recordings", Every: 10 * time.Minute, Do: s.SweepRecordings}},
	}
}

// Checks are the doctor's.
func Checks() []module.Check {
	return []module.Check{
		{Code: "show_single", Name: "a room has one show on air at the most, and points to a show of its own", Run: misplaced},
	}
}
