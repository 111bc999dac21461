package analytics

import (
	"context"
	"time"

	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
)

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{
		Name: "analytics", Operations: []module.Operations{h}, Subscriptions: subscriptions(),
		Tasks: []schedule.Task{{Name: "analytics.recount", Every: 24 * time.Hour, Do: func(ctx context.Context) error {
			drift, err := h.Service.Recount(ctx)
			if drift > 0 {
				h.Log.WarnContext(ctx, "figures put right: they were not what the orders say", "rows", drift)
			}
			return err
		}}},
	}
}
