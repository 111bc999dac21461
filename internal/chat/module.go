package chat

import (
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/module"
	"hawker/internal/platform/realtime"
	"hawker/internal/show"
	"hawker/internal/social"
)

// Module is what this part brings to the program.
func (s *Service) Module() module.Module {
	return module.Module{
		Name:       "chat",
		Operations: []module.Operations{API{s}},
		Channels:   []realtime.Channel{s.channel()},
		Subscriptions: []events.Subscription{
			events.Tell("live.followed", social.EventFollowed, s.noteFollow),
			events.On("chat.begun", show.EventStarted, adopt),
			events.On("chat.bought", order.EventPaid, keepBought),
			events.Tell("live.say", order.EventPaid, s.noteBought), // after the row is there
		},
		Runners: []module.Runner{{Name: "chat.audience", Run: s.Run}},
	}
}
