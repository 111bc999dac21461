package live

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Shelf lists the products of a room in their order.
func (s *Service) Shelf(ctx context.Context, room id.Room) ([]ShelfItem, error) {
	return shelfItems(ctx, s.db.Reader(), room)
}

// SetShelf replaces a room's shelf; what was sold of a product stays counted.
func (s *Service) SetShelf(ctx context.Context, shop id.Shop, room id.Room, products []id.Product) error {
	shelf, err := s.shelfOf(ctx, shop, products)
	if err != nil {
		return err
	}
	unpinned := false
	err = s.update(ctx, shop, room, func(ctx context.Context, tx *sqldb.Tx, _ Room) error {
		if err := putShelf(ctx, tx, room, shelf); err != nil {
			return err
		}
		pin, err := openPin(ctx, tx, room)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if unpinned = err == nil && !slices.Contains(shelf, pin.Product); unpinned {
			return closePins(ctx, tx, room)
		}
		return err
	})
	if err == nil && unpinned {
		s.tell(ctx, room, pinNews{Type: newsPin})
	}
	return err
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
	err := s.update(ctx, shop, room, func(ctx context.Context, tx *sqldb.Tx, _ Room) error {
		items, err := shelfItems(ctx, tx, room)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(items, func(i ShelfItem) bool { return i.Product == product }) {
			return fault.Conflict("live.not_on_shelf")
		}
		if err := closePins(ctx, tx, room); err != nil {
			return err
		}
		p.ID, p.PinnedAt = id.Make[id.Pin](tx), tx.Now()
		return insertPin(ctx, tx, p)
	})
	return p, err
}

// Unpin ends the stretch.
func (s *Service) Unpin(ctx context.Context, shop id.Shop, room id.Room) error {
	err := s.update(ctx, shop, room, func(ctx context.Context, tx *sqldb.Tx, _ Room) error { return closePins(ctx, tx, room) })
	if err == nil {
		s.tell(ctx, room, pinNews{Type: newsPin})
	}
	return err
}

// clockOf is the moment of the picture that is being sent now.
func (s *Service) clockOf(room id.Room) time.Time {
	h, ok := s.Health(room)
	if !ok || !h.Live {
		return time.Time{}
	}
	return h.Clock
}
