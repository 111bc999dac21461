package chat

import (
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/module"
	"hawker/internal/show"
)

// Module is what this part brings to the program.
func (s *Service) Module() module.Module {
	return module.Module{
		Name:       "chat",
		Operations: []module.Operations{API{s}},
		Subscriptions: []events.Subscription{
			events.On("chat.begun", show.EventStarted, adopt),
			events.On("chat.bought", order.EventPaid, keepBought),
		},
	}
}
