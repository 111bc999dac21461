package analytics

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/platform/httpapi"
)

// minuteView is a minute of a show.
type minuteView struct {
	At       time.Time   `json:"at"`
	Viewers  int64       `json:"viewers"`
	Likes    int64       `json:"likes"`
	Messages int64       `json:"messages"`
	Placed   int64       `json:"placed_orders"`
	Paid     int64       `json:"paid_orders"`
	Revenue  money.Money `json:"revenue"`
}

// stretchView is a time in which a product was explained, and what was sold in it.
type stretchView struct {
	Product id.Product  `json:"product_id"`
	Title   string      `json:"title"`
	From    time.Time   `json:"from"`
	Until   *time.Time  `json:"until"`
	Orders  int64       `json:"orders"`
	Units   int64       `json:"units"`
	Revenue money.Money `json:"revenue"`
}

// productSalesView is what a show sold of a product.
type productSalesView struct {
	Product id.Product  `json:"product_id"`
	Title   string      `json:"title"`
	Orders  int64       `json:"orders"`
	Units   int64       `json:"units"`
	Revenue money.Money `json:"revenue"`
}

// reportView is a show from its first minute to its last.
type reportView struct {
	Room        id.Room            `json:"room_id"`
	Show        id.Show            `json:"show_id"`
	Title       string             `json:"title"`
	State       string             `json:"state" enum:"scheduled,live,paused,ended,cancelled"`
	StartedAt   *time.Time         `json:"started_at"`
	EndedAt     *time.Time         `json:"ended_at"`
	ViewersPeak int64              `json:"viewers_peak"`
	Entries     int64              `json:"entries"`
	Follows     int64              `json:"follows"`
	Likes       int64              `json:"likes"`
	Messages    int64              `json:"messages"`
	Placed      int64              `json:"placed_orders"`
	Paid        int64              `json:"paid_orders"`
	Buyers      int64              `json:"buyers"`
	Revenue     money.Money        `json:"revenue"`
	Minutes     []minuteView       `json:"minutes"`
	Stretches   []stretchView      `json:"stretches"`
	Products    []productSalesView `json:"products"`
}

type reportInput struct {
	httpapi.ShopPath
	Room id.Room `path:"room"`
	Show id.Show `query:"show" doc:"Which show; the newest of the room if none is named"`
}

func (h API) report(ctx context.Context, in *reportInput) (*httpapi.Body[reportView], error) {
	r, err := h.Service.Report(ctx, in.Shop, in.Room, in.Show)
	if err != nil {
		return nil, err
	}
	tag := httpapi.Language(ctx)
	m := func(amount int64) money.Money { return money.Of(amount, h.Currency) }
	v := reportView{
		Room: r.Room, Show: r.Show, Title: r.Title, State: r.State, StartedAt: optional(r.StartedAt),
		EndedAt:     optional(r.EndedAt),
		ViewersPeak: r.ViewersPeak,
		Entries:     r.Entries, Follows: r.Follows, Likes: r.Likes, Messages: r.Messages, Placed: r.Placed,
		Paid: r.Paid, Buyers: r.Buyers,
		Revenue: m(r.Revenue), Minutes: []minuteView{}, Stretches: []stretchView{}, Products: []productSalesView{},
	}
	for _, x := range r.Minutes {
		v.Minutes = append(v.Minutes, minuteView{x.At, x.Viewers, x.Likes, x.Messages, x.Placed, x.Paid, m(x.Revenue)})
	}
	for _, x := range r.Stretches {
		v.Stretches = append(v.Stretches, stretchView{
			x.Product, x.Title.In(tag), x.From, optional(x.Until), x.Orders,
			x.Units, m(x.Revenue),
		})
	}
	for _, x := range r.Products {
		v.Products = append(v.Products, productSalesView{x.Product, x.Title.In(tag), x.Orders, x.Units, m(x.Revenue)})
	}
	return httpapi.OK(v, nil)
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
