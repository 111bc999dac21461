package distribution_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/commission"
	"hawker/internal/distribution"
	"hawker/internal/ledger"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/referral"
)

const cny = money.Currency("CNY")

// mall is the module on a real store, with the steps that order, payment and
// after-sale would take.
type mall struct {
	t      testing.TB
	db     *sqldb.DB
	clock  *clock.Manual
	people *referral.Service
	dist   *distribution.Distribution
	names  register
	shelf  shelf
	shop   id.Shop
}

// register answers names as account would.
type register map[id.User]string

func (r register) DisplayNames(_ context.Context, users []id.User) (map[id.User]string, error) {
	out := map[id.User]string{}
	for _, u := range users {
		out[u] = r[u]
	}
	return out, nil
}

// shelf answers products as catalog would.
type shelf []distribution.PromotedProduct

func (s *shelf) PromotedProducts(_ context.Context, _ page.Request,
	tag lang.Tag,
) (page.Page[distribution.PromotedProduct], error) {
	out := page.Page[distribution.PromotedProduct]{}
	for _, p := range *s {
		p.Title += " " + string(tag)
		out.Items = append(out.Items, p)
	}
	return out, nil
}

func newMall(t testing.TB) *mall { return newMallWith(t, testSettings()) }

func testSettings() distribution.Settings {
	s := distribution.Settings{
		Policy:  commission.Policy{Levels: 2, LineCap: 5000},
		Default: commission.Percent(1000, 500), AfterSale: 7 * 24 * time.Hour,
		Currency: "CNY",
	}
	s.Policy.Fee = 500
	return s
}

func newMallWith(t testing.TB, s distribution.Settings) *mall {
	t.Helper()
	db, c := sqltest.NewManual(t)
	m := &mall{t: t, db: db, clock: c, names: register{}, shop: id.FromInt[id.Shop](db.NextID())}
	var err error
	m.people = referral.New(db, referral.Settings{
		BindFor: 365 * 24 * time.Hour, PublicURL: "https://mall.example",
	}, m.names)
	if m.dist, err = distribution.New(db, s, m.people, &m.shelf); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *mall) user(name string) id.User {
	u := id.FromInt[id.User](m.db.NextID())
	m.names[u] = name
	return u
}

func (m *mall) do(fn func(ctx context.Context, tx *sqldb.Tx) error) error {
	return m.db.Update(m.t.Context(), fn)
}

func (m *mall) must(fn func(ctx context.Context, tx *sqldb.Tx) error) {
	m.t.Helper()
	if err := m.do(fn); err != nil {
		m.t.Fatal(err)
	}
}

// code is the code of a user's link to the mall.
func (m *mall) code(u id.User) string {
	m.t.Helper()
	l, err := m.people.LinkTo(m.t.Context(), u, referral.Target{})
	if err != nil {
		m.t.Fatal(err)
	}
	return l.Code
}

func (m *mall) bind(u, promoter id.User) error {
	code := m.code(promoter)
	return m.do(func(ctx context.Context, tx *sqldb.Tx) error {
		return m.people.Bind(ctx, tx, u, code, referral.SourceRegister)
	})
}

func (m *mall) mustBind(u, promoter id.User) {
	m.t.Helper()
	if err := m.bind(u, promoter); err != nil {
		m.t.Fatal(err)
	}
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if fault.Code(err) != code || err == nil {
		t.Errorf("got %v, want %s", err, code)
	}
}

// placed is an order of one line, three units of price each.
type placed struct {
	order       id.Order
	line        id.OrderLine
	attribution distribution.Attribution
}

func (m *mall) order(buyer id.User, ref string, price, shipping int64, rule commission.Rule) placed {
	m.t.Helper()
	var p placed
	m.must(func(ctx context.Context, tx *sqldb.Tx) (err error) {
		p = placed{order: id.Make[id.Order](tx), line: id.Make[id.OrderLine](tx)}
		p.attribution, err = m.dist.Attribute(ctx, tx, distribution.AttributeRequest{
			Buyer: buyer, RefCode: ref,
			Lines: []commission.PricedLine{{
				ID: p.line, Shop: m.shop, Quantity: 3, Owed: 3 * price, Cash: 3 * price,
				Rule: rule,
			}},
		})
		if err != nil {
			return err
		}
		return m.dist.Save(ctx, tx, distribution.OrderRecord{
			Order: p.order, Number: "N" + p.order.String()[10:], Shop: m.shop, Buyer: buyer, Currency: cny,
			Shipping: shipping,
			Titles:   map[id.OrderLine]lang.Text{p.line: {lang.Chinese: "杯子", lang.English: "Mug"}},
		}, p.attribution)
	})
	return p
}

func (m *mall) pay(p placed) error {
	return m.do(func(ctx context.Context, tx *sqldb.Tx) error {
		dues, err := m.dist.OrderPaid(ctx, tx, p.order)
		if err != nil {
			return err
		}
		_, err = ledger.OrderPaid(ctx, tx, dues.Paid("sandbox", 0))
		return err
	})
}

func (m *mall) paid(buyer id.User, ref string, price int64) placed {
	m.t.Helper()
	p := m.order(buyer, ref, price, 0, commission.Rule{})
	if err := m.pay(p); err != nil {
		m.t.Fatal(err)
	}
	return p
}

func (m *mall) complete(p placed) {
	m.t.Helper()
	m.must(func(ctx context.Context, tx *sqldb.Tx) error {
		return m.dist.OrderCompleted(ctx, tx, p.order, tx.Now())
	})
}

func (m *mall) mature(want int) {
	m.t.Helper()
	n, err := m.dist.MatureDue(m.t.Context(), m.clock.Now(), 100)
	if err != nil {
		m.t.Fatal(err)
	}
	if n != want {
		m.t.Errorf("%d orders matured, want %d", n, want)
	}
}

func (m *mall) refund(r distribution.RefundRequest) (out distribution.Refunded, err error) {
	err = m.do(func(ctx context.Context, tx *sqldb.Tx) error {
		if out, err = m.dist.Refund(ctx, tx, r); err != nil {
			return err
		}
		_, err = ledger.RefundAccepted(ctx, tx, out.Ledger("sandbox", 0))
		return err
	})
	return out, err
}

func (m *mall) returns(p placed, units int64) distribution.RefundRequest {
	return distribution.RefundRequest{
		Refund: id.FromInt[id.Refund](m.db.NextID()), Order: p.order, Lines: []distribution.RefundLine{{
			Line:  p.line,
			Units: units,
		}},
	}
}

func (m *mall) wantStanding(u id.User, want ledger.CommissionStanding) {
	m.t.Helper()
	got, err := ledger.CommissionOf(m.t.Context(), m.db.Reader(), u, cny)
	if err != nil {
		m.t.Fatal(err)
	}
	want.User, want.Currency = u, cny
	if got != want {
		m.t.Errorf("%s stands at %+v, want %+v", m.names[u], got, want)
	}
}

// wantClean proves the books.
func (m *mall) wantClean() {
	m.t.Helper()
	for _, check := range []func(context.Context, sqldb.Querier) ([]ledger.Violation, error){
		ledger.Check,
		distribution.Check,
	} {
		found, err := check(m.t.Context(), m.db.Reader())
		if err != nil {
			m.t.Fatal(err)
		}
		for _, v := range found {
			m.t.Errorf("%s: %s", v.Code, v.Detail)
		}
	}
}

func (m *mall) commissions(u id.User, state string) []distribution.Commission {
	m.t.Helper()
	p, err := m.dist.CommissionsOf(m.t.Context(), u, state, page.Request{})
	if err != nil {
		m.t.Fatal(err)
	}
	return p.Items
}

// wait lets time pass until all are done: on MySQL a transaction that lost a
// deadlock waits on the clock before it tries again.
func (m *mall) wait(wg *sync.WaitGroup) {
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			m.clock.Advance(time.Millisecond)
		}
	}
}

const week = 7 * 24 * time.Hour
