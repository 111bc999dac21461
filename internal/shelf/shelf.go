// Package shelf keeps what rooms sell: the products on a room's shelf in their
// order, which of them is explained now, and when each was, on the stream's own
// clock. A room explains one product at a time. It tells viewers what is left of
// what they see, and orders when their goods were explained.
package shelf

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/media/stream"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/show"
)

// Item is a product that a room sells.
type Item struct {
	Product  id.Product
	Position int
	Sold     int64 // in this room
	Hidden   bool  // from viewers
	Notes    string
}

// Limits on a shelf; NotesMax is in letters.
const (
	ItemsMax = 100
	NotesMax = 600

	newsPin   = "pin" // news that a room hears, by their type
	newsShelf = "shelf"
	newsStock = "stock"
)

// Picture is the live engine as the shelf sees it: its clock, and where marks go.
type Picture interface {
	Stream(id string) (stream.Health, bool)
	Mark(id string, m stream.Mark) error
}

// Options are what the module needs of others.
type Options struct {
	DB      *sqldb.DB
	Log     *slog.Logger
	Catalog *catalog.Service
	News    room.News
	Picture Picture
}

// Service is the module.
type Service struct {
	db      *sqldb.DB
	log     *slog.Logger
	catalog *catalog.Service
	news    room.News
	picture Picture
}

// New makes the module.
func New(o Options) *Service {
	return &Service{db: o.DB, log: o.Log, catalog: o.Catalog, news: o.News, picture: o.Picture}
}

// shelfNews asks screens to read the shelf anew.
type shelfNews struct {
	Type string `json:"type"`
}

// Check tells whether products may stand on a shelf of a shop: they are its own,
// each once. Fault live.bad_shelf.
func (s *Service) Check(ctx context.Context, shop id.Shop, products []id.Product) error {
	found, err := s.catalog.ProductsByID(ctx, products)
	if err != nil {
		return err
	}
	seen := map[id.Product]bool{}
	for _, p := range products {
		if found[p].Shop != shop || seen[p] || len(products) > ItemsMax {
			return fault.Invalid("live.bad_shelf", "max", ItemsMax).At("body.product_ids")
		}
		seen[p] = true
	}
	return nil
}

// Items lists the products of a room in their order.
func (s *Service) Items(ctx context.Context, r id.Room) ([]Item, error) {
	return shelfItems(ctx, s.db.Reader(), r)
}

// Covers gives rooms the picture of what they sell first; a room that sells
// nothing has no entry.
func (s *Service) Covers(ctx context.Context, rooms []id.Room) (map[id.Room]string, error) {
	if len(rooms) == 0 {
		return nil, nil
	}
	first, err := firstShown(ctx, s.db.Reader(), rooms)
	if err != nil {
		return nil, err
	}
	products, err := s.catalog.ProductsByID(ctx, slices.Collect(maps.Values(first)))
	out := map[id.Room]string{}
	for r, p := range first {
		out[r] = products[p].Cover()
	}
	return out, err
}

// Set replaces a room's shelf. Faults: live.bad_shelf, live.not_found.
func (s *Service) Set(ctx context.Context, shop id.Shop, r id.Room, products []id.Product) error {
	if err := s.Check(ctx, shop, products); err != nil {
		return err
	}
	unpinned, until := Pin{}, s.Clock(r)
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		unpinned = Pin{}
		if err := room.Lock(ctx, tx, shop, r); err != nil {
			return err
		}
		if err := Put(ctx, tx, r, products); err != nil {
			return err
		}
		pin, ok, err := pinnedIn(ctx, tx, r)
		if err == nil && ok && !slices.Contains(products, pin.Product) {
			unpinned, err = ClosePin(ctx, tx, r, until)
		}
		return err
	})
	if err != nil {
		return err
	}
	s.Unpinned(ctx, unpinned)
	s.news.Tell(ctx, r, shelfNews{newsShelf})
	return nil
}

// Edit changes how the shelf shows a product: hidden from viewers, and what the
// host reads while explaining it; nil is unchanged. What is hidden is not explained any
// more. Faults: live.bad_notes, live.not_on_shelf, live.not_found.
func (s *Service) Edit(ctx context.Context, shop id.Shop, r id.Room, product id.Product, c Edit) error {
	if c.Notes != nil && utf8.RuneCountInString(*c.Notes) > NotesMax {
		return fault.Invalid("live.bad_notes", "max", NotesMax).At("body.notes")
	}
	unpinned, until := Pin{}, s.Clock(r)
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		unpinned = Pin{}
		if err := room.Lock(ctx, tx, shop, r); err != nil {
			return err
		}
		ok, err := editItem(ctx, tx, r, product, c)
		if err == nil && !ok {
			return fault.NotFound("live.not_on_shelf")
		}
		if err != nil || c.Hidden == nil || !*c.Hidden {
			return err
		}
		pin, ok, err := pinnedIn(ctx, tx, r)
		if err == nil && ok && pin.Product == product {
			unpinned, err = ClosePin(ctx, tx, r, until)
		}
		return err
	})
	if err != nil {
		return err
	}
	s.Unpinned(ctx, unpinned)
	s.news.Tell(ctx, r, shelfNews{newsShelf})
	return nil
}

// Edit is what is changed of an item; nil is unchanged.
type Edit struct {
	Hidden *bool
	Notes  *string
}

// RoomShowing implements catalog.LiveNow: the newest live room with the product
// on its shelf, zero for none.
func (s *Service) RoomShowing(ctx context.Context, product id.Product) (id.Room, error) {
	shown, err := onScreens(ctx, s.db.Reader(), []id.Product{product})
	if err != nil || len(shown) == 0 {
		return id.Room{}, err
	}
	return shown[0].room, nil
}

// Clock is the moment of the picture that is being sent now, zero for none.
func (s *Service) Clock(r id.Room) time.Time {
	h, ok := s.picture.Stream(r.String())
	if !ok || !h.Live {
		return time.Time{}
	}
	return h.Clock
}

// Begun makes what a room explained while it waited the first thing that its show
// explains, from a moment of the stream's clock.
func Begun(ctx context.Context, tx *sqldb.Tx, st show.Standing, at time.Time) error {
	return adoptPin(ctx, tx, st.Now, at)
}
