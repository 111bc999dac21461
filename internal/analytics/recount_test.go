package analytics_test

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/analytics"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
	"hawker/internal/stage/stagetest"
)

// deal is one order of a show, as the test made it.
type deal struct {
	product id.Product
	user    id.User
	units   int64
	placed  time.Time
	paid    time.Time
}

// run is a show that goes on at random, and all that was done in it.
type run struct {
	*stagetest.Kit
	rt     *rapid.T
	orders *order.Service
	room   id.Room
	goods  []catalog.Product
	people []id.User
	deals  []deal
	open   []order.Order // placed, not paid
	pins   []analytics.Stretch
}

// TestAReportIsARecount: whatever is pinned, ordered and paid in whatever order, the
// report of a show is what somebody counts who has watched all of it.
func TestAReportIsARecount(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	figures := analytics.New(k.DB, time.UTC)
	rapid.Check(t, func(rt *rapid.T) {
		if rapid.IntRange(0, 3).Draw(rt, "sampled") > 0 {
			return // a quarter of the runs is enough for what each takes
		}
		goods := []catalog.Product{k.Product(k.Shop, "Tea"), k.Product(k.Shop, "Cup")}
		r := &run{
			Kit: k, rt: rt, goods: goods, room: k.Room(goods...),
			orders: order.New(k.DB, k.Box, order.Terms{PayWithin: 24 * time.Hour}),
			people: []id.User{id.Make[id.User](k.DB), id.Make[id.User](k.DB)},
		}
		k.Publish(r.room)
		began := k.Clock.Now()
		for range rapid.IntRange(1, 10).Draw(rt, "steps") {
			r.step(rapid.SampledFrom([]string{"pin", "place", "place", "pay", "wait"}).Draw(rt, "what"))
		}
		r.want(figures, began)
		k.End(r.room)
	})
}

func (r *run) step(what string) {
	p := r.goods[rapid.IntRange(0, 1).Draw(r.rt, "product")]
	now := r.Clock.Now()
	switch what {
	case "pin":
		if n := len(r.pins); n > 0 {
			if r.pins[n-1].Product == p.ID {
				return // it is being explained
			}
			r.pins[n-1].Until = now
		}
		r.Pin(r.room, p.ID)
		r.pins = append(r.pins, analytics.Stretch{Product: p.ID, From: now})
	case "wait":
		r.Pass(r.room, time.Duration(rapid.IntRange(1, 90).Draw(r.rt, "seconds"))*time.Second)
	case "place":
		o := order.Order{
			User: r.people[rapid.IntRange(0, 1).Draw(r.rt, "who")], Shop: r.Shop, Room: r.room, Currency: "CNY",
		}
		units := rapid.Int64Range(1, 3).Draw(r.rt, "units")
		if len(r.open) == 3 {
			return // there are ten of each
		}
		o.Payable = 100 * units
		o.Lines = []order.Line{{SKU: p.SKUs[0].ID, Product: p.ID, Quantity: units, Payable: o.Payable}}
		made := o
		r.Must(r.DB.Update(r.T.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			made = o // this may run again
			return r.orders.Create(ctx, tx, &made)
		}))
		r.open = append(r.open, made)
		r.deals = append(r.deals, deal{product: p.ID, user: o.User, units: units, placed: now})
	case "pay":
		for i, o := range r.open {
			if !r.deals[i].paid.IsZero() {
				continue
			}
			r.Must(r.DB.Update(r.T.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
				return r.orders.MarkPaid(ctx, tx, o)
			}))
			r.deals[i].paid = now
			return
		}
	}
}

func (r *run) want(figures *analytics.Service, began time.Time) {
	got, err := figures.Report(r.T.Context(), r.Shop, r.room, id.Show{})
	if err != nil {
		r.rt.Fatal(err)
	}
	buyers, revenue, paid := map[id.User]bool{}, int64(0), int64(0)
	units := map[id.Product]int64{}
	type point struct{ placed, paid, revenue int64 }
	curve := map[time.Time]*point{}
	at := func(t time.Time) *point {
		t = t.Truncate(time.Minute)
		if curve[t] == nil {
			curve[t] = &point{}
		}
		return curve[t]
	}
	for _, d := range r.deals {
		at(d.placed).placed++
		if d.paid.IsZero() {
			continue
		}
		paid, revenue, buyers[d.user] = paid+1, revenue+100*d.units, true
		units[d.product] += d.units
		at(d.paid).paid++
		at(d.paid).revenue += 100 * d.units
		for i, x := range r.pins {
			if x.Product == d.product && !d.placed.Before(x.From) && (x.Until.IsZero() || d.placed.Before(x.Until)) {
				r.pins[i].Orders, r.pins[i].Units, r.pins[i].Revenue = x.Orders+1, x.Units+d.units,
					x.Revenue+100*d.units
			}
		}
	}
	if got.Placed != int64(len(r.deals)) || got.Paid != paid || got.Buyers != int64(len(buyers)) ||
		got.Revenue != revenue || len(got.Products) != len(units) || len(got.Stretches) != len(r.pins) {
		r.rt.Fatalf("the report says %+v; %d placed, %d paid by %d for %d", got, len(r.deals), paid, len(buyers),
			revenue)
	}
	for _, p := range got.Products {
		if p.Units != units[p.Product] || p.Revenue != 100*p.Units {
			r.rt.Fatalf("%+v, want %d units", p, units[p.Product])
		}
	}
	for i, x := range got.Stretches {
		w := r.pins[i]
		if x.Product != w.Product || x.Orders != w.Orders || x.Units != w.Units || x.Revenue != w.Revenue ||
			!x.From.Equal(w.From) || !x.Until.Equal(w.Until) {
			r.rt.Fatalf("stretch %d is %+v, want %+v", i, x, w)
		}
	}
	if n := int(r.Clock.Now().Truncate(time.Minute).Sub(began.Truncate(time.Minute))/time.Minute) +
		1; len(got.Minutes) != n {
		r.rt.Fatalf("%d minutes, want %d", len(got.Minutes), n)
	}
	for _, m := range got.Minutes {
		if w := *at(m.At); m.Placed != w.placed || m.Paid != w.paid || m.Revenue != w.revenue {
			r.rt.Fatalf("minute %s is %+v, want %+v", m.At, m, w)
		}
	}
}
