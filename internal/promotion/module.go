package promotion

import (
	"time"

	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
)

// lookEvery is how long a deal may go on that has sold out or whose show is over.
const lookEvery = time.Second

// Module is what the module brings.
func (s *Service) Module() module.Module {
	return module.Module{
		Name: "promotion", Operations: []module.Operations{API{s}, MerchantAPI{s}},
		Subscriptions: s.subscriptions(),
		Tasks:         []schedule.Task{{Name: "promotion.due", Next: nextDeal, Every: lookEvery, Do: s.Sweep}},
		Runners:       []module.Runner{{Name: "promotion.news", Run: s.RunNews}},
		Checks:        Checks(),
	}
}

// Checks are doctor's.
func Checks() []module.Check {
	return []module.Check{{Code: "promotion_deals", Name: "promotion: what buyers took of deals is what their orders took", Run: Check}}
}
