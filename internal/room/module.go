package room

import (
	"hawker/internal/base/event"
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
)

// Module is what this part brings to the program.
func (s *Service) Module() module.Module {
	return module.Module{
		Name:       "room",
		Operations: []module.Operations{API{s}},
		Published:  []event.Event{Cancelled{}},
		Tasks:      []schedule.Task{{Name: "live.reminders", Next: s.NextReminder, Do: s.SweepReminders}},
	}
}
