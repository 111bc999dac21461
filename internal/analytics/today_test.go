package analytics_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/analytics"
	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/inventory"
	"hawker/internal/order"
	"hawker/internal/platform/events/eventstest"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/stage/stagetest"
)

// till is a shop that sells one SKU in small amounts.
type till struct {
	t      testing.TB
	db     *sqldb.DB
	clock  *clock.Manual
	orders *order.Service
	shop   id.Shop
	sku    id.SKU
}

func openTill(t testing.TB, options ...sqltest.Option) *till {
	t.Helper()
	db, c := sqltest.NewManual(t, options...)
	box, err := secret.NewBox(make([]byte, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	k := &till{t: t, db: db, clock: c, orders: order.New(db, box, order.Terms{PayWithin: time.Hour})}
	k.stock(t, 1_000_000)
	return k
}

// stock opens a new shop with units of a new SKU.
func (k *till) stock(t fataler, units int64) {
	k.shop, k.sku = id.Make[id.Shop](k.db), id.Make[id.SKU](k.db)
	k.update(t, func(ctx context.Context, tx *sqldb.Tx) error {
		return inventory.Open(ctx, tx, k.shop, k.sku, units, id.User{})
	})
}

type fataler interface{ Fatal(args ...any) }

func (k *till) update(t fataler, fn func(ctx context.Context, tx *sqldb.Tx) error) {
	if err := k.db.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func (k *till) place(t fataler, amount int64) (o order.Order) {
	k.update(t, func(ctx context.Context, tx *sqldb.Tx) error {
		o = order.Order{
			User: id.Make[id.User](tx), Shop: k.shop, Payable: amount, Currency: "CNY",
			Lines: []order.Line{{SKU: k.sku, Quantity: 1, Payable: amount}},
		}
		return k.orders.Create(ctx, tx, &o)
	})
	return o
}

func (k *till) pay(t fataler, o order.Order) {
	k.update(t, func(ctx context.Context, tx *sqldb.Tx) error { return k.orders.MarkPaid(ctx, tx, o) })
}

// count gives the figures' module what has happened.
func (k *till) count(t fataler) {
	eventstest.Tell(t, k.db, analytics.API{Service: analytics.New(k.db, time.UTC)}.Module().Subscriptions)
}

func (k *till) at(at time.Time) { k.clock.Advance(at.Sub(k.clock.Now())) }

func inZone(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// An hour of the chart is what clocks on the wall showed, also on the days on which
// they are put forward or back.
func TestHoursAreThoseOfTheWall(t *testing.T) {
	t.Parallel()
	k := openTill(t)
	zone := inZone(t, "America/New_York")
	figures := analytics.New(k.db, zone)
	for _, c := range []struct {
		what string
		day  time.Time
		at   []time.Duration // since midnight
		want map[int]int64
	}{
		{"23 hours", time.Date(2027, 3, 14, 0, 0, 0, 0, zone), []time.Duration{
			90 * time.Minute, 150 * time.Minute, 14 * time.Hour, 22*time.Hour + 59*time.Minute,
		}, map[int]int64{1: 100, 3: 100, 15: 100, 23: 100}},
		{
			"24 hours", time.Date(2027, 6, 1, 0, 0, 0, 0, zone),
			[]time.Duration{0, 23*time.Hour + 59*time.Minute},
			map[int]int64{0: 100, 23: 100},
		},
		{"25 hours", time.Date(2027, 11, 7, 0, 0, 0, 0, zone), []time.Duration{
			90 * time.Minute, 150 * time.Minute, 4 * time.Hour, 24*time.Hour + 59*time.Minute,
		}, map[int]int64{1: 200, 3: 100, 23: 100}},
	} {
		for _, since := range c.at {
			k.at(c.day.Add(since))
			k.pay(t, k.place(t, 100))
		}
		k.count(t)
		for _, when := range []string{"today", "yesterday"} {
			got, err := figures.Today(t.Context(), k.shop)
			if err != nil {
				t.Fatal(err)
			}
			day := got.Today
			if when == "yesterday" {
				day = got.Yesterday
			}
			for hour, amount := range day.Hours {
				if amount != c.want[hour] {
					t.Errorf("a day of %s, %s: %d at %d, want %d", c.what, when, amount, hour, c.want[hour])
				}
			}
			k.at(c.day.AddDate(0, 0, 1).Add(time.Hour))
		}
	}
}

type counted struct {
	placed, paid time.Time
	amount       int64
}

// naive counts a day of a list of sales in the plainest way.
func naive(sales []counted, from, until time.Time) (d analytics.Day) {
	within := func(at time.Time) bool { return !at.Before(from) && at.Before(until) }
	for _, s := range sales {
		if within(s.placed) {
			d.Placed++
		}
		if within(s.paid) {
			d.Paid++
			d.Revenue += s.amount
		}
	}
	return d
}

// Whenever somebody looks, the figures are those of a recount by hand.
func TestFiguresAreARecount(t *testing.T) {
	t.Parallel()
	k := openTill(t, sqltest.Once)
	zone := inZone(t, "Asia/Kolkata") // half an hour beside the others
	figures := analytics.New(k.db, zone)
	rapid.Check(t, func(rt *rapid.T) {
		k.stock(rt, 1000)
		var sales []counted
		var toShip int64
		for range rapid.IntRange(1, 12).Draw(rt, "orders") {
			k.clock.Advance(time.Duration(rapid.IntRange(0, 9*60).Draw(rt, "minutes")) * time.Minute)
			s := counted{placed: k.clock.Now(), amount: int64(rapid.IntRange(1, 500).Draw(rt, "amount"))}
			o := k.place(rt, s.amount)
			if rapid.Bool().Draw(rt, "pays") {
				k.clock.Advance(time.Duration(rapid.IntRange(0, 59).Draw(rt, "later")) * time.Minute)
				k.pay(rt, o)
				s.paid, toShip = k.clock.Now(), toShip+1
			}
			sales = append(sales, s)
		}
		k.count(rt)
		now := k.clock.Now().In(zone)
		midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
		got, err := figures.Today(t.Context(), k.shop)
		if err != nil {
			rt.Fatal(err)
		}
		for _, c := range []struct {
			what        string
			got         analytics.Day
			from, until time.Time
		}{
			{"today", got.Today, midnight, now.Add(time.Millisecond)},
			{"yesterday", got.Yesterday, midnight.AddDate(0, 0, -1), now.AddDate(0, 0, -1)},
		} {
			want := naive(sales, c.from, c.until)
			if c.got.Placed != want.Placed || c.got.Paid != want.Paid || c.got.Revenue != want.Revenue {
				rt.Fatalf("%s: %+v, want %+v", c.what, c.got, want)
			}
		}
		var hours int64
		for _, h := range got.Yesterday.Hours {
			hours += h
		}
		if whole := naive(sales, midnight.AddDate(0, 0, -1), midnight); hours != whole.Revenue {
			rt.Fatalf("the hours of yesterday add up to %d of %d", hours, whole.Revenue)
		}
		if got.ToShip != toShip || got.LowStock != 0 {
			rt.Fatalf("%d to ship, want %d; %d run out", got.ToShip, toShip, got.LowStock)
		}
	})
}

// A new order shows before anybody has counted it, and once when it has been.
func TestANewOrderShowsAtOnce(t *testing.T) {
	t.Parallel()
	k := openTill(t)
	figures := analytics.New(k.db, time.UTC)
	want := func(placed, paid, revenue int64) {
		t.Helper()
		got, err := figures.Today(t.Context(), k.shop)
		if d := got.Today; err != nil || d.Placed != placed || d.Paid != paid || d.Revenue != revenue {
			t.Errorf("today is %+v, %v", d, err)
		}
	}
	first := k.place(t, 100)
	want(1, 0, 0)
	k.count(t)
	want(1, 0, 0)
	k.pay(t, first)
	k.clock.Advance(20 * time.Minute)
	k.count(t)
	want(1, 1, 100)
	k.pay(t, k.place(t, 50))
	want(2, 2, 150)
}

// Figures that are not what the orders say are put right, as far back as yesterday; what has
// not been told yet is not counted twice.
func TestARecountPutsFiguresRight(t *testing.T) {
	t.Parallel()
	k := openTill(t)
	figures := analytics.New(k.db, time.UTC)
	for _, amount := range []int64{100, 50} {
		k.pay(t, k.place(t, amount))
		k.clock.Advance(time.Hour)
	}
	k.count(t)
	k.clock.Advance(3 * time.Hour)
	recount := func(want int) {
		t.Helper()
		if drift, err := figures.Recount(t.Context()); err != nil || drift != want {
			t.Errorf("%d rows were put right, %v, want %d", drift, err, want)
		}
	}
	recount(0)
	k.update(t, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE trade_figure SET revenue = revenue + 7 WHERE since > 0 AND revenue = 50")
		return err
	})
	k.update(t, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM trade_figure WHERE since > 0 AND revenue = 100")
		return err
	})
	k.pay(t, k.place(t, 25)) // nobody has been told
	k.clock.Advance(2 * time.Hour)
	recount(2)
	recount(0)
	k.count(t)
	recount(0)
	got, err := figures.Today(t.Context(), k.shop)
	if d := got.Today; err != nil || d.Placed != 3 || d.Paid != 3 || d.Revenue != 175 {
		t.Errorf("today is %+v, %v", d, err)
	}
}

// An event that was set aside is left to no recount for ever; done again, its order is not
// counted twice, whenever that is.
func TestWhatIsToldLateIsCountedOnce(t *testing.T) {
	t.Parallel()
	k := openTill(t)
	figures := analytics.New(k.db, time.UTC)
	k.pay(t, k.place(t, 100))
	k.count(t)
	k.pay(t, k.place(t, 50))
	aside := func(dead int) {
		k.update(t, func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE outbox SET dead = ?", dead)
			return err
		})
	}
	aside(1)
	k.clock.Advance(2 * time.Hour)
	if drift, err := figures.Recount(t.Context()); err != nil || drift != 1 {
		t.Errorf("%d rows were put right, %v", drift, err)
	}
	k.clock.Advance(72 * time.Hour)
	aside(0)
	k.count(t)
	sold, err := figures.TradeOf(t.Context(), []id.Shop{k.shop})
	if err != nil || sold[k.shop].Orders != 2 {
		t.Errorf("counted %+v, %v", sold, err)
	}
}

type onAir struct{ shows []analytics.Show }

func (s onAir) ShowsSince(_ context.Context, _ id.Shop, since time.Time) ([]analytics.Show, int, error) {
	return slices.DeleteFunc(slices.Clone(s.shows), func(x analytics.Show) bool { return x.StartedAt.Before(since) }),
		7, nil
}

func TestTodayBehindTheDoor(t *testing.T) {
	t.Parallel()
	k := openTill(t)
	now := k.clock.Now()
	shows := onAir{[]analytics.Show{
		{
			Room: id.Make[id.Room](k.db), Title: "Tea", StartedAt: now.Add(-23 * time.Hour),
			EndedAt: now.Add(-22 * time.Hour),
		},
		{Room: id.Make[id.Room](k.db), Title: "Old", StartedAt: now.Add(-25 * time.Hour)},
	}}
	d := httpapitest.Open(t, k.clock, analytics.API{
		Service: analytics.New(k.db, time.UTC), Shows: shows, Currency: "CNY",
	}.Module())
	boss := id.Make[id.User](k.db)
	d.Hire(boss, k.shop)
	d.Name("shop", k.shop)
	d.Strangers()
	k.pay(t, k.place(t, 250))
	k.place(t, 999)
	got := d.Call(boss, 200, "GET /merchant/{shop}/today", nil)
	if text := got.Show("revenue.amount", "revenue.currency", "orders", "paid_orders", "orders_yesterday",
		"viewers_now",
		"to_ship", "hours.12.today.amount", "hours.12.hour", "live.0.title",
		"live.1"); text != "250 CNY 2 1 0 7 1 250 12 Tea <nil>" {
		t.Errorf("today is %s", text)
	}
	if n := len(got.List("hours")); n != 24 {
		t.Errorf("%d hours", n)
	}
	d.Language = "zh-CN"
	d.Refuse(id.Make[id.User](k.db), 403, "shop.not_staff", "GET /merchant/{shop}/today", nil)
}

func TestAReportBehindTheDoor(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	tea, cup := k.Product(k.Shop, "茶"), k.Product(k.Shop, "杯")
	r := k.Room(tea, cup)
	orders := order.New(k.DB, k.Box, order.Terms{PayWithin: time.Hour})
	d := httpapitest.Open(t, k.Clock, analytics.API{
		Service: analytics.New(k.DB, time.UTC), Shows: onAir{}, Currency: "CNY",
	}.Module())
	d.Hire(k.Host, k.Shop)
	d.Room(r, httpapi.RoomDoor{Shop: k.Shop, Mode: httpapi.RoomOpen})
	d.Name("shop", k.Shop)
	d.Name("room", r)
	const path = "GET /merchant/{shop}/rooms/{room}/report"
	if got := d.Call(k.Host, 200, path, nil); got.Show("state", "started_at", "minutes", "stretches", "products") !=
		"scheduled <nil> [] [] []" {
		t.Errorf("before a show: %v", got)
	}
	k.Publish(r)
	k.Pin(r, tea.ID)
	sell(k, orders, r, tea.SKUs[0].ID, tea.ID, 2)
	sell(k, orders, r, cup.SKUs[0].ID, cup.ID, 1)
	k.Pass(r, 3*time.Minute)
	k.Pin(r, cup.ID)
	sell(k, orders, r, cup.SKUs[0].ID, cup.ID, 4)
	got := d.Call(k.Host, 200, path, nil)
	for what, want := range map[string]string{
		"state": "live", "ended_at": "<nil>", "paid_orders": "3", "placed_orders": "3", "buyers": "3",
		"revenue.amount": "700", "minutes.0.paid_orders": "2", "minutes.0.revenue.amount": "300",
		"minutes.1.revenue.amount": "0", "minutes.3.revenue.amount": "400", "stretches.0.title": "茶",
		"stretches.0.units": "2", "stretches.0.revenue.amount": "200", "stretches.1.title": "杯",
		"stretches.1.units": "4", "stretches.1.until": "<nil>", "products.1.units": "5", "products.1.orders": "2",
	} {
		if is := fmt.Sprint(got.At(what)); is != want {
			t.Errorf("%s is %s, want %s", what, is, want)
		}
	}
	k.End(r)
	show := got.Text("show_id")
	if again := d.Call(k.Host, 200, path+"?show="+show, nil); again.Text("state") != "ended" ||
		again.Text("ended_at") != k.Clock.Now().Format(time.RFC3339) || again.At("stretches.1.until") == nil {
		t.Errorf("after its end: %v", again)
	}
	d.Refuse(k.Host, 404, "live.no_such_show", path+"?show="+id.Make[id.Show](k.DB).String(), nil)
	d.Refuse(id.Make[id.User](k.DB), 403, "shop.not_staff", path, nil)
}
