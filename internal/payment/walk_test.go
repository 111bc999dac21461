package payment_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/inventory"
	"hawker/internal/ledger"
	"hawker/internal/order"
	"hawker/internal/payment"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/platform/supervise"
)

// vault is a bank in memory that tells nobody anything until the walk says so.
type vault struct {
	mu   sync.Mutex // a provider is asked about several payments at once
	down bool
	all  map[id.Payment]payment.Report
	back int64 // given back, in minor units
	seen map[id.Refund]bool
}

var errDown = errors.New("the bank is down")

func (v *vault) Create(_ context.Context, r payment.Request) (payment.Report, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.down {
		return payment.Report{}, errDown
	}
	if had, ok := v.all[r.Payment]; ok {
		return had, nil
	}
	v.all[r.Payment] = payment.Report{
		Payment: r.Payment, Ref: "ref", Status: payment.Pending, Amount: r.Amount, PayURL: "https://bank.example/pay",
	}
	return v.all[r.Payment], nil
}

func (v *vault) Query(_ context.Context, p id.Payment) (payment.Report, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if r, ok := v.all[p]; ok && !v.down {
		return r, nil
	}
	return payment.Report{}, errDown
}

func (v *vault) Close(_ context.Context, p id.Payment) (payment.Report, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.down {
		return payment.Report{}, errDown
	}
	r := v.all[p]
	if r.Payment = p; r.Status != payment.Succeeded {
		r.Status = payment.Closed
	}
	v.all[p] = r
	return r, nil
}

func (v *vault) Refund(_ context.Context, r payment.RefundRequest) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.down {
		return false, errDown
	}
	if !v.seen[r.Refund] {
		v.seen[r.Refund] = true
		v.back += r.Amount.Amount
	}
	return true, nil
}

// ParseNotification believes whatever is well formed: signatures are the real banks'.
func (v *vault) ParseNotification(_ context.Context, _ http.Header, raw []byte, _ time.Time) (*payment.Notification,
	error,
) {
	var n payment.Notification
	return &n, json.Unmarshal(raw, &n)
}

// walk goes at random through the payments of a few checkouts at two banks.
type walk struct {
	*till
	rt     *rapid.T
	banks  map[string]*vault
	orders []order.Order
	asked  []payment.Payment
	notes  int
}

// TestMoneyUnderAnything: whatever banks and buyers do in whatever order, each order is
// paid once, what came in is an order's or goes back, and the books say the same as the
// banks.
func TestMoneyUnderAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		if rapid.IntRange(0, 3).Draw(rt, "sampled") > 0 {
			return // each run has a database of its own: a quarter of them is enough
		}
		w := openWalk(t, rt)
		for range rapid.IntRange(5, 25).Draw(rt, "steps") {
			w.step(rapid.SampledFrom([]string{
				"place", "start", "start", "pay", "pay", "decline", "tell", "tell", "poll", "wait", "sweep", "cancel",
				"down", "jobs",
			}).Draw(rt, "what"))
		}
		w.settle()
	})
}

func openWalk(t *testing.T, rt *rapid.T) *walk {
	db, c := sqltest.NewManual(t)
	box, err := secret.NewBox(make([]byte, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	k := &till{
		t: t, db: db, clock: c, buyer: id.Make[id.User](db), shop: id.Make[id.Shop](db),
		sku: id.Make[id.SKU](db),
	}
	k.orders = order.New(db, box, order.Terms{PayWithin: payWithin, ReceiveWithin: 24 * time.Hour})
	w := &walk{till: k, rt: rt, banks: map[string]*vault{}}
	providers := map[string]payment.Provider{}
	for _, name := range []string{"a", "b"} {
		w.banks[name] = &vault{all: map[id.Payment]payment.Report{}, seen: map[id.Refund]bool{}}
		providers[name] = w.banks[name]
	}
	k.payments = payment.New(db, log, k.orders, wholeToShop{k.orders}, providers)
	k.queue = jobs.NewQueue(db, supervise.New(log, db.Clock()), k.payments.Jobs()...)
	k.update(func(ctx context.Context, tx *sqldb.Tx) error {
		return inventory.Open(ctx, tx, k.shop, k.sku, 4, id.User{})
	})
	return w
}

func (w *walk) bank() string { return rapid.SampledFrom([]string{"a", "b"}).Draw(w.rt, "bank") }

func (w *walk) step(what string) {
	switch what {
	case "place":
		if levels, err := inventory.Levels(w.t.Context(), w.db.Reader(), []id.SKU{w.sku}); err == nil &&
			levels[w.sku].Available > 0 {
			w.orders = append(w.orders, w.place(1)...)
		}
	case "wait":
		w.clock.Advance(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, payWithin}).Draw(w.rt, "for"))
	case "sweep":
		if _, err := w.till.orders.Sweep(w.t.Context(), 10); err != nil {
			w.rt.Fatal(err)
		}
	case "poll":
		w.poll()
	case "jobs":
		w.drain()
	case "down":
		b := w.banks[w.bank()]
		b.down = !b.down
	case "start", "cancel":
		w.ofOrder(what)
	default:
		if len(w.asked) > 0 {
			w.ofPayment(what, w.asked[rapid.IntRange(0, len(w.asked)-1).Draw(w.rt, "payment")])
		}
	}
}

// drain lets the jobs run; what fails there comes again.
func (w *walk) drain() {
	if err := w.queue.Drain(w.t.Context()); err != nil {
		w.rt.Fatal(err)
	}
}

func (w *walk) ofOrder(what string) {
	if len(w.orders) == 0 {
		return
	}
	o := w.orders[rapid.IntRange(0, len(w.orders)-1).Draw(w.rt, "order")]
	if what == "cancel" {
		if err := w.till.orders.Cancel(w.t.Context(), w.key(), w.buyer, o.ID); err != nil && fault.As(err) == nil {
			w.rt.Fatal(err)
		}
		return
	}
	switch p, err := w.start(o, w.bank()); {
	case err == nil:
		w.asked = append(w.asked, p)
	case fault.As(err) == nil:
		w.rt.Fatal(err)
	}
}

func (w *walk) ofPayment(what string, p payment.Payment) {
	b := w.banks[p.Provider]
	r := b.all[p.ID]
	switch what {
	case "pay": // also what we have given up: money may come late
		if r.Status == payment.Pending {
			r.Status = payment.Succeeded
		}
	case "decline":
		if r.Status == payment.Pending {
			r.Status = payment.Failed
		}
	case "tell":
		w.tell(p, r)
		return
	}
	b.all[p.ID] = r
}

// tell sends a notification: a fresh one or a copy, in the bank's name or another's,
// of the right amount or not.
func (w *walk) tell(p payment.Payment, r payment.Report) {
	name, wrong := w.bank(), rapid.IntRange(0, 4).Draw(w.rt, "wrong") == 0
	if w.notes += rapid.IntRange(0, 1).Draw(w.rt, "fresh"); wrong {
		r.Amount = money.Of(r.Amount.Amount-1, currency)
	}
	raw, err := json.Marshal(payment.Notification{ID: fmt.Sprint("note ", p.ID, r.Status, w.notes), Report: r})
	if err != nil {
		w.rt.Fatal(err)
	}
	err = w.payments.Notify(w.t.Context(), name, nil, raw)
	if name != p.Provider && fault.Code(err) != "payment.unknown" {
		w.rt.Fatalf("the word of %s on a payment at %s: %v", name, p.Provider, err)
	}
	if err != nil && fault.As(err) == nil {
		w.rt.Fatal(err)
	}
}

// settle lets all time pass and everything come through, and adds it all up.
func (w *walk) settle() {
	for _, b := range w.banks {
		b.down = false
	}
	for range 6 {
		w.clock.Advance(payWithin)
		w.step("sweep")
		w.poll()
		w.drain()
	}
	in, back, paid := int64(0), int64(0), int64(0)
	for _, b := range w.banks {
		for _, r := range b.all {
			if r.Status == payment.Succeeded {
				in += r.Amount.Amount
			}
		}
		back += b.back
	}
	for _, o := range w.orders {
		now, err := w.till.orders.Find(w.t.Context(), w.db.Reader(), o.ID)
		switch {
		case err != nil:
			w.rt.Fatal(err)
		case now.Status == order.StatusPaid:
			paid += o.Payable
		case now.Status != order.StatusClosed:
			w.rt.Fatalf("%s is still %s", o.ID, now.Status)
		}
	}
	if in != paid+back {
		w.rt.Fatalf("%d came in, orders for %d are paid, %d went back", in, paid, back)
	}
	for _, check := range payment.Checks() {
		if odd, err := check.Run(w.t.Context(), w.db.Reader()); err != nil || len(odd) > 0 {
			w.rt.Fatalf("%s: %v, %v", check.Name, odd, err)
		}
	}
	if found, err := ledger.Check(w.t.Context(), w.db.Reader()); err != nil || len(found) > 0 {
		w.rt.Fatalf("the books: %+v, %v", found, err)
	}
}
