package stage

import (
	"time"

	"hawker/internal/platform/events"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
	"hawker/internal/room"
	"hawker/internal/show"
)

// Module is what this part brings to the program.
func (s *Service) Module() module.Module {
	tasks := []schedule.Task{{Name: "live.paused", Next: s.NextEnd, Do: s.Sweep}}
	if s.db.Shared() {
		tasks = append(tasks, schedule.Task{Name: "live.orphans", Every: 10 * time.Second, Do: s.SweepOrphans})
	}
	return module.Module{
		Name: "stage",
		Subscriptions: []events.Subscription{
			events.On("live.announce", show.EventStarted, s.announceStarted),
			events.On("live.announce", room.EventCalledOff, s.announceCalledOff),
		},
		Jobs: []jobs.Kind{{
			Name: announceKind, Options: jobs.Options{Workers: 1, Lease: time.Minute, Tries: 5}, Work: s.announce,
		}},
		Tasks: tasks,
	}
}
