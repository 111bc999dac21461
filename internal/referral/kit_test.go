package referral_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/referral"
)

const bindFor = 365 * 24 * time.Hour

// mall is the module on a real store.
type mall struct {
	t      testing.TB
	db     *sqldb.DB
	clock  *clock.Manual
	people *referral.Service
	names  register
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

func newMall(t testing.TB) *mall { return newMallAt(t, "https://mall.example") }

// newMallAt is a mall under an address, "" for none.
func newMallAt(t testing.TB, address string) *mall {
	t.Helper()
	db, c := sqltest.NewManual(t)
	m := &mall{t: t, db: db, clock: c, names: register{}}
	m.people = referral.New(db, referral.Settings{BindFor: bindFor, PublicURL: address}, m.names)
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

// parent is who would earn on what a user buys now without a link.
func (m *mall) parent(u id.User) (parent id.User) {
	m.t.Helper()
	m.must(func(ctx context.Context, tx *sqldb.Tx) error {
		c, err := m.people.Trace(ctx, tx, u, "")
		if err == nil {
			parent = c.Tree.Parent(u)
		}
		return err
	})
	return parent
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if fault.Code(err) != code || err == nil {
		t.Errorf("got %v, want %s", err, code)
	}
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
