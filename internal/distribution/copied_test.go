package distribution_test

import (
	"fmt"
	"testing"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/distribution"
	"hawker/internal/distribution/distributioncopy"
	"hawker/internal/ledger/ledgercopy"
	"hawker/internal/platform/multiply"
)

// Copies of orders of every state earn and are booked as their originals were, on days of their own.
func TestCopiesEarnAndAreBooked(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, one, two := m.user("buyer"), m.user("one"), m.user("two")
	m.mustBind(one, two)
	m.mustBind(buyer, one)
	done := m.paid(buyer, "", 1000)
	m.complete(done)
	m.clock.Advance(8 * 24 * time.Hour)
	m.mature(1)
	originals := []placed{done, m.paid(buyer, "", 700), m.order(buyer, "", 300, 0, done.attribution.Lines[0].Rule)}
	plan := multiply.Join(ledgercopy.Plan(), distributioncopy.Plan(func(order int64, placed time.Time) string {
		return fmt.Sprint(placed.Year(), order%1000)
	}))
	var copies []multiply.Copy
	start := m.clock.Now().AddDate(-1, 0, 0)
	for n := range 150 {
		model, err := multiply.Load(t.Context(), m.db.Reader(), plan, originals[n%3].order.Int())
		if err != nil {
			t.Fatal(err)
		}
		copies = append(copies, multiply.Copy{Of: model, At: start.Add(time.Duration(n) * time.Hour)})
	}
	w, err := multiply.NewWriter(m.db, id.NodeMax)
	if err == nil {
		err = w.Write(t.Context(), plan, copies)
	}
	if err != nil {
		t.Fatal(err)
	}
	m.wantClean()
	for state, want := range map[string]int64{
		distribution.StateFrozen: 51 * 210, distribution.StateAvailable: 51 * 300,
	} {
		sum := money.Of(0, cny)
		for _, c := range m.all(one, state) {
			sum.Amount += c.Kept
		}
		if sum.Amount != want {
			t.Errorf("%s: %v, want %d", state, sum, want)
		}
	}
	list := m.all(one, "")
	if oldest := list[len(list)-1]; oldest.CreatedAt != start || oldest.OrderNumber[:4] != fmt.Sprint(start.Year()) {
		t.Errorf("the oldest is of %s: %+v", oldest.CreatedAt, oldest)
	}
}

// all turns the pages of somebody's commissions.
func (m *mall) all(u id.User, state string) (out []distribution.Commission) {
	m.t.Helper()
	for r := (page.Request{Limit: page.LimitMax}); ; {
		p, err := m.dist.CommissionsOf(m.t.Context(), u, state, r)
		if err != nil {
			m.t.Fatal(err)
		}
		out = append(out, p.Items...)
		if r.Cursor = p.NextCursor; r.Cursor == "" {
			return out
		}
	}
}
