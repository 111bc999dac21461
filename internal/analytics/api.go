package analytics

import (
	"context"
	"log/slog"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/base/permission"
	"hawker/internal/platform/httpapi"
)

// Show is a live session of today, for the chart.
type Show struct {
	Room      id.Room   `json:"room_id"`
	Title     string    `json:"title"`
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
}

// Shows answers a shop's sessions since a time, and how many watch now.
type Shows interface {
	ShowsSince(ctx context.Context, shop id.Shop, since time.Time) (shows []Show, watching int, err error)
}

// API is the module's door.
type API struct {
	Service  *Service
	Shows    Shows
	Currency money.Currency
	Log      *slog.Logger
}

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-today-get", Method: "GET", Path: "/merchant/{shop}/today",
		Access: httpapi.Staff(permission.FiguresRead), Summary: "Today beside yesterday",
	}, h.today)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-report-get", Method: "GET",
		Path: "/merchant/{shop}/rooms/{room}/report", Access: httpapi.RoomStaff(permission.FiguresRead),
		Summary: "What a show came to, minute by minute",
	}, h.report)
}

// hourView is the takings of an hour, beside the same hour of the day before.
type hourView struct {
	Hour      int         `json:"hour"`
	Today     money.Money `json:"today"`
	Yesterday money.Money `json:"yesterday"`
}

// todayView is a shop's day so far, beside the day before at the same time.
type todayView struct {
	Now              time.Time      `json:"now"`
	Currency         money.Currency `json:"currency"`
	Revenue          money.Money    `json:"revenue"`
	RevenueYesterday money.Money    `json:"revenue_yesterday" doc:"Until the same time of day"`
	Orders           int64          `json:"orders"`
	OrdersYesterday  int64          `json:"orders_yesterday"`
	Paid             int64          `json:"paid_orders"`
	PaidYesterday    int64          `json:"paid_orders_yesterday"`
	ViewersNow       int            `json:"viewers_now"`
	ToShip           int64          `json:"to_ship" doc:"Counted to 1000, which stands for as many or more"`
	LowStock         int            `json:"low_stock" doc:"SKUs; counted to 1000, which stands for as many or more"`
	Hours            []hourView     `json:"hours"`
	Live             []Show         `json:"live"`
}

func (h API) today(ctx context.Context, in *httpapi.ShopPath) (*httpapi.Body[todayView], error) {
	t, err := h.Service.Today(ctx, in.Shop)
	if err != nil {
		return nil, err
	}
	m := func(amount int64) money.Money { return money.Of(amount, h.Currency) }
	v := todayView{
		Now: t.Now, Currency: h.Currency, Revenue: m(t.Today.Revenue), RevenueYesterday: m(t.Yesterday.Revenue),
		Orders: t.Today.Placed, OrdersYesterday: t.Yesterday.Placed, Paid: t.Today.Paid,
		PaidYesterday: t.Yesterday.Paid,
		ToShip:        t.ToShip, LowStock: t.LowStock, Live: []Show{},
	}
	for hour := range t.Today.Hours {
		v.Hours = append(v.Hours, hourView{hour, m(t.Today.Hours[hour]), m(t.Yesterday.Hours[hour])})
	}
	shows, watching, err := h.Shows.ShowsSince(ctx, in.Shop, t.Now.Add(-24*time.Hour))
	v.Live, v.ViewersNow = append(v.Live, shows...), watching
	return httpapi.OK(v, err)
}
