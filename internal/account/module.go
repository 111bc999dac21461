package account

import (
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/sqldb"
)

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{
		Name: "account", Operations: []module.Operations{h},
		Tasks: []schedule.Task{{
			Name: "account.sessions", Next: sqldb.Oldest("account_session", "expires_at", 0),
			Do: h.Service.SweepSessions,
		}},
	}
}
