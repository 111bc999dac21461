package live

import (
	"context"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/media/stream"
	"hawker/internal/platform/sqldb"
)

// Marks lists what was explained in the present or last show, in order.
func (s *Service) Marks(ctx context.Context, r Room) ([]Pin, error) {
	return pinsSince(ctx, s.db.Reader(), r.ID, r.StartedAt)
}

// StreamMarks are the marks of the present or last show as its playlists carry
// them (EXT-X-DATERANGE).
func (s *Service) StreamMarks(ctx context.Context, r Room) ([]stream.Mark, error) {
	pins, err := s.Marks(ctx, r)
	if err != nil {
		return nil, err
	}
	return s.marksOf(ctx, pins)
}

func (s *Service) marksOf(ctx context.Context, pins []Pin) ([]stream.Mark, error) {
	var ids []id.Product
	for _, p := range pins {
		ids = append(ids, p.Product)
	}
	products, err := s.catalog.ProductsByID(ctx, ids)
	var out []stream.Mark
	for _, p := range pins {
		if p.StreamAt.IsZero() {
			continue
		}
		out = append(out, stream.Mark{
			ID: p.ID.String(), Class: "hawker.product", Start: p.StreamAt, End: p.StreamUntil,
			Attrs: map[string]string{"PRODUCT-ID": p.Product.String(), "TITLE": products[p.Product].Title.In(lang.Chinese)},
		})
	}
	return out, err
}

// markPicture writes a pin into the playlist of the running stream. A mark that
// does not arrive costs a player its hint; the room's news tell of the pin too.
func (s *Service) markPicture(ctx context.Context, p Pin) {
	marks, err := s.marksOf(ctx, []Pin{p})
	for _, m := range marks {
		err = s.picture.Mark(p.Room.String(), m)
	}
	if err != nil {
		s.log.Warn("picture not marked", "pin", p.ID.String(), "error", err)
	}
}

// Said lists what was said in a stretch of time, in order: a replay shows the
// chat of then.
func (s *Service) Said(ctx context.Context, room id.Room, from, until time.Time) ([]Message, error) {
	return messagesBetween(ctx, s.db.Reader(), room, from, until, saidMax)
}

// SaidAfter lists what was said after a message, for who was away.
func (s *Service) SaidAfter(ctx context.Context, room id.Room, after id.Message) ([]Message, error) {
	return messagesAfter(ctx, s.db.Reader(), room, after, saidMax)
}

const saidMax = 500

// Shown is a stretch of the stream in which a product was explained. Until is
// zero while it is.
type ShownAt struct {
	Product     id.Product
	From, Until time.Time
}

// ShownIn tells, for each of some products, when a room explained it last: what
// both sides of an order may look at again.
func ShownIn(ctx context.Context, q sqldb.Querier, room id.Room, products []id.Product) ([]ShownAt, error) {
	return lastShown(ctx, q, room, products)
}

// OnAir tells whose room it is and whether its show runs: what is cheaper in a
// room asks for it.
func (s *Service) OnAir(ctx context.Context, q sqldb.Querier, room id.Room) (id.Shop, bool, error) {
	r, err := find(ctx, q, room)
	return r.Shop, r.State == Live || r.State == Paused, err
}

// ReplayURLs tells where rooms can be watched again; those without a replay are
// left out.
func (s *Service) ReplayURLs(ctx context.Context, rooms []id.Room) (map[id.Room]string, error) {
	out := map[id.Room]string{}
	for _, room := range rooms {
		if _, asked := out[room]; asked {
			continue
		}
		r, err := s.Find(ctx, room)
		if err != nil && fault.Code(err) != "live.not_found" {
			return nil, err
		}
		if url := replayURL(r); url != "" {
			out[room] = url
		}
	}
	return out, nil
}
