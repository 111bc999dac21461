package room

import (
	"context"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
)

// EventModeChanged is the name of ModeChanged.
const EventModeChanged = "room.mode_changed"

// ModeChanged tells that a room is for others than it was.
type ModeChanged struct {
	Room id.Room `json:"room"`
	Shop id.Shop `json:"shop"`
	From Mode    `json:"from"`
	To   Mode    `json:"to"`
}

var _ event.Event = ModeChanged{}

// EventName implements event.Event.
func (ModeChanged) EventName() string { return EventModeChanged }

// EventKey implements event.Event.
func (e ModeChanged) EventKey() string { return e.Room.String() }

func tellMode(ctx context.Context, tx *sqldb.Tx, r Room, to Mode) error {
	if r.Mode == to {
		return nil
	}
	return events.Record(ctx, tx, ModeChanged{r.ID, r.Shop, r.Mode, to})
}
