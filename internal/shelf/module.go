package shelf

import (
	"hawker/internal/base/event"
	"hawker/internal/platform/module"
	"hawker/internal/show"
)

// Module is what this part brings to the program.
func (s *Service) Module(views Views, shows *show.Service) module.Module {
	return module.Module{
		Name:          "shelf",
		Operations:    []module.Operations{API{Views: views, Shows: shows}},
		Subscriptions: s.subscriptions(),
		Published:     []event.Event{Explained{}},
	}
}
