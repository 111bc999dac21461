// Package rights ends on open sockets what has ended in the books: who signed out,
// lost a role, was banned or stands in a room that is not for them any more hears no
// more of it. It is told by events, so that no way of ending a right can forget it,
// and a crash between the two forgets nothing. Whether somebody may listen is not its
// business: it has the sockets ask again.
package rights

import (
	"context"

	"hawker/internal/account"
	"hawker/internal/base/id"
	"hawker/internal/moderation"
	"hawker/internal/platform/events"
	"hawker/internal/platform/module"
	"hawker/internal/platform/realtime"
	"hawker/internal/room"
	"hawker/internal/shop"
)

// Sockets are the open connections.
type Sockets interface {
	DisconnectSession(session id.Session)
	Recheck(ctx context.Context, channel string) error
	RecheckUser(ctx context.Context, user id.User) error
}

// Rooms keep in memory for whom they are.
type Rooms interface {
	Changed(room id.Room)
}

// Module is what this part brings to the program.
func Module(sockets Sockets, rooms Rooms) module.Module {
	return module.Module{Name: "rights", Subscriptions: []events.Subscription{
		events.Tell("rights", account.EventSignedOut, func(_ context.Context, e account.SignedOut) error {
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
	}}
}
