package distribution_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/commission"
	"hawker/internal/distribution"
	"hawker/internal/ledger"
	"hawker/internal/platform/sqldb"
)

// Amounts that do not explain each other are a defect of the caller, and leave nothing
// behind.
func TestWhatIsNoLineOfAnOrder(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, promoter, _ := m.chain()
	ref := m.code(promoter)
	good := commission.PricedLine{
		ID: id.Make[id.OrderLine](m.db), Shop: m.shop, Quantity: 2, Owed: 1000, Cash: 900, PlatformCoupon: 60,
		Points: 40,
	}
	for name, change := range map[string]func(l *commission.PricedLine){
		"none of it":        func(l *commission.PricedLine) { l.Quantity = 0 },
		"less than none":    func(l *commission.PricedLine) { l.Quantity = -1 },
		"below nothing":     func(l *commission.PricedLine) { l.Cash, l.Owed = -1, 99 },
		"owed more":         func(l *commission.PricedLine) { l.Owed++ },
		"paid more":         func(l *commission.PricedLine) { l.Cash++ },
		"of nobody's money": func(l *commission.PricedLine) { l.Points++ },
	} {
		l := good
		change(&l)
		err := m.do(func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := m.dist.Attribute(ctx, tx, distribution.AttributeRequest{
				Buyer: buyer, RefCode: ref, Lines: []commission.PricedLine{good, l},
			})
			return err
		})
		wantCode(t, err, "distribution.bad_line")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	err := m.do(func(ctx context.Context, tx *sqldb.Tx) error {
		a, err := m.dist.Attribute(ctx, tx, distribution.AttributeRequest{
			Buyer: buyer, Lines: []commission.PricedLine{good},
		})
		if err != nil {
			return err
		}
		return m.dist.Save(ctx, tx, distribution.OrderRecord{
			Order: id.Make[id.Order](tx), Shop: id.Make[id.Shop](tx), Buyer: buyer, Currency: cny,
		}, a)
	})
	wantCode(t, err, "distribution.bad_line") // the order of another shop
	if list := m.commissions(promoter, ""); len(list) != 0 {
		t.Errorf("kept: %+v", list)
	}
	m.wantClean()
}

// Each refund that is none, and that nobody's share changed by it.
func TestWhatIsNoRefund(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, promoter, _ := m.chain()
	p := m.order(buyer, m.code(promoter), 1000, 300, commission.Rule{})
	wantCode(t, second(m.refund(m.returns(p, 1))), distribution.CodeWrongState) // not paid yet
	if err := m.pay(p); err != nil {
		t.Fatal(err)
	}
	other := m.paid(buyer, "", 500)
	closed := m.order(buyer, "", 500, 0, commission.Rule{})
	m.must(func(ctx context.Context, tx *sqldb.Tx) error { return m.dist.OrderClosed(ctx, tx, closed.order) })
	for name, c := range map[string]struct {
		change func(r *distribution.RefundRequest)
		code   string
	}{
		"of no order": {func(r *distribution.RefundRequest) {
			r.Order = id.Make[id.Order](m.db)
		}, distribution.CodeNoSuchOrder},
		"of a closed one": {func(r *distribution.RefundRequest) {
			r.Order = closed.order
		}, distribution.CodeWrongState},
		"another order's": {func(r *distribution.RefundRequest) {
			r.Lines[0].Line = other.line
		}, "distribution.bad_line"},
		"nothing of a line": {func(r *distribution.RefundRequest) { r.Lines[0].Units = 0 }, "distribution.bad_line"},
		"units and allowance": {func(r *distribution.RefundRequest) {
			r.Lines[0].Allowance = 1
		}, "distribution.bad_line"},
		"less than none": {func(r *distribution.RefundRequest) { r.Lines[0].Units = -1 }, "distribution.bad_line"},
		"more than bought": {func(r *distribution.RefundRequest) {
			r.Lines[0].Units = 4
		}, "distribution.refund_exceeds_kept"},
		"more than paid": {func(r *distribution.RefundRequest) {
			r.Lines[0].Units, r.Lines[0].Allowance = 0, 3001
		}, "distribution.refund_exceeds_kept"},
		"more than freight": {func(r *distribution.RefundRequest) {
			r.Shipping = 301
		}, "distribution.refund_exceeds_kept"},
		"freight below nothing": {
			func(r *distribution.RefundRequest) { r.Shipping = -1 }, "distribution.refund_exceeds_kept",
		},
		"a line twice": {
			func(r *distribution.RefundRequest) { r.Lines = append(r.Lines, r.Lines[0]) }, "distribution.bad_line",
		},
	} {
		r := m.returns(p, 1)
		c.change(&r)
		if _, err := m.refund(r); err == nil {
			t.Errorf("%s was refunded", name)
		} else {
			wantCode(t, err, c.code)
		}
		m.wantStanding(promoter, ledger.CommissionStanding{Frozen: 450})
	}
	m.wantClean()
}

func second[T any](_ T, err error) error { return err }

// One refund, sent by many at once: it is taken back once, and all hear the same.
func TestOneRefundAtOnce(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, promoter, _ := m.chain()
	p := m.paid(buyer, m.code(promoter), 1000)
	r := m.returns(p, 1)
	var wg sync.WaitGroup
	var mu sync.Mutex
	heard := map[string]int{}
	for range 8 {
		wg.Go(func() {
			out, err := m.refund(r)
			mu.Lock()
			defer mu.Unlock()
			heard[fmt.Sprint(out.Dues.Cash, out.Dues.Commissions, err)]++
		})
	}
	m.wait(&wg)
	if len(heard) != 1 {
		t.Errorf("heard %v", heard)
	}
	m.wantStanding(promoter, ledger.CommissionStanding{Frozen: 200})
	m.wantClean()
}

// Holds are counted: an order matures when the last is released, and none is released
// that was not held.
func TestHoldsAreCounted(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, promoter, _ := m.chain()
	p := m.paid(buyer, m.code(promoter), 1000)
	m.complete(p)
	m.clock.Advance(week)
	rapid.Check(t, func(rt *rapid.T) {
		held := 0
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			if rapid.Bool().Draw(rt, "hold") {
				m.must(func(ctx context.Context, tx *sqldb.Tx) error { return m.dist.HoldOrder(ctx, tx, p.order) })
				held++
				continue
			}
			err := m.do(func(ctx context.Context, tx *sqldb.Tx) error { return m.dist.ReleaseOrder(ctx, tx, p.order) })
			if held == 0 {
				wantCode(t, err, distribution.CodeWrongState)
				continue
			}
			if held--; err != nil {
				rt.Fatal(err)
			}
		}
		for range held {
			m.mature(0) // something is still held
			m.must(func(ctx context.Context, tx *sqldb.Tx) error { return m.dist.ReleaseOrder(ctx, tx, p.order) })
		}
	})
	m.mature(1)
	m.mature(0)
	m.wantStanding(promoter, ledger.CommissionStanding{Available: 300})
}

// A promoter's days are those of the installation's zone, also where a day has 23 hours
// or 25.
func TestDaysAreThoseOfTheZone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Asia/Shanghai", "America/New_York", "Pacific/Apia", "UTC"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		settings := testSettings()
		settings.Zone = zone
		m := newMallWith(t, settings)
		buyer, promoter, _ := m.chain()
		ref, want := m.code(promoter), map[string]int64{}
		// From the autumn's change of clocks in New York on, every seven hours.
		m.clock.Advance(time.Date(2027, 11, 5, 20, 30, 0, 0, time.UTC).Sub(m.clock.Now()))
		m.mustRenew(buyer, promoter)
		for i := range int64(20) {
			m.paid(buyer, ref, 100*(i+1))
			want[m.clock.Now().In(zone).Format(time.DateOnly)] += 3 * 10 * (i + 1)
			m.clock.Advance(7 * time.Hour)
		}
		o, err := m.dist.OverviewOf(t.Context(), promoter, m.clock.Now())
		if err != nil || len(o.Days) != distribution.DaysShown {
			t.Fatalf("%+v, %v", o, err)
		}
		today := m.clock.Now().In(zone)
		for i, d := range o.Days {
			date := time.Date(today.Year(), today.Month(), today.Day()-distribution.DaysShown+1+i, 12, 0, 0, 0, zone)
			if d.Date != date.Format(time.DateOnly) || d.Amount != want[d.Date] {
				t.Errorf("%s: day %d is %+v, want %s with %d", name, i, d, date.Format(time.DateOnly), want[d.Date])
			}
		}
	}
}

// mustRenew binds again who was bound before, if that has ended meanwhile.
func (m *mall) mustRenew(u, promoter id.User) {
	m.t.Helper()
	code := m.code(promoter)
	m.must(func(ctx context.Context, tx *sqldb.Tx) error { return m.people.Welcome(ctx, tx, u, code, "order") })
}

// A list by state holds each commission once, whatever the size of its pages, and
// those alone that were paid for.
func TestPagesOfCommissions(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, promoter, _ := m.chain()
	ref := m.code(promoter)
	want := map[string]int{}
	for i := range 9 {
		switch p := m.order(buyer, ref, 1000, 0, commission.Rule{}); i % 3 {
		case 0:
			continue // an estimate
		case 1:
			if err := m.pay(p); err != nil {
				t.Fatal(err)
			}
			want[distribution.StateFrozen]++
		case 2:
			if err := m.pay(p); err != nil {
				t.Fatal(err)
			}
			if _, err := m.refund(m.returns(p, 3)); err != nil {
				t.Fatal(err)
			}
			want[distribution.StateVoid]++
		}
		want[""]++
	}
	for _, state := range []string{"", distribution.StateFrozen, distribution.StateVoid, distribution.StateAvailable} {
		for _, size := range []int{1, 2, 50} {
			seen := map[id.Commission]bool{}
			for cursor, more := "", true; more; more = cursor != "" {
				p, err := m.dist.CommissionsOf(t.Context(), promoter, state, page.Request{Limit: size, Cursor: cursor})
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range p.Items {
					if seen[c.ID] || (state != "" && c.State != state) {
						t.Errorf("%s by %d: %+v", state, size, c)
					}
					seen[c.ID] = true
				}
				cursor = p.NextCursor
			}
			if len(seen) != want[state] {
				t.Errorf("%q by %d: %d, want %d", state, size, len(seen), want[state])
			}
		}
	}
}
