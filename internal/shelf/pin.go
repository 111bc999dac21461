package shelf

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/media/stream"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/show"
)

// Pin is a stretch of "explaining now". StreamAt is the stream's own clock
// (PROGRAM-DATE-TIME) when it began, zero when there was no picture.
type Pin struct {
	ID       id.Pin
	Room     id.Room
	Show     id.Show // zero: before there was one
	Product  id.Product
	By       id.User
	PinnedAt time.Time
	StreamAt time.Time
	// Both zero while it is explained.
	UnpinnedAt  time.Time
	StreamUntil time.Time
}

// Pinned is what a room explains now; ok is false for nothing.
func (s *Service) Pinned(ctx context.Context, r id.Room) (p Pin, ok bool, err error) {
	return pinnedIn(ctx, s.db.Reader(), r)
}

func pinnedIn(ctx context.Context, q sqldb.Querier, r id.Room) (Pin, bool, error) {
	p, err := openPin(ctx, q, r)
	if errors.Is(err, sql.ErrNoRows) {
		return Pin{}, false, nil
	}
	return p, err == nil, err
}

// Pin shows a product of the shelf on every viewer's screen and remembers the
// stream's clock. Faults: live.not_on_shelf, live.item_hidden for what viewers are not
// to see yet, live.not_found.
func (s *Service) Pin(ctx context.Context, shop id.Shop, r id.Room, product id.Product, by id.User) (Pin, error) {
	p := Pin{Room: r, Product: product, By: by, StreamAt: s.Clock(r)}
	var before Pin
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := room.Lock(ctx, tx, shop, r); err != nil {
			return err
		}
		items, err := shelfItems(ctx, tx, r)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(items, func(i Item) bool { return i.Product == product })
		if at < 0 {
			return fault.NotFound("live.not_on_shelf")
		}
		if items[at].Hidden {
			return fault.Conflict("live.item_hidden")
		}
		if before, err = ClosePin(ctx, tx, r, p.StreamAt); err != nil {
			return err
		}
		st, err := show.Of(ctx, tx, r)
		if err != nil {
			return err
		}
		p.Show = ShowOf(st)
		p.ID, p.PinnedAt = id.Make[id.Pin](tx), tx.Now()
		return insertPin(ctx, tx, p)
	})
	if err == nil {
		s.mark(ctx, before, p)
	}
	return p, err
}

// ShowOf is the show, or the rehearsal, to which belongs what happens in a room
// now; zero while it waits for one.
func ShowOf(st show.Standing) id.Show {
	if st.OnAir() || st.Now.Rehearsal {
		return st.Now.ID
	}
	return id.Show{}
}

// Unpin ends the stretch. Fault live.not_found.
func (s *Service) Unpin(ctx context.Context, shop id.Shop, r id.Room) error {
	until := s.Clock(r)
	var pin Pin
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		if err := room.Lock(ctx, tx, shop, r); err != nil {
			return err
		}
		pin, err = ClosePin(ctx, tx, r, until)
		return err
	})
	if err == nil {
		s.mark(ctx, pin)
		s.news.Tell(ctx, r, pinNews{Type: newsPin})
	}
	return err
}

// Unpinned tells of a stretch that ClosePin has ended, when that is committed;
// nothing for the zero Pin.
func (s *Service) Unpinned(ctx context.Context, p Pin) {
	if p.ID.IsZero() {
		return
	}
	s.mark(ctx, p)
	s.news.Tell(ctx, p.Room, pinNews{Type: newsPin})
}

const (
	explainedMin = 5 * time.Second // the shortest stretch that is worth a clip
	remarkMax    = 5               // pins that a window may still hold
)

// ClosePin ends what is explained, at a moment of the stream's clock, and records
// a stretch of a show that has a picture. It gives the pin as it is then, or the
// zero Pin for none.
func ClosePin(ctx context.Context, tx *sqldb.Tx, r id.Room, until time.Time) (Pin, error) {
	pin, ok, err := pinnedIn(ctx, tx, r)
	if err != nil || !ok {
		return Pin{}, err
	}
	if err := closePins(ctx, tx, r, until); err != nil {
		return Pin{}, err
	}
	pin.UnpinnedAt, pin.StreamUntil = tx.Now(), until
	if pin.StreamAt.IsZero() || until.Sub(pin.StreamAt) < explainedMin {
		return pin, nil
	}
	st, err := show.Of(ctx, tx, r)
	if err != nil || pin.Show != st.Now.ID || st.Now.ID.IsZero() || st.Now.Rehearsal {
		return pin, err
	}
	return pin, events.Record(ctx, tx, Explained{
		Pin: pin.ID, Show: pin.Show, Room: r, Shop: st.Shop, Host: st.Host, Product: pin.Product,
		From: pin.StreamAt, Until: until,
	})
}

// Marks lists what was explained in a show, in order.
func (s *Service) Marks(ctx context.Context, x id.Show) ([]Pin, error) {
	if x.IsZero() {
		return nil, nil
	}
	return pinsOf(ctx, s.db.Reader(), x)
}

// StreamMarks are the marks of a show as its playlists carry them
// (EXT-X-DATERANGE).
func (s *Service) StreamMarks(ctx context.Context, x id.Show) ([]stream.Mark, error) {
	pins, err := s.Marks(ctx, x)
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
			Attrs: map[string]string{
				"PRODUCT-ID": p.Product.String(), "TITLE": products[p.Product].Title.In(lang.Chinese),
			},
		})
	}
	return out, err
}

// mark writes pins into the playlist of the running stream. A mark that does not
// arrive costs a player its hint; the room's news tell of the pin too.
func (s *Service) mark(ctx context.Context, pins ...Pin) {
	pins = slices.DeleteFunc(pins, func(p Pin) bool { return p.StreamAt.IsZero() })
	if len(pins) == 0 {
		return
	}
	marks, err := s.marksOf(ctx, pins)
	for _, m := range marks {
		err = errors.Join(err, s.picture.Mark(pins[0].Room.String(), m))
	}
	if err != nil {
		s.log.Warn("picture not marked", "room", pins[0].Room.String(), "error", err)
	}
}

// Remark tells the engine the newest marks of a show that goes on: after a
// restart its playlists know none.
func (s *Service) Remark(ctx context.Context, x id.Show) error {
	pins, err := s.Marks(ctx, x)
	if err == nil {
		s.mark(ctx, pins[max(0, len(pins)-remarkMax):]...)
	}
	return err
}

// ShownAt is a stretch of the stream in which a product was explained. Until is
// zero while it is.
type ShownAt struct {
	Show        id.Show
	Product     id.Product
	From, Until time.Time
}

// ShownIn tells, for each of some products, when the newest show of a room
// explained it last: what both sides of an order may look at again.
func ShownIn(ctx context.Context, q sqldb.Querier, r id.Room, products []id.Product) ([]ShownAt, error) {
	st, err := show.Of(ctx, q, r)
	if err != nil || st.Now.ID.IsZero() || st.Now.Rehearsal {
		return nil, err
	}
	return lastShown(ctx, q, st.Now.ID, products)
}

// EventExplained is the name of Explained.
const EventExplained = "live.explained"

// Explained tells that a stretch of "explaining now" is over: From and Until are
// the stream's own clock.
type Explained struct {
	Pin     id.Pin     `json:"pin"`
	Show    id.Show    `json:"show"`
	Room    id.Room    `json:"room"`
	Shop    id.Shop    `json:"shop"`
	Host    id.User    `json:"host"`
	Product id.Product `json:"product"`
	From    time.Time  `json:"from"`
	Until   time.Time  `json:"until"`
}

// EventName implements event.Event.
func (Explained) EventName() string { return EventExplained }

// EventKey implements event.Event.
func (e Explained) EventKey() string { return e.Room.String() }

var _ event.Event = Explained{}
