package shelf

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/catalog"
)

// ItemView is a shelf item as screens show it. Titles carries every language,
// because news go to all viewers of a room at once.
type ItemView struct {
	Number    int          `json:"number"`
	Product   id.Product   `json:"product_id"`
	Title     string       `json:"title"`
	Titles    lang.Text    `json:"titles"`
	CoverURL  string       `json:"cover_url"`
	Price     money.Money  `json:"price"`
	WasPrice  *money.Money `json:"was_price"`
	RoomPrice *money.Money `json:"room_price" doc:"The lowest price of a SKU in this room, if it has one of its own"`
	Available int64        `json:"available"`
	Sold      int64        `json:"sold"`
	Pinned    bool         `json:"pinned"`
	Hidden    bool         `json:"hidden,omitempty" doc:"Staff only"`
	Notes     string       `json:"notes,omitempty" doc:"Staff only: what the host reads while explaining"`
}

// PinView is a pin as screens show it.
type PinView struct {
	Item     ItemView   `json:"item"`
	PinnedAt time.Time  `json:"pinned_at"`
	StreamAt *time.Time `json:"stream_time" doc:"PROGRAM-DATE-TIME of the picture when the pin began"`
}

type pinNews struct {
	Type string   `json:"type"`
	Pin  *PinView `json:"pin"`
}

// RoomPrices knows what is cheaper in a room.
type RoomPrices interface {
	RoomPrices(ctx context.Context, room id.Room, products []id.Product) (map[id.Product]int64, error)
}

// Reader is for whom a shelf is drawn.
type Reader struct {
	Tag   lang.Tag
	Staff bool
}

// Views draws shelves.
type Views struct {
	Service  *Service
	Prices   RoomPrices // may be nil
	Currency money.Currency
}

// Items draws the shelf of a room.
func (v Views) Items(ctx context.Context, r id.Room, who Reader) ([]ItemView, error) {
	s := v.Service
	items, err := s.Items(ctx, r)
	if err != nil {
		return nil, err
	}
	ids := make([]id.Product, len(items))
	for i, it := range items {
		ids[i] = it.Product
	}
	products, err := s.catalog.ProductsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	available, err := catalog.Available(ctx, s.db.Reader(), ids)
	if err != nil {
		return nil, err
	}
	cheaper := map[id.Product]int64{}
	if v.Prices != nil {
		if cheaper, err = v.Prices.RoomPrices(ctx, r, ids); err != nil {
			return nil, err
		}
	}
	pin, _, err := s.Pinned(ctx, r)
	out := make([]ItemView, 0, len(items))
	for _, it := range items {
		if it.Hidden && !who.Staff {
			continue
		}
		view := v.item(products[it.Product], it, who)
		view.Pinned = pin.Product == it.Product
		if view.Available = available[it.Product]; products[it.Product].State != catalog.OnSale {
			view.Available = 0
		}
		if price, ok := cheaper[it.Product]; ok {
			own := money.Of(price, v.Currency)
			view.RoomPrice = &own
		}
		out = append(out, view)
	}
	return out, err
}

func (v Views) item(p catalog.Product, it Item, who Reader) ItemView {
	view := ItemView{
		Number: it.Position, Product: p.ID, Title: p.Title.In(who.Tag), Titles: p.Title, CoverURL: p.Cover(),
		Price: money.Of(p.Price, v.Currency), Sold: it.Sold,
	}
	if p.WasPrice > 0 {
		was := money.Of(p.WasPrice, v.Currency)
		view.WasPrice = &was
	}
	if who.Staff {
		view.Hidden, view.Notes = it.Hidden, it.Notes
	}
	return view
}

// Pinned draws what a room explains now, if that is among items; nil for nothing.
func (v Views) Pinned(ctx context.Context, r id.Room, items []ItemView) (*PinView, error) {
	pin, ok, err := v.Service.Pinned(ctx, r)
	if err != nil || !ok {
		return nil, err
	}
	return viewPin(pin, items), nil
}

// public leaves out what only the staff read.
func (p PinView) public() *PinView {
	p.Item.Hidden, p.Item.Notes = false, ""
	return &p
}

func viewPin(p Pin, items []ItemView) *PinView {
	for _, item := range items {
		if item.Product != p.Product {
			continue
		}
		item.Pinned = true
		v := PinView{Item: item, PinnedAt: p.PinnedAt}
		if !p.StreamAt.IsZero() {
			v.StreamAt = &p.StreamAt
		}
		return &v
	}
	return nil
}
