package room

import (
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
)

// Module is what this part brings to the program.
func (s *Service) Module() module.Module {
	return module.Module{
		Name:       "room",
		Operations: []module.Operations{API{s}},
		Tasks:      []schedule.Task{{Name: "live.reminders", Next: s.NextReminder, Do: s.SweepReminders}},
	}
}
