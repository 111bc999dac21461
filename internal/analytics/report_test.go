package analytics_test

import (
	"context"
	"testing"
	"time"

	"hawker/internal/analytics"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/stage/stagetest"
)

// sell lets somebody buy and pay.
func sell(k *stagetest.Kit, orders *order.Service, r id.Room, sku id.SKU, product id.Product, units int64) {
	k.T.Helper()
	var o order.Order
	k.Must(k.DB.Update(k.T.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		o = order.Order{
			User: id.Make[id.User](tx), Shop: k.Shop, Room: r, Payable: 100 * units, Currency: "CNY",
			Lines: []order.Line{{SKU: sku, Product: product, Quantity: units, Payable: 100 * units}},
		}
		return orders.Create(ctx, tx, &o)
	}))
	k.Must(k.DB.Update(k.T.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return orders.MarkPaid(ctx, tx, o)
	}))
}

// Two shows in one room have each a report of its own, and the newest is the room's.
func TestAReportIsOfOneShow(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	tea := k.Product(k.Shop, "Tea")
	r := k.Room(tea)
	figures := analytics.New(k.DB, time.UTC)
	orders := order.New(k.DB, k.Box, order.Terms{PayWithin: time.Minute})
	report := func(x id.Show) analytics.Report {
		t.Helper()
		rep, err := figures.Report(t.Context(), k.Shop, r, x)
		k.Must(err)
		return rep
	}
	if got := report(id.Show{}); got.State != "scheduled" || !got.Show.IsZero() || len(got.Minutes) != 0 {
		t.Errorf("before any show: %+v", got)
	}
	run := func(likes, units int64) id.Show {
		k.Publish(r)
		x := k.Standing(r).Now.ID
		k.Pin(r, tea.ID)
		_, err := k.Audience.Like(t.Context(), r, likes)
		k.Must(err)
		k.Tally()
		sell(k, orders, r, tea.SKUs[0].ID, tea.ID, units)
		k.Pass(r, time.Minute)
		k.End(r)
		k.Clock.Advance(2 * time.Minute)
		return x
	}
	first := run(7, 3)
	k.Must(k.Mode(r, room.Rehearsal))
	k.Publish(r)
	rehearsal := k.Standing(r).Now.ID
	k.End(r)
	k.Must(k.Mode(r, room.Open))
	second := run(2, 1)
	for x, want := range map[id.Show]struct{ likes, units int64 }{first: {7, 3}, second: {2, 1}} {
		got := report(x)
		if got.Show != x || got.Likes != want.likes || got.Paid != 1 || got.Revenue != 100*want.units ||
			len(got.Products) != 1 || got.Products[0].Units != want.units {
			t.Errorf("want %+v, the report says %+v", want, got)
		}
		if len(got.Stretches) != 1 || got.Stretches[0].Units != want.units || got.Minutes[0].Likes != want.likes {
			t.Errorf("want %+v, stretches %+v, minutes %+v", want, got.Stretches, got.Minutes)
		}
	}
	if got := report(id.Show{}); got.Show != second || got.State != "ended" {
		t.Errorf("the room's report is of %s, %s; its newest show is %s", got.Show, got.State, second)
	}
	for name, x := range map[string]id.Show{"a rehearsal": rehearsal, "nothing": id.Make[id.Show](k.DB)} {
		if _, err := figures.Report(t.Context(), k.Shop, r, x); fault.Code(err) != "live.no_such_show" {
			t.Errorf("a report of %s: %v", name, err)
		}
	}
	if _, err := figures.Report(t.Context(), id.Make[id.Shop](k.DB), r,
		id.Show{}); fault.Code(err) != "live.not_found" {
		t.Errorf("by another shop: %v", err)
	}
}
