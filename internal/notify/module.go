package notify

import (
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/sqldb"
)

// Module is what the module brings.
func (s *Service) Module() module.Module {
	return module.Module{
		Name: "notify", Operations: []module.Operations{API{s}},
		Tasks: []schedule.Task{
			{Name: "notify.old", Next: sqldb.Oldest("notice", "created_at", keep), Do: s.Sweep},
		},
	}
}
