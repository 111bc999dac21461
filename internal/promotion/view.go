package promotion

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/catalog"
	"hawker/internal/inventory"
)

// DealItemView is one SKU of a deal as screens show it.
type DealItemView struct {
	SKU          id.SKU      `json:"sku_id"`
	Options      string      `json:"options_text"`
	OptionsTexts lang.Text   `json:"options_texts"`
	Price        money.Money `json:"price"`
	NormalPrice  money.Money `json:"normal_price"`
	Total        int64       `json:"total"`
	Left         int64       `json:"left" doc:"Can be taken now"`
	Sold         int64       `json:"sold" doc:"Paid, or waiting for payment"`
}

// DealView is a deal as screens show it. Now is the server's, for countdowns.
type DealView struct {
	ID          id.Deal        `json:"id"`
	Room        id.Room        `json:"room_id"`
	Product     id.Product     `json:"product_id"`
	Title       string         `json:"title"`
	Titles      lang.Text      `json:"titles"`
	CoverURL    string         `json:"cover_url"`
	State       DealState      `json:"state" enum:"planned,countdown,running,ended"`
	Reason      string         `json:"reason" enum:",sold_out,time,stopped"`
	Countdown   int64          `json:"countdown_seconds"`
	Run         int64          `json:"run_seconds"`
	Limit       int64          `json:"limit_per_buyer"`
	MineLeft    *int64         `json:"mine_left,omitempty" doc:"How many more the caller may take"`
	Now         time.Time      `json:"now"`
	StartsAt    time.Time      `json:"starts_at,omitzero"`
	EndsAt      time.Time      `json:"ends_at,omitzero"`
	Items       []DealItemView `json:"items"`
	Price       money.Money    `json:"price" doc:"The lowest"`
	NormalPrice money.Money    `json:"normal_price"`
	Total       int64          `json:"total"`
	Left        int64          `json:"left"`
	Sold        int64          `json:"sold"`
}

func (s *Service) dealViews(ctx context.Context, deals []Deal, user id.User, tag lang.Tag) ([]DealView, error) {
	var skus []id.SKU
	ids := make([]id.Deal, len(deals))
	for i, d := range deals {
		ids[i] = d.ID
		for _, it := range d.Items {
			skus = append(skus, it.SKU)
		}
	}
	out := make([]DealView, 0, len(deals))
	if len(deals) == 0 {
		return out, nil
	}
	offers, err := catalog.Offers(ctx, s.DB.Reader(), skus)
	if err != nil {
		return nil, err
	}
	stock, err := stockOf(ctx, s.DB.Reader(), deals...)
	if err != nil {
		return nil, err
	}
	taken, err := takenBy(ctx, s.DB.Reader(), user, ids)
	for _, d := range deals {
		v := s.dealView(d, offers, stock, tag)
		if !user.IsZero() {
			left := max(d.Limit-taken[d.ID], 0)
			v.MineLeft = &left
		}
		out = append(out, v)
	}
	return out, err
}

func (s *Service) dealView(d Deal, offers map[id.SKU]catalog.Offer, stock map[id.Slice]inventory.Slice,
	tag lang.Tag,
) DealView {
	now := s.DB.Clock().Now()
	v := DealView{
		ID: d.ID, Room: d.Room, Product: d.Product, Countdown: int64(d.Countdown.Seconds()),
		Run: int64(d.Run.Seconds()), Limit: d.Limit,
		Now: now, StartsAt: d.StartsAt, EndsAt: d.EndsAt,
	}
	v.State, v.Reason = d.StateAt(now)
	for _, it := range d.Items {
		o, c := offers[it.SKU], stock[it.Slice]
		texts := o.Product.ChoiceText(o.SKU)
		item := DealItemView{
			SKU: it.SKU, Options: texts.In(tag), OptionsTexts: texts, Price: money.Of(it.Price, s.Currency),
			NormalPrice: money.Of(o.SKU.Price, s.Currency),
			Total:       it.Quantity, Left: it.Quantity,
		}
		if !it.Slice.IsZero() {
			item.Left, item.Sold = c.Unsold, c.Sold+c.Reserved
		}
		if !o.Buyable() { // the shop took it off sale meanwhile: the checkout refuses it
			item.Left = 0
		}
		v.Title, v.Titles, v.CoverURL = o.Product.Title.In(tag), o.Product.Title, o.Product.Cover()
		if v.Total == 0 || it.Price < v.Price.Amount {
			v.Price, v.NormalPrice = item.Price, item.NormalPrice
		}
		v.Total, v.Left, v.Sold = v.Total+item.Total, v.Left+item.Left, v.Sold+item.Sold
		v.Items = append(v.Items, item)
	}
	return v
}
