package distribution_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/commission"
	"hawker/internal/distribution"
	"hawker/internal/ledger"
	"hawker/internal/platform/sqldb"
	"hawker/internal/referral"
)

// chain makes a buyer who came by the link of a promoter whom somebody brought.
func (m *mall) chain() (buyer, promoter, upline id.User) {
	m.t.Helper()
	buyer, promoter, upline = m.user("王小明"), m.user("Promo Ter"), m.user("upline")
	m.mustBind(promoter, upline)
	return buyer, promoter, upline
}

func TestOrderFromLinkToAvailable(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, promoter, upline := m.chain()
	p := m.paid(buyer, m.code(promoter), 1000) // 3 × 10.00, 10 % and 5 %
	if p.attribution.Source != distribution.AttributedByLink {
		t.Errorf("attributed by %s", p.attribution.Source)
	}
	m.wantStanding(promoter, ledger.CommissionStanding{Frozen: 300})
	m.wantStanding(upline, ledger.CommissionStanding{Frozen: 150})
	wantCode(t, m.bind(buyer, upline), referral.CodeAlreadyBound) // ordering bound him
	m.mature(0)                                                   // not received yet
	m.complete(p)
	m.clock.Advance(week - time.Millisecond)
	m.mature(0)
	m.complete(p) // received again: the first counts
	m.clock.Advance(time.Millisecond)
	m.mature(1)
	m.mature(0)
	m.wantStanding(promoter, ledger.CommissionStanding{Available: 300})
	m.wantStanding(upline, ledger.CommissionStanding{Available: 150})
	if got := m.commissions(promoter, distribution.StateAvailable); len(got) != 1 || got[0].Kept != 300 ||
		got[0].Base != 3000 || got[0].Rate != 1000 {
		t.Errorf("commissions %+v", got)
	}
	m.wantClean()
}

func TestWithoutALinkTheBoundPromoterEarns(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, promoter, upline := m.chain()
	m.mustBind(buyer, promoter)
	for name, ref := range map[string]string{"none": "", "unknown": "nosuchcd", "own": m.code(buyer)} {
		p := m.order(buyer, ref, 1000, 0, commission.Rule{})
		shares := p.attribution.Lines[0].Shares
		if p.attribution.Source != distribution.AttributedByBinding || shares[0].User != promoter ||
			shares[1].User != upline {
			t.Errorf("%s code: %+v", name, p.attribution)
		}
	}
}

func TestOwnLinkEarnsNothing(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer := m.user("buyer")
	p := m.paid(buyer, m.code(buyer), 1000)
	if p.attribution.Lines[0].Commission() != 0 || p.attribution.Source != distribution.AttributedToNobody {
		t.Errorf("%+v", p.attribution)
	}
	m.wantStanding(buyer, ledger.CommissionStanding{})
	m.wantClean()
}

func TestProductRateBeatsDefaultAndZeroIsARate(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, promoter, _ := m.chain()
	ref := m.code(promoter)
	if p := m.order(buyer, ref, 1000, 0, commission.Percent(2000, 0)); p.attribution.Lines[0].Commission() != 600 {
		t.Errorf("%+v", p.attribution)
	}
	if p := m.order(buyer, ref, 1000, 0, commission.Percent(0, 0)); p.attribution.Lines[0].Commission() != 0 {
		t.Errorf("%+v", p.attribution)
	}
}

// As many levels earn as the installation says, at their own rates: none with 0.
func TestHowManyLevelsEarn(t *testing.T) {
	t.Parallel()
	for levels, want := range [][]int64{{}, {300}, {300, 150}, {300, 150, 60}} {
		s := testSettings()
		s.Policy.Levels, s.Default = levels, commission.Percent(1000, 500, 200)
		m := newMallWith(t, s)
		buyer, promoter, upline := m.chain()
		m.mustBind(upline, m.user("top"))
		for name, rule := range map[string]commission.Rule{
			"the default": {}, "of the product": commission.Percent(1000, 500, 200),
		} {
			var got []int64
			for _, share := range m.order(buyer, m.code(promoter), 1000, 0, rule).attribution.Lines[0].Shares {
				got = append(got, share.Amount)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d levels, the rate is %s: %v, want %v", levels, name, got, want)
			}
		}
		m.wantClean()
	}
}

// What an order promised does not follow the settings.
func TestSnapshotOutlivesSettings(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, promoter, _ := m.chain()
	p := m.order(buyer, m.code(promoter), 1000, 0, commission.Rule{})
	changed := testSettings()
	changed.Default, changed.Policy.Fee = commission.Percent(1), 0
	var err error
	if m.dist, err = distribution.New(m.db, changed, m.people, &m.shelf); err != nil {
		t.Fatal(err)
	}
	m.must(func(ctx context.Context, tx *sqldb.Tx) error { return m.people.Disable(ctx, tx, promoter, true) })
	if err := m.pay(p); err != nil {
		t.Fatal(err)
	}
	m.wantStanding(promoter, ledger.CommissionStanding{Frozen: 300})
	if out, err := m.refund(m.returns(p, 1)); err != nil || out.Dues.Fee != 50 || out.Dues.Cash != 1000 {
		t.Errorf("refunded %+v, %v", out, err)
	}
	next := m.order(buyer, "", 1000, 0, commission.Rule{})
	if next.attribution.Lines[0].Commission() != 0 {
		t.Errorf("a disabled promoter earns: %+v", next.attribution)
	}
	m.wantClean()
}

func TestPaidTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, promoter, _ := m.chain()
	p := m.order(buyer, m.code(promoter), 1000, 500, commission.Rule{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := m.pay(p); err != nil {
				t.Error(err)
			}
		})
	}
	m.wait(&wg)
	m.wantStanding(promoter, ledger.CommissionStanding{Frozen: 300})
	if _, err := m.refund(m.returns(p, 1)); err != nil {
		t.Fatal(err)
	}
	if err := m.pay(p); err != nil { // a late repeat, after a refund
		t.Fatal(err)
	}
	m.wantClean()
}

func TestUnpaidOrderIsVoid(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, promoter, _ := m.chain()
	p := m.order(buyer, m.code(promoter), 1000, 0, commission.Rule{})
	closeOrder := func(ctx context.Context, tx *sqldb.Tx) error { return m.dist.OrderClosed(ctx, tx, p.order) }
	m.must(closeOrder)
	m.must(closeOrder)
	if got := m.commissions(promoter, ""); len(got) != 0 {
		t.Errorf("an estimate is shown as a commission: %+v", got)
	}
	_, err := m.refund(m.returns(p, 1))
	wantCode(t, err, distribution.CodeWrongState)
	if err := m.pay(p); err != nil { // late money, and the goods were still there
		t.Fatal(err)
	}
	m.must(closeOrder) // a paid order is left alone
	m.wantStanding(promoter, ledger.CommissionStanding{Frozen: 300})
	m.wantClean()
}

func TestPartialRefundsEndAtZero(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, promoter, upline := m.chain()
	p := m.order(buyer, m.code(promoter), 3333, 800, commission.Rule{})
	if err := m.pay(p); err != nil {
		t.Fatal(err)
	}
	m.wantStanding(promoter, ledger.CommissionStanding{Frozen: 999})
	one := m.returns(p, 1)
	first, err := m.refund(one)
	if err != nil || first.Dues.Cash != 3333 || first.Matured {
		t.Errorf("refunded %+v, %v", first, err)
	}
	if again, err := m.refund(one); err != nil || again.Dues.Cash != 3333 {
		t.Errorf("the same refund again: %+v, %v", again, err)
	}
	other := one
	other.Shipping = 1
	_, err = m.refund(other)
	wantCode(t, err, "distribution.refund_reused")
	m.wantStanding(promoter, ledger.CommissionStanding{Frozen: 666})
	_, err = m.refund(m.returns(p, 3))
	wantCode(t, err, "distribution.refund_exceeds_kept")
	twice := m.returns(p, 1)
	twice.Lines = append(twice.Lines, twice.Lines[0])
	_, err = m.refund(twice)
	wantCode(t, err, "distribution.bad_line")
	allowance := m.returns(p, 0)
	allowance.Lines[0].Allowance = 1
	if _, err := m.refund(allowance); err != nil {
		t.Fatal(err)
	}
	rest := m.returns(p, 2)
	rest.Shipping = 800
	if _, err := m.refund(rest); err != nil {
		t.Fatal(err)
	}
	for _, u := range []id.User{promoter, upline} {
		m.wantStanding(u, ledger.CommissionStanding{})
		if got := m.commissions(u, distribution.StateVoid); len(got) != 1 || got[0].Kept != 0 {
			t.Errorf("commissions %+v", got)
		}
	}
	m.wantClean()
	m.complete(p)
	m.clock.Advance(week)
	m.mature(1)
	m.wantClean()
}

func TestRefundAfterTheWindowBecomesDebt(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, promoter, _ := m.chain()
	p := m.paid(buyer, m.code(promoter), 1000)
	m.complete(p)
	m.clock.Advance(week)
	m.mature(1)
	payout := ledger.Payout{
		Payout: id.FromInt[id.Payout](m.db.NextID()), From: ledger.CommissionAvailable(promoter, cny), Channel: "bank",
		Bank: "main", Amount: 250,
	}
	m.must(func(ctx context.Context, tx *sqldb.Tx) error {
		hold, err := ledger.PayoutRequested(ctx, tx, payout)
		if err != nil {
			return err
		}
		return ledger.PayoutDone(ctx, tx, payout, hold)
	})
	out, err := m.refund(m.returns(p, 3))
	if err != nil || !out.Matured {
		t.Errorf("refunded %+v, %v", out, err)
	}
	m.wantStanding(promoter, ledger.CommissionStanding{PaidOut: 250, Debt: 250})
	m.wantClean()
}

func TestOpenAfterSaleHoldsTheWindow(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, promoter, _ := m.chain()
	p := m.paid(buyer, m.code(promoter), 1000)
	m.complete(p)
	hold := func(ctx context.Context, tx *sqldb.Tx) error { return m.dist.HoldOrder(ctx, tx, p.order) }
	release := func(ctx context.Context, tx *sqldb.Tx) error { return m.dist.ReleaseOrder(ctx, tx, p.order) }
	m.must(hold)
	m.must(hold)
	m.clock.Advance(2 * week)
	m.mature(0)
	m.must(func(ctx context.Context, tx *sqldb.Tx) error { // the sweeper saw it just before the hold
		if matured, err := m.dist.Mature(ctx, tx, p.order, tx.Now()); matured || err != nil {
			t.Errorf("matured %v, %v", matured, err)
		}
		return nil
	})
	m.must(release)
	m.mature(0)
	m.must(release)
	m.mature(1)
	wantCode(t, m.do(release), distribution.CodeWrongState)
	m.wantClean()
}

// A refund and the sweeper race for the same order: whoever comes first, nothing is lost.
func TestRefundRacesMaturing(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, promoter, upline := m.chain()
	ref := m.code(promoter)
	var orders []placed
	for range 10 {
		p := m.paid(buyer, ref, 1000)
		m.complete(p)
		orders = append(orders, p)
	}
	m.clock.Advance(week)
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := m.dist.MatureDue(t.Context(), m.clock.Now(), 100); err != nil {
			t.Error(err)
		}
	})
	for _, p := range orders {
		r := m.returns(p, 3)
		wg.Go(func() {
			if _, err := m.refund(r); err != nil {
				t.Error(err)
			}
		})
	}
	m.wait(&wg)
	for _, u := range []id.User{promoter, upline} {
		m.wantStanding(u, ledger.CommissionStanding{})
	}
	m.wantClean()
}

// Random lives of orders leave books that prove themselves.
func TestBooksUnderRandomLives(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, promoter, _ := m.chain()
	ref := m.code(promoter)
	rapid.Check(t, func(rt *rapid.T) {
		p := m.order(buyer, ref, rapid.Int64Range(1, 5000).Draw(rt, "price"), rapid.Int64Range(0, 900).Draw(rt,
			"shipping"),
			commission.Percent(2500, 900, 100))
		if rapid.IntRange(0, 9).Draw(rt, "unpaid") == 0 {
			m.must(func(ctx context.Context, tx *sqldb.Tx) error { return m.dist.OrderClosed(ctx, tx, p.order) })
			return
		}
		if err := m.pay(p); err != nil {
			rt.Fatal(err)
		}
		for range rapid.IntRange(0, 6).Draw(rt, "steps") {
			m.step(rt, p)
		}
	})
	m.wantClean()
}

func (m *mall) step(rt *rapid.T, p placed) {
	r := m.returns(p, 0)
	switch rapid.SampledFrom([]string{"return", "allow", "shipping", "mature"}).Draw(rt, "step") {
	case "return":
		r.Lines[0].Units = rapid.Int64Range(1, 3).Draw(rt, "units")
	case "allow":
		r.Lines[0].Allowance = rapid.Int64Range(1, 2000).Draw(rt, "allowance")
	case "shipping":
		r.Lines, r.Shipping = nil, rapid.Int64Range(1, 500).Draw(rt, "shipping")
	case "mature":
		m.complete(p)
		m.clock.Advance(week)
		if _, err := m.dist.MatureDue(m.t.Context(), m.clock.Now(), 10); err != nil {
			rt.Fatal(err)
		}
		return
	}
	if _, err := m.refund(r); err != nil && fault.Code(err) != "distribution.refund_exceeds_kept" {
		rt.Fatal(err)
	}
}

// Check finds what somebody changed behind its back.
func TestCheckFindsDamage(t *testing.T) {
	t.Parallel()
	for damage, name := range map[string]string{
		`UPDATE ledger_account SET credits_posted = credits_posted + 5 WHERE kind = 2300`: "I9",
		`UPDATE promoter_figure SET amount = amount + 5`:                                  "I9",
		`UPDATE promoter_figure SET orders = orders - 1`:                                  "I9",
		`UPDATE commission_entry SET kept = kept - 5`:                                     "I10",
	} {
		m := newMall(t)
		buyer, promoter, _ := m.chain()
		m.paid(buyer, m.code(promoter), 1000)
		m.wantClean()
		m.must(func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, damage)
			return err
		})
		found, err := distribution.Check(t.Context(), m.db.Reader())
		if err != nil {
			t.Fatal(err)
		}
		seen := false
		for _, v := range found {
			seen = seen || v.Code == name
		}
		if !seen {
			t.Errorf("%s: %s not found: %v", damage, name, found)
		}
	}
}
