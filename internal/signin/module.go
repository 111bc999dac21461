package signin

import (
	"time"

	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
)

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{
		Name: "signin", Operations: []module.Operations{h},
		Tasks: []schedule.Task{
			{Name: "account.sessions", Next: h.Service.NextSweep, Do: h.Service.Sweep},
			{Name: "account.seen", Every: time.Minute, Do: h.Service.WriteSeen},
		},
	}
}
