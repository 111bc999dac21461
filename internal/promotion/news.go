package promotion

import (
	"context"
	"errors"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
)

// newsDeal is the type of news that a room hears.
const newsDeal = "deal"

type dealNews struct {
	Type string   `json:"type"`
	Deal DealView `json:"deal"`
}

// tellDeal shows a deal to its room as it stands now.
func (s *Service) tellDeal(ctx context.Context, d Deal) {
	views, err := s.dealViews(ctx, []Deal{d}, id.User{}, lang.Chinese)
	if err != nil {
		s.Log.Warn("deal not told", "deal", d.ID.String(), "error", err)
		return
	}
	s.tell(ctx, d.Room, dealNews{newsDeal, views[0]})
}

// subscriptions listen to orders: what they take from a slice, pay or give back
// moves the figures that the room sees. A room that leaves a rehearsal leaves its deals.
func (s *Service) subscriptions() (out []events.Subscription) {
	for _, name := range []string{order.EventPlaced, order.EventPaid, order.EventClosed} {
		out = append(out, events.Tell("promotion.stock", name, s.noteStock))
	}
	return append(out, events.Tell("promotion.rehearsal", room.EventModeChanged, s.endRehearsed))
}

// endRehearsed ends the deals of a rehearsal that a room has left.
func (s *Service) endRehearsed(ctx context.Context, e room.ModeChanged) error {
	if e.From != room.Rehearsal {
		return nil
	}
	open, err := openDeals(ctx, s.DB.Reader(), e.Room)
	errs := []error{err}
	for _, d := range open {
		errs = append(errs, s.sweepOne(ctx, d))
	}
	return errors.Join(errs...)
}

// shown leaves out what was started in a rehearsal that its room has left.
func (s *Service) shown(ctx context.Context, q sqldb.Querier, deals []Deal) (out []Deal, err error) {
	for _, d := range deals {
		aired, err := s.Rooms.Aired(ctx, q, d.Room, d.begun())
		if err != nil {
			return nil, err
		}
		if aired {
			out = append(out, d)
		}
	}
	return out, nil
}

func (s *Service) noteStock(_ context.Context, f order.Payload) error {
	if f.Room.IsZero() {
		return nil
	}
	for _, l := range f.Lines {
		if !l.Slice.IsZero() {
			s.sold.Note(f.Room)
		}
	}
	return nil
}

// newsEvery bounds how often a room hears of stock: four times a second.
const newsEvery = 250 * time.Millisecond

// RunNews tells rooms what their deals have sold, until ctx ends.
func (s *Service) RunNews(ctx context.Context) error {
	s.sold.Run(ctx, s.DB.Clock(), newsEvery, s.tellDeals)
	return nil
}

// FlushNews tells at once what RunNews would tell.
func (s *Service) FlushNews(ctx context.Context) { s.sold.Flush(ctx, s.tellDeals) }

func (s *Service) tellDeals(ctx context.Context, room id.Room) {
	open, err := openDeals(ctx, s.DB.Reader(), room)
	if err != nil {
		s.Log.Warn("deals not told", "room", room.String(), "error", err)
		return
	}
	for _, d := range open {
		s.tellDeal(ctx, d)
	}
}
