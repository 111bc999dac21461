package order_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/analytics"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// A shop of many orders reads a page of them, a number and the figures of its day
// as ranges of an index.
func TestOrdersAreReadAsRanges(t *testing.T) {
	t.Parallel()
	rec := &sqltest.Recorder{}
	k := open(t, rec.Watch)
	room := id.Make[id.Room](k.db)
	model := order.Order{
		User: k.buyer, Shop: k.shop, Room: room, Payable: 100, Currency: "CNY",
		Lines: []order.Line{{SKU: k.sku, Quantity: 1, Payable: 100}},
	}
	k.update(func(ctx context.Context, tx *sqldb.Tx) error { return k.orders.Create(ctx, tx, &model) })
	statuses := []order.Status{order.StatusPendingPayment, order.StatusPaid, order.StatusShipped, order.StatusCompleted}
	sqltest.Fill(t, k.db, "orders", func(n int64, r sqltest.Row) {
		o := id.FromInt[id.Order](r.Int("id") + n)
		sealed, err := account.Address{}.Seal(k.box, o.String())
		if err != nil {
			t.Fatal(err)
		}
		at := r.Int("created_at") - n*60_000
		r["id"], r["number"], r["address_sealed"] = o, fmt.Sprintf("26%04d%012d", n/100, n), sealed
		r["status"], r["created_at"], r["paid_at"] = string(statuses[n%4]), at, at*min(n%4, 1)
		if n%2 == 1 {
			r["user_id"] = r.Int("user_id") + n
		}
		if r["room_id"] = r.Int("room_id") + n%20; n%3 == 0 {
			r["shop_id"] = r.Int("shop_id") + n%50
		}
	})
	sqltest.Fill(t, k.db, "order_line", func(n int64, r sqltest.Row) {
		r["id"], r["order_id"] = r.Int("id")+n, r.Int("order_id")+n
	})
	for name, f := range map[string]order.Filter{
		"a shop":             {Shop: k.shop},
		"what is to be sent": {Shop: k.shop, Status: order.StatusPaid},
		"a room":             {Shop: k.shop, Room: room},
		"a buyer":            {User: k.buyer},
		"a buyer's unpaid":   {User: k.buyer, Status: order.StatusPendingPayment},
	} {
		rec.WantPages(t, k.db, "the orders of "+name, func(cursor string) (string, error) {
			p, err := k.orders.List(t.Context(), f, page.Request{Cursor: cursor, Limit: page.LimitMax})
			return p.NextCursor, err
		})
	}
	for _, number := range []string{"2", "2600", "260012", "260012000000001234"} {
		rec.WantPages(t, k.db, "numbers like "+number, func(cursor string) (string, error) {
			p, err := k.orders.List(t.Context(), order.Filter{Shop: k.shop, Query: number},
				page.Request{Cursor: cursor})
			return p.NextCursor, err
		})
	}
	figures := analytics.New(k.db, time.UTC)
	rec.WantRanges(t, k.db, "the figures of a day", func() error {
		today, err := figures.Today(t.Context(), k.shop)
		if today.ToShip != analytics.CountMost {
			t.Errorf("%d to ship of some 1,700, want %d, which are enough", today.ToShip, analytics.CountMost)
		}
		return err
	})
	rec.WantRanges(t, k.db, "what a room sold", func() error {
		_, _, err := k.orders.SalesOfRoom(t.Context(), room, time.Time{})
		return err
	})
}
