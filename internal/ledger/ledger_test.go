package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/ledger"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

const cny = "CNY"

func post(ctx context.Context, db *sqldb.DB, e ledger.Entry) (r ledger.Receipt, err error) {
	err = db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		r, err = ledger.Post(ctx, tx, e)
		return err
	})
	return r, err
}

func entry(key string, legs ...ledger.Leg) ledger.Entry {
	return ledger.Entry{Key: key, Kind: "test", RefType: "test", RefID: "1", Legs: legs}
}

func wantClean(t testing.TB, db *sqldb.DB) {
	t.Helper()
	found, err := ledger.Check(t.Context(), db.Reader())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Errorf("%s: %s", v.Code, v.Detail)
	}
}

func wantBalance(t testing.TB, db *sqldb.DB, a ledger.Account, want int64) {
	t.Helper()
	b, err := ledger.BalanceOf(t.Context(), db.Reader(), a)
	if err != nil {
		t.Fatal(err)
	}
	if b.Posted != want {
		t.Errorf("%s is %d, want %d", a.Code(), b.Posted, want)
	}
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if fault.Code(err) != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

// model is what the books should say of a few wallets.
type model struct {
	db      *sqldb.DB
	ctx     context.Context
	run     int
	posts   int
	wallets []ledger.Account
	posted  []int64
	held    []int64
	holds   []modelHold
	last    ledger.Entry
	receipt ledger.Receipt
}

type modelHold struct {
	id     id.Transfer
	wallet int
	amount int64
}

func (m *model) key() string {
	m.posts++
	return fmt.Sprintf("run:%d:%d", m.run, m.posts)
}

func (m *model) post(t *rapid.T, e ledger.Entry, want string) ledger.Receipt {
	r, err := post(m.ctx, m.db, e)
	if fault.Code(err) != want || (want == "" && err != nil) {
		t.Fatalf("%+v: got %v, want %q", e, err, want)
	}
	if err == nil {
		m.last, m.receipt = e, r
	}
	return r
}

func (m *model) wallet(t *rapid.T) int { return rapid.IntRange(0, len(m.wallets)-1).Draw(t, "wallet") }

func (m *model) deposit(t *rapid.T) {
	w, amount := m.wallet(t), rapid.Int64Range(1, 1000).Draw(t, "amount")
	m.post(t, entry(m.key(), ledger.Move(ledger.Bank("test", cny), m.wallets[w], amount)), "")
	m.posted[w] += amount
}

func (m *model) transfer(t *rapid.T) {
	from, amount := m.wallet(t), rapid.Int64Range(1, 1500).Draw(t, "amount")
	to := (from + 1) % len(m.wallets)
	want := ""
	if amount > m.posted[from]-m.held[from] {
		want = ledger.CodeInsufficientFunds
	}
	m.post(t, entry(m.key(), ledger.Move(m.wallets[from], m.wallets[to], amount)), want)
	if want == "" {
		m.posted[from] -= amount
		m.posted[to] += amount
	}
}

func (m *model) hold(t *rapid.T) {
	w, amount := m.wallet(t), rapid.Int64Range(1, 1500).Draw(t, "amount")
	want := ""
	if amount > m.posted[w]-m.held[w] {
		want = ledger.CodeInsufficientFunds
	}
	r := m.post(t, entry(m.key(), ledger.Hold(m.wallets[w], ledger.WithdrawalsInTransit("test", cny), amount)), want)
	if want == "" {
		m.held[w] += amount
		m.holds = append(m.holds, modelHold{r.Transfers[0], w, amount})
	}
}

// settle ends a hold: captured in part or whole, or released; then it cannot end again.
func (m *model) settle(t *rapid.T) {
	if len(m.holds) == 0 {
		t.Skip("no holds")
	}
	at := rapid.IntRange(0, len(m.holds)-1).Draw(t, "hold")
	h := m.holds[at]
	m.post(t, entry(m.key(), ledger.Capture(h.id, h.amount+1)), ledger.CodeAboveHold)
	if rapid.Bool().Draw(t, "capture") {
		part := rapid.Int64Range(1, h.amount).Draw(t, "part")
		m.post(t, entry(m.key(), ledger.Capture(h.id, part)), "")
		m.posted[h.wallet] -= part
	} else {
		m.post(t, entry(m.key(), ledger.Release(h.id)), "")
	}
	m.held[h.wallet] -= h.amount
	m.holds = append(m.holds[:at], m.holds[at+1:]...)
	m.post(t, entry(m.key(), ledger.Release(h.id)), ledger.CodeAlreadyResolved)
}

func (m *model) repeat(t *rapid.T) {
	if m.last.Key == "" {
		t.Skip("nothing posted")
	}
	was := m.receipt
	again := m.post(t, m.last, "")
	if !again.Repeated || again.Tx != was.Tx || len(again.Transfers) != len(was.Transfers) ||
		again.Transfers[0] != was.Transfers[0] {
		t.Fatalf("repeat answered %+v after %+v", again, was)
	}
	other := m.last
	other.Legs = append([]ledger.Leg{ledger.Move(ledger.Bank("test", cny), m.wallets[0], 7)}, other.Legs...)
	m.post(t, other, ledger.CodeKeyReused)
}

func (m *model) check(t *rapid.T) {
	for i, w := range m.wallets {
		b, err := ledger.BalanceOf(m.ctx, m.db.Reader(), w)
		if err != nil {
			t.Fatal(err)
		}
		if b.Posted != m.posted[i] || b.Held != m.held[i] {
			t.Fatalf("wallet %d is %+v, want %d with %d held", i, b, m.posted[i], m.held[i])
		}
	}
}

func TestBooksUnderRandomSequences(t *testing.T) {
	t.Parallel()
	db, run := sqltest.New(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		m := &model{db: db, ctx: t.Context(), run: run, posted: make([]int64, 3), held: make([]int64, 3)}
		for range 3 {
			m.wallets = append(m.wallets, ledger.Wallet(id.FromInt[id.User](db.NextID()), cny))
		}
		rt.Repeat(map[string]func(*rapid.T){
			"deposit": m.deposit, "transfer": m.transfer, "hold": m.hold, "settle": m.settle, "repeat": m.repeat,
			"": m.check,
		})
	})
	wantClean(t, db)
}

// Writers that race for the same wallet and the same keys never overdraw it and
// never post a fact twice.
func TestConcurrentPosts(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	shared := ledger.Wallet(id.FromInt[id.User](db.NextID()), cny)
	other := ledger.Wallet(id.FromInt[id.User](db.NextID()), cny)
	if _, err := post(t.Context(), db, entry("seed", ledger.Move(ledger.Bank("test", cny), shared, 1000))); err != nil {
		t.Fatal(err)
	}
	var posted, refused atomic.Int64
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 20 {
				// Two workers race for each key; 80 keys of 30 against 1000.
				key := fmt.Sprintf("spend:%d:%d", worker/2, i)
				r, err := post(t.Context(), db, entry(key, ledger.Move(shared, other, 30)))
				switch {
				case err == nil && !r.Repeated:
					posted.Add(1)
				case fault.Code(err) == ledger.CodeInsufficientFunds:
					refused.Add(1)
				case err != nil:
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if posted.Load() != 33 { // 33 × 30 ≤ 1000 < 34 × 30
		t.Errorf("%d posted, want 33", posted.Load())
	}
	if refused.Load() == 0 {
		t.Error("nothing was refused")
	}
	wantBalance(t, db, shared, 10)
	wantBalance(t, db, other, 990)
	wantClean(t, db)
}

// Two workers resolve the same holds: each ends once.
func TestConcurrentResolvers(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	wallet := ledger.Wallet(id.FromInt[id.User](db.NextID()), cny)
	var holds []id.Transfer
	if _, err := post(t.Context(), db, entry("seed", ledger.Move(ledger.Bank("test", cny), wallet, 1000))); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		r, err := post(t.Context(), db, entry(fmt.Sprint("hold:", i),
			ledger.Hold(wallet, ledger.WithdrawalsInTransit("x", cny), 50)))
		if err != nil {
			t.Fatal(err)
		}
		holds = append(holds, r.Transfers[0])
	}
	var captured, released atomic.Int64
	var wg sync.WaitGroup
	for i, h := range holds {
		wg.Go(func() { resolve(t, db, fmt.Sprint("capture:", i), ledger.Capture(h, 50), &captured) })
		wg.Go(func() { resolve(t, db, fmt.Sprint("release:", i), ledger.Release(h), &released) })
	}
	wg.Wait()
	if captured.Load()+released.Load() != 20 {
		t.Errorf("%d captured and %d released of 20", captured.Load(), released.Load())
	}
	wantBalance(t, db, wallet, 1000-50*captured.Load())
	wantClean(t, db)
}

func resolve(t *testing.T, db *sqldb.DB, key string, leg ledger.Leg, done *atomic.Int64) {
	switch _, err := post(t.Context(), db, entry(key, leg)); {
	case err == nil:
		done.Add(1)
	case fault.Code(err) != ledger.CodeAlreadyResolved:
		t.Error(err)
	}
}

func TestHistoryOnlyGrows(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	wallet := ledger.Wallet(id.FromInt[id.User](db.NextID()), cny)
	if _, err := post(t.Context(), db, entry("k", ledger.Move(ledger.Bank("test", cny), wallet, 5))); err != nil {
		t.Fatal(err)
	}
	for _, forbidden := range []string{
		`UPDATE ledger_transfer SET amount = 6`, `DELETE FROM ledger_transfer`,
		`UPDATE ledger_tx SET kind = 'x'`, `DELETE FROM ledger_tx`,
	} {
		err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, forbidden)
			return err
		})
		if err == nil {
			t.Errorf("%s was allowed", forbidden)
		}
	}
	wantBalance(t, db, wallet, 5)
}

// Check finds what somebody broke behind its back.
func TestCheckFindsDamage(t *testing.T) {
	t.Parallel()
	for code, damage := range map[string]string{
		"I1": `UPDATE ledger_account SET credits_posted = credits_posted + 1 WHERE kind = 2000`,
		"I2": `UPDATE ledger_account SET credits_posted = credits_posted + 1, debits_posted = debits_posted + 1
			WHERE kind = 2000`,
		"I3": `UPDATE ledger_account SET debits_pending = debits_pending + 1 WHERE kind = 2000`,
		"I7": `INSERT INTO ledger_tx (id, idem_key, idem_hash, kind, ref_type, ref_id, effective_at, created_at)
			VALUES (1, 'x', 'x', 'x', 'x', 'x', 1, 1)`,
		"I8": `UPDATE ledger_account SET kind = 2100 WHERE kind = 2000`,
	} {
		t.Run(code, func(t *testing.T) {
			db := sqltest.New(t)
			wallet := ledger.Wallet(id.FromInt[id.User](db.NextID()), cny)
			if _, err := post(t.Context(), db, entry("k", ledger.Move(ledger.Bank("test", cny), wallet, 5))); err !=
				nil {
				t.Fatal(err)
			}
			wantClean(t, db)
			err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
				_, err := tx.Exec(ctx, damage)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			found, err := ledger.Check(t.Context(), db.Reader())
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range found {
				if v.Code == code {
					return
				}
			}
			t.Errorf("found %v", found)
		})
	}
}

// A failure after Post takes the posting back with everything else.
func TestPostBelongsToItsTransaction(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	wallet := ledger.Wallet(id.FromInt[id.User](db.NextID()), cny)
	boom := errors.New("boom")
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		if _, err := ledger.Post(ctx, tx, entry("k", ledger.Move(ledger.Bank("test", cny), wallet, 5))); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	wantBalance(t, db, wallet, 0)
}
