package live

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
)

// Shelf lists the products of a room in their order.
func (s *Service) Shelf(ctx context.Context, room id.Room) ([]ShelfItem, error) {
	return shelfItems(ctx, s.db.Reader(), room)
}

// covers gives rooms without a cover of their own the picture of what they sell
// first.
func (s *Service) covers(ctx context.Context, rooms []Room) (map[id.Room]string, error) {
	var bare []id.Room
	for _, r := range rooms {
		if r.CoverURL == "" {
			bare = append(bare, r.ID)
		}
	}
	if len(bare) == 0 {
		return nil, nil
	}
	first, err := firstShown(ctx, s.db.Reader(), bare)
	if err != nil {
		return nil, err
	}
	products, err := s.catalog.ProductsByID(ctx, slices.Collect(maps.Values(first)))
	out := map[id.Room]string{}
	for room, p := range first {
		out[room] = products[p].Cover()
	}
	return out, err
}

// SetShelf replaces a room's shelf; what was sold of a product stays counted.
func (s *Service) SetShelf(ctx context.Context, shop id.Shop, room id.Room, products []id.Product) error {
	shelf, err := s.shelfOf(ctx, shop, products)
	if err != nil {
		return err
	}
	unpinned, until := false, s.clockOf(room)
	err = s.update(ctx, shop, room, func(ctx context.Context, tx *sqldb.Tx, _ Room) error {
		if err := putShelf(ctx, tx, room, shelf); err != nil {
			return err
		}
		pin, err := openPin(ctx, tx, room)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if unpinned = err == nil && !slices.Contains(shelf, pin.Product); unpinned {
			_, err = s.closePin(ctx, tx, room, until)
		}
		return err
	})
	if err != nil {
		return err
	}
	if unpinned {
		s.tell(ctx, room, pinNews{Type: newsPin})
	}
	s.tell(ctx, room, shelfNews{newsShelf})
	return nil
}

// Pinned is what is explained now; ok is false for nothing.
func (s *Service) Pinned(ctx context.Context, room id.Room) (p Pin, ok bool, err error) {
	p, err = openPin(ctx, s.db.Reader(), room)
	if errors.Is(err, sql.ErrNoRows) {
		return Pin{}, false, nil
	}
	return p, err == nil, err
}

// PinProduct shows a product of the shelf on every viewer's screen and remembers
// the stream's clock. Fault live.not_on_shelf.
func (s *Service) PinProduct(ctx context.Context, shop id.Shop, room id.Room, product id.Product, by id.User) (Pin, error) {
	p := Pin{Room: room, Product: product, By: by, StreamAt: s.clockOf(room)}
	var before Pin
	err := s.update(ctx, shop, room, func(ctx context.Context, tx *sqldb.Tx, _ Room) error {
		items, err := shelfItems(ctx, tx, room)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(items, func(i ShelfItem) bool { return i.Product == product }) {
			return fault.Conflict("live.not_on_shelf")
		}
		if before, err = s.closePin(ctx, tx, room, p.StreamAt); err != nil {
			return err
		}
		p.ID, p.PinnedAt = id.Make[id.Pin](tx), tx.Now()
		return insertPin(ctx, tx, p)
	})
	if err == nil {
		s.markPicture(ctx, before)
		s.markPicture(ctx, p)
	}
	return p, err
}

// Unpin ends the stretch.
func (s *Service) Unpin(ctx context.Context, shop id.Shop, room id.Room) error {
	until := s.clockOf(room)
	var pin Pin
	err := s.update(ctx, shop, room, func(ctx context.Context, tx *sqldb.Tx, _ Room) (err error) {
		pin, err = s.closePin(ctx, tx, room, until)
		return err
	})
	if err == nil {
		s.markPicture(ctx, pin)
		s.tell(ctx, room, pinNews{Type: newsPin})
	}
	return err
}

// explainedMin is the shortest stretch that is worth a clip.
const explainedMin = 5 * time.Second

// closePin ends what is explained, at a moment of the stream's clock, and tells
// of a stretch that has a picture. It gives the pin as it is then, or the zero
// Pin for none.
func (s *Service) closePin(ctx context.Context, tx *sqldb.Tx, room id.Room, until time.Time) (Pin, error) {
	pin, err := openPin(ctx, tx, room)
	if errors.Is(err, sql.ErrNoRows) {
		return Pin{}, nil
	}
	if err != nil {
		return Pin{}, err
	}
	if err := closePins(ctx, tx, room, until); err != nil {
		return Pin{}, err
	}
	pin.UnpinnedAt, pin.StreamUntil = tx.Now(), until
	r, err := find(ctx, tx, room)
	if err != nil || pin.StreamAt.IsZero() || until.Sub(pin.StreamAt) < explainedMin {
		return pin, err
	}
	return pin, events.Record(ctx, tx, Explained{Pin: pin.ID, Room: room, Shop: r.Shop, Host: r.Host, Product: pin.Product, From: pin.StreamAt, Until: until})
}

// NotesMax is in letters.
const NotesMax = 600

// EditItem changes how the shelf shows a product: hidden from viewers, and what
// the host reads while explaining it; nil is unchanged. Faults: live.bad_notes,
// live.not_on_shelf.
func (s *Service) EditItem(ctx context.Context, shop id.Shop, room id.Room, product id.Product, hidden *bool, notes *string) error {
	if notes != nil && utf8.RuneCountInString(*notes) > NotesMax {
		return fault.Invalid("live.bad_notes", "max", NotesMax).At("body.notes")
	}
	err := s.update(ctx, shop, room, func(ctx context.Context, tx *sqldb.Tx, _ Room) error {
		items, err := shelfItems(ctx, tx, room)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(items, func(i ShelfItem) bool { return i.Product == product })
		if i < 0 {
			return fault.NotFound("live.not_on_shelf")
		}
		set(&items[i].Hidden, hidden)
		set(&items[i].Notes, notes)
		return editItem(ctx, tx, room, items[i])
	})
	if err == nil {
		s.tell(ctx, room, shelfNews{newsShelf})
	}
	return err
}

// shelfNews asks screens to read the shelf anew.
type shelfNews struct {
	Type string `json:"type"`
}

const newsShelf = "shelf"

// clockOf is the moment of the picture that is being sent now.
func (s *Service) clockOf(room id.Room) time.Time {
	h, ok := s.Health(room)
	if !ok || !h.Live {
		return time.Time{}
	}
	return h.Clock
}
