package front

import (
	"context"

	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
)

// Module is what this part brings; it is recovered after the rooms.
func (f *Fronts) Module() module.Module {
	m := module.Module{
		Name: "front", Runners: []module.Runner{{Name: "live.fronts", Run: f.run}}, Recover: f.takeUp,
		Close: func(context.Context) error { f.close(); return nil },
	}
	if f.o.DB.Shared() && f.any() {
		m.Tasks = []schedule.Task{{Name: "live.fronts", Every: pullEvery, Do: f.takeUp}}
	}
	return m
}
