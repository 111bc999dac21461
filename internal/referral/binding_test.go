package referral_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
	"hawker/internal/referral"
)

func TestFirstBindingWinsUntilItEnds(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer, first, second := m.user("buyer"), m.user("first"), m.user("second")
	m.mustBind(buyer, first)
	wantCode(t, m.bind(buyer, second), referral.CodeAlreadyBound)
	wantCode(t, m.bind(buyer, first), referral.CodeAlreadyBound)
	m.clock.Advance(bindFor - time.Millisecond)
	wantCode(t, m.bind(buyer, second), referral.CodeAlreadyBound)
	m.clock.Advance(time.Millisecond)
	if got := m.parent(buyer); !got.IsZero() {
		t.Errorf("an ended binding still earns: %s", got)
	}
	m.mustBind(buyer, second)
	if got := m.parent(buyer); got != second {
		t.Errorf("the new promoter does not earn, but %s", got)
	}
}

func TestBindingRefusals(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	a, b, c := m.user("a"), m.user("b"), m.user("c")
	wantCode(t, m.bind(a, a), referral.CodeSelfBind)
	m.mustBind(b, a)
	m.mustBind(c, b)
	wantCode(t, m.bind(a, c), referral.CodeBindLoop)
	wantCode(t, m.bind(a, b), referral.CodeBindLoop)
	m.clock.Advance(bindFor + time.Hour)
	wantCode(t, m.bind(a, c), referral.CodeBindLoop) // ended bindings could be renewed
	for _, code := range []string{"", "nosuchcd", strings.Repeat("x", 64)} {
		err := m.do(func(ctx context.Context, tx *sqldb.Tx) error {
			return m.people.Bind(ctx, tx, a, code, referral.SourceRegister)
		})
		wantCode(t, err, referral.CodeNoSuchCode)
	}
}

func TestWelcomeNeverStandsInTheWay(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	a, b, c := m.user("a"), m.user("b"), m.user("c")
	codeA := m.code(a)
	for _, code := range []string{"", "nosuchcd", codeA, codeA} {
		m.must(func(ctx context.Context, tx *sqldb.Tx) error {
			if err := m.people.Welcome(ctx, tx, a, code, referral.SourceSignIn); err != nil { // the own link
				return err
			}
			return m.people.Welcome(ctx, tx, b, code, referral.SourceSignIn)
		})
		if err := m.people.CameBy(t.Context(), c, code); err != nil {
			t.Error(err)
		}
	}
	wantCode(t, m.bind(c, m.user("late")), referral.CodeAlreadyBound)
	wantCode(t, m.bind(b, m.user("late")), referral.CodeAlreadyBound)
}

// Many promoters race for one buyer, and a ring of users races to close itself.
func TestConcurrentBindings(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	buyer := m.user("buyer")
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		promoter := m.user("promoter")
		wg.Go(func() {
			switch err := m.bind(buyer, promoter); {
			case err == nil:
				won.Add(1)
			case fault.Code(err) != referral.CodeAlreadyBound:
				t.Error(err)
			}
		})
	}
	m.wait(&wg)
	if won.Load() != 1 {
		t.Errorf("%d promoters won", won.Load())
	}
	ring := make([]id.User, 6)
	for i := range ring {
		ring[i] = m.user("ring")
		m.code(ring[i])
	}
	var refused atomic.Int64
	for i, u := range ring {
		wg.Go(func() {
			switch err := m.bind(u, ring[(i+1)%len(ring)]); {
			case fault.Code(err) == referral.CodeBindLoop:
				refused.Add(1)
			case err != nil:
				t.Error(err)
			}
		})
	}
	m.wait(&wg)
	if refused.Load() != 1 {
		t.Errorf("%d of a ring were refused, want the last one", refused.Load())
	}
}

func TestCodesRevealNobodyAndStay(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	u, product := m.user("u"), id.FromInt[id.Product](m.db.NextID())
	home := m.code(u)
	if home != m.code(u) {
		t.Error("the same link got another code")
	}
	l, err := m.people.LinkTo(t.Context(), u, referral.Target{Product: product})
	if err != nil {
		t.Fatal(err)
	}
	if l.Code == home || len(l.Code) != 8 || strings.Contains(u.String(), l.Code) || l.URL != "https://mall.example/s/"+
		l.Code {
		t.Errorf("link %+v", l)
	}
	path, known, err := m.people.Visit(t.Context(), l.Code)
	if err != nil || !known || path != "/p/"+product.String() {
		t.Errorf("leads to %q, %v, %v", path, known, err)
	}
	if path, known, err := m.people.Visit(t.Context(), "nosuchcd"); err != nil || known || path != "/" {
		t.Errorf("an unknown code leads to %q, %v, %v", path, known, err)
	}
}

func TestHistoryOfBindingsOnlyGrows(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	m.mustBind(m.user("a"), m.user("b"))
	for _, forbidden := range []string{
		`UPDATE bind_event SET new_parent = 1`, `DELETE FROM bind_event`,
	} {
		err := m.do(func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, forbidden)
			return err
		})
		if err == nil {
			t.Errorf("%s was allowed", forbidden)
		}
	}
}
