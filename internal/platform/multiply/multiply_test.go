package multiply_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/multiply"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// deal is a thing of two tables: one row whose text names the other's.
type deal struct {
	checkout id.Checkout
	entry    id.LedgerTx
}

func written(t *testing.T, db *sqldb.DB) (d deal) {
	t.Helper()
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		d = deal{id.Make[id.Checkout](tx), id.Make[id.LedgerTx](tx)}
		_, err := tx.Exec(ctx, `INSERT INTO checkout (id, user_id, payable, currency, pay_by, created_at)
			VALUES (?, 7, 100, 'CNY', 0, 5000)`, d.checkout)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO ledger_tx (id, idem_key, idem_hash, kind, ref_type, ref_id, effective_at,
			created_at) VALUES (?, ?, '', 'k', 't', ?, 9000, 5000)`, d.entry,
			"for "+d.checkout.String()+" and "+d.entry.String()+", usr_0apcr1wkc0001", d.checkout.String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func plan() multiply.Plan {
	return multiply.Join(multiply.Plan{Tables: []multiply.Table{
		{Name: "checkout", By: "id", IDs: []string{"id"}, Times: []string{"pay_by", "created_at"}},
	}}, multiply.Plan{Tables: []multiply.Table{{
		Name: "ledger_tx", By: "ref_id", Ref: func(n int64) string { return id.FromInt[id.Checkout](n).String() },
		IDs: []string{"id"}, Texts: []string{"idem_key", "ref_id"}, Times: []string{"effective_at", "created_at"},
		Change: func(was, r multiply.Row, as any) error {
			r.Set("kind", was.Text("kind")+as.(string))
			return nil
		},
	}}})
}

// Each copy has ids of its own, also where they stand in texts; the ids of others stay. Its times keep their
// distance, what is no time is none, and rows are added up once.
func TestACopyIsAThingOfItsOwn(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	d, p := written(t, db), plan()
	var sums []int
	p.Sums = []multiply.Sum{func(_ context.Context, _ *sqldb.Tx, w map[string][]multiply.Row) error {
		sums = append(sums, len(w["checkout"]), len(w["ledger_tx"]))
		return nil
	}}
	m, err := multiply.Load(t.Context(), db.Reader(), p, d.checkout.Int())
	if err != nil {
		t.Fatal(err)
	}
	w, err := multiply.NewWriter(db, id.NodeMax)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	var copies []multiply.Copy
	for n := range 230 {
		copies = append(copies, multiply.Copy{Of: m, At: at.Add(time.Duration(n) * time.Second), As: "!"})
	}
	if err := w.Write(t.Context(), p, copies); err != nil {
		t.Fatal(err)
	}
	if n, err := multiply.Count(t.Context(), db.Reader(), "checkout"); err != nil || n != 231 {
		t.Errorf("%d, %v", n, err)
	}
	if len(sums) != 4 || sums[2] != 230 || sums[3] != 230 { // in the rehearsal and in what counts
		t.Errorf("added up %v", sums)
	}
	var c id.Checkout
	var user, payBy, created int64
	err = db.Reader().QueryRow(t.Context(), "SELECT id, user_id, pay_by, created_at FROM checkout ORDER BY id LIMIT 1").
		Scan(&c, &user, &payBy, &created)
	if err != nil || user != 7 || payBy != 0 || created != at.UnixMilli() || c.Int() < id.FirstAt(at) ||
		c.Int() >= id.FirstAt(at.Add(time.Second)) {
		t.Errorf("%s %d %d %d, %v", c, user, payBy, created, err)
	}
	var e id.LedgerTx
	var text, kind string
	var effective int64
	err = db.Reader().QueryRow(t.Context(), "SELECT id, idem_key, kind, effective_at FROM ledger_tx WHERE ref_id = ?",
		c.String()).Scan(&e, &text, &kind, &effective)
	want := "for " + c.String() + " and " + e.String() + ", usr_0apcr1wkc0001"
	if err != nil || text != want || kind != "k!" || effective != at.UnixMilli()+4000 {
		t.Errorf("%q, want %q; %s %d, %v", text, want, kind, effective, err)
	}
}

// What cannot be copied is written nowhere, nor is anything else of the same time.
func TestACopyThatFails(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	d, p := written(t, db), plan()
	refusal := errors.New("not this one")
	load := func(p multiply.Plan) *multiply.Model {
		m, err := multiply.Load(t.Context(), db.Reader(), p, d.checkout.Int())
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	w, err := multiply.NewWriter(db, id.NodeMax)
	if err != nil {
		t.Fatal(err)
	}
	sum := p
	sum.Sums = []multiply.Sum{func(context.Context, *sqldb.Tx, map[string][]multiply.Row) error { return refusal }}
	one := []multiply.Copy{{Of: load(p), At: time.Now(), As: ""}}
	if err := w.Write(t.Context(), sum, one); !errors.Is(err, refusal) {
		t.Error(err)
	}
	p.Tables[1].Change = func(_, _ multiply.Row, _ any) error { return refusal }
	if err := w.Write(t.Context(), p, []multiply.Copy{{Of: load(p), At: time.Now()}}); !errors.Is(err, refusal) {
		t.Error(err)
	}
	if n, err := multiply.Count(t.Context(), db.Reader(), "checkout"); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
	p.Tables[0].Name = "nothing"
	if _, err := multiply.Load(t.Context(), db.Reader(), p, 1); err == nil {
		t.Error("a table that is not there was read")
	}
	defer func() {
		if said, _ := recover().(string); !strings.Contains(said, "no column shape") {
			t.Errorf("said %q", said)
		}
	}()
	p = plan()
	p.Tables[0].IDs = []string{"shape"}
	_ = load(p)
}
