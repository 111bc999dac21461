// Package rights ends on open sockets what has ended in the books: who signed out,
// lost a role, was banned or stands in a room that is not for them any more hears no
// more of it. It is told by events, so that no way of ending a right can forget it,
// and a crash between the two forgets nothing; a broker that is away delays none.
// Whether somebody may listen is not its business: it has the sockets ask again.
package rights

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/moderation"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
	"hawker/internal/platform/realtime"
	"hawker/internal/room"
	"hawker/internal/shop"
	"hawker/internal/signin"
)

// Sockets are the open connections.
type Sockets interface {
	DisconnectSession(session id.Session)
	Recheck(ctx context.Context, channel string) error
	RecheckUser(ctx context.Context, user id.User) error
	Routes() []httpapi.Route
}

// Rooms keep in memory for whom they are.
type Rooms interface {
	Changed(room id.Room)
}

// channels are those that belong to no room: a shop's, for its staff, and each
// person's own.
func channels() []realtime.Channel {
	return []realtime.Channel{
		{
			Name: "shop", Access: httpapi.Staff(permission.OrdersRead),
			Subject: func(id string) httpapi.Subject { return httpapi.Subject{Shop: id} },
		},
		{
			Name: "user", Access: httpapi.Self,
			Subject: func(id string) httpapi.Subject { return httpapi.Subject{User: id} },
		},
	}
}

// Module is what this part brings to the program: the door to sockets, and who is let
// go of.
func Module(sockets Sockets, rooms Rooms) module.Module {
	m := module.Module{Name: "rights", Routes: sockets.Routes(), Channels: channels()}
	m.Subscriptions = []events.Subscription{
		events.Tell("rights", signin.EventSignedOut, func(_ context.Context, e signin.SignedOut) error {
			sockets.DisconnectSession(e.Session)
			return nil
		}),
		events.Tell("rights", shop.EventStaffChanged, func(ctx context.Context, e shop.StaffChanged) error {
			return sockets.RecheckUser(ctx, e.User)
		}),
		events.Tell("rights", moderation.EventRestricted, func(ctx context.Context, e moderation.Restricted) error {
			if !e.Banned {
				return nil // they hear on
			}
			return sockets.RecheckUser(ctx, e.User)
		}),
		events.Tell("rights", room.EventModeChanged, func(ctx context.Context, e room.ModeChanged) error {
			rooms.Changed(e.Room) // whoever changed it may not have said so yet
			return sockets.Recheck(ctx, realtime.RoomChannel(e.Room))
		}),
	}
	for i, s := range m.Subscriptions {
		m.Subscriptions[i] = s.AtOnce()
	}
	return m
}
