package audience

import (
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/module"
	"hawker/internal/platform/realtime"
	"hawker/internal/social"
)

// Module is what this part brings to the program.
func (s *Service) Module() module.Module {
	return module.Module{
		Name:       "audience",
		Operations: []module.Operations{API{s}},
		Channels:   []realtime.Channel{s.channel()},
		Subscriptions: []events.Subscription{
			events.Tell("live.followed", social.EventFollowed, s.noteFollow),
			events.Tell("live.say", order.EventPaid, s.noteBought),
		},
		Runners: []module.Runner{{Name: "audience", Run: s.Run}},
	}
}
