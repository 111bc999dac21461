package room

import (
	"context"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// The functions here change how a room stands. Each is given the room as the
// caller has read it and does nothing, answering false, when it stands otherwise
// by now: the caller reads anew and decides anew.

// Lock keeps a room of a shop as it is until the transaction ends: what is read
// after it is not changed by others who lock it too. Fault live.not_found.
func Lock(ctx context.Context, tx *sqldb.Tx, shop id.Shop, room id.Room) error {
	ok, err := updateRoom(ctx, tx, shop, room, Change{})
	if err == nil && !ok {
		return fault.NotFound("live.not_found")
	}
	return err
}

// Stage takes a room to a mode, and to the show that is its newest there, unless it
// was called off.
func Stage(ctx context.Context, tx *sqldb.Tx, r Room, to Mode, show id.Show) (bool, error) {
	ok, err := setStanding(ctx, tx, r, to, show)
	if err != nil || !ok {
		return false, err
	}
	return true, tellMode(ctx, tx, r, to)
}

// Cancel takes back what was planned: the room's page says so and its key opens
// nothing more.
func Cancel(ctx context.Context, tx *sqldb.Tx, r Room) (bool, error) {
	ok, err := cancel(ctx, tx, r)
	if err != nil || !ok {
		return false, err
	}
	return true, tellMode(ctx, tx, r, Open)
}

// Connection is a publisher at a server in front: URL is where its picture is, ID
// names it; both are empty for a publisher of our own. Without a URL the picture is
// pulled to us.
type Connection struct{ URL, ID string }

// Connect notes who publishes from outside; the goodbye of an older connection
// must not end the show of a newer.
func Connect(ctx context.Context, tx *sqldb.Tx, room id.Room, c Connection) error {
	return setExternal(ctx, tx, room, c)
}

// Disconnect forgets a connection unless a newer one is there, which false tells.
// The address stays: players go on with it when the publisher is back in time.
func Disconnect(ctx context.Context, tx *sqldb.Tx, room id.Room, connection string) (bool, error) {
	return clearExternal(ctx, tx, room, connection)
}

// Detach forgets whoever publishes at a server in front; false: nobody does.
func Detach(ctx context.Context, tx *sqldb.Tx, room id.Room) (bool, error) {
	return forgetExternal(ctx, tx, room)
}

// Here tells, until the transaction ends, whether the room's picture is our engine's,
// pulled or not.
func Here(ctx context.Context, tx *sqldb.Tx, room id.Room) (bool, error) {
	return keepHere(ctx, tx, room)
}

// Connected finds the room of a connection; sql.ErrNoRows for none.
func (s *Service) Connected(ctx context.Context, connection string) (Room, error) {
	return roomOfExternal(ctx, s.db.Reader(), connection)
}
