package payment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/distribution"
	"hawker/internal/inventory"
	"hawker/internal/ledger"
	"hawker/internal/order"
	"hawker/internal/payment"
	"hawker/internal/platform/events"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/platform/supervise"
	"hawker/internal/sandbox"
)

const (
	payWithin = 15 * time.Minute
	currency  = "CNY"
	price     = 6900
	twin      = "twin" // a second name for the same bank, for a second payment
)

// wholeToShop gives the shop everything; who else earns is distribution's test.
type wholeToShop struct{ orders *order.Service }

func (w wholeToShop) OrderPaid(ctx context.Context, tx *sqldb.Tx, order id.Order) (distribution.PayableShares, error) {
	o, err := w.orders.Find(ctx, tx, order)
	return distribution.PayableShares{ShopAmount: o.Payable}, err
}

// letter is a delivery as it came.
type letter struct {
	header http.Header
	body   []byte
}

// till is the module with the real bank on the other side of real HTTP.
type till struct {
	t        *testing.T
	db       *sqldb.DB
	clock    *clock.Manual
	orders   *order.Service
	payments *payment.Service
	queue    *jobs.Queue
	noticed  chan error             // what Notify answered, once for each delivery
	heard    atomic.Pointer[letter] // the last delivery
	bankDown atomic.Bool
	keys     int
	buyer    id.User
	shop     id.Shop
	sku      id.SKU
}

func open(t *testing.T, stock int64) *till {
	t.Helper()
	db, c := sqltest.NewManual(t)
	box, err := secret.NewBox(make([]byte, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	k := &till{
		t: t, db: db, clock: c, noticed: make(chan error, 100), buyer: id.Make[id.User](db),
		shop: id.Make[id.Shop](db),
	}
	k.orders = order.New(db, box, order.Terms{PayWithin: payWithin, ReceiveWithin: 24 * time.Hour})
	door := httptest.NewServer(http.HandlerFunc(k.notified))
	t.Cleanup(door.Close)
	address := k.openBank(log)
	bank := func(name string) payment.Provider {
		return payment.NewSandbox(payment.SandboxOptions{
			DB: db, Box: box, BaseURL: address, NotifyURL: func() string { return door.URL + "/" + name },
		})
	}
	k.payments = payment.New(db, log, k.orders, wholeToShop{k.orders}, map[string]payment.Provider{
		payment.SandboxName: bank(payment.SandboxName),
		twin:                bank(twin),
	})
	k.queue = jobs.NewQueue(db, supervise.New(log, db.Clock()), k.payments.Jobs()...)
	k.update(func(ctx context.Context, tx *sqldb.Tx) error {
		k.sku = id.Make[id.SKU](tx)
		return inventory.Open(ctx, tx, k.shop, k.sku, stock, id.User{})
	})
	return k
}

// openBank runs the sandbox provider and answers its address.
func (k *till) openBank(log *slog.Logger) string {
	k.t.Helper()
	bank, err := sandbox.New(sandbox.Options{Dir: k.t.TempDir(), Clock: k.clock, Log: log})
	if err != nil {
		k.t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if k.bankDown.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		bank.Handler().ServeHTTP(w, r)
	}))
	ctx, cancel := context.WithCancel(k.t.Context())
	var worker sync.WaitGroup
	worker.Go(func() {
		if err := bank.Run(ctx); err != nil {
			k.t.Error(err)
		}
	})
	k.t.Cleanup(func() {
		cancel()
		worker.Wait()
		server.Close()
		if err := bank.Close(); err != nil {
			k.t.Error(err)
		}
	})
	return server.URL
}

func (k *till) notified(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		k.t.Error(err)
	}
	k.heard.Store(&letter{r.Header.Clone(), body})
	err = k.payments.Notify(r.Context(), strings.TrimPrefix(r.URL.Path, "/"), r.Header, body)
	status := http.StatusNoContent
	if err != nil {
		status = http.StatusForbidden
	}
	w.WriteHeader(status)
	k.noticed <- err
}

func (k *till) update(fn func(ctx context.Context, tx *sqldb.Tx) error) {
	k.t.Helper()
	if err := k.db.Update(k.t.Context(), fn); err != nil {
		k.t.Fatal(err)
	}
}

func (k *till) key() idem.Key {
	k.t.Helper()
	k.keys++
	key, err := idem.NewKey("test", "buyer", fmt.Sprint("key-", k.keys), nil)
	if err != nil {
		k.t.Fatal(err)
	}
	return key
}

// place makes a checkout with one order for each quantity.
func (k *till) place(quantities ...int64) []order.Order {
	k.t.Helper()
	var out []order.Order
	k.update(func(ctx context.Context, tx *sqldb.Tx) error {
		out = nil
		checkout := id.Make[id.Checkout](tx)
		for _, n := range quantities {
			o := order.Order{
				Checkout: checkout, User: k.buyer, Shop: k.shop, GoodsTotal: n * price, Payable: n * price,
				Currency: currency,
				Lines: []order.Line{{
					SKU: k.sku, Quantity: n, UnitPrice: price, Subtotal: n * price,
					Payable: n * price,
				}},
			}
			if err := k.orders.Create(ctx, tx, &o); err != nil {
				return err
			}
			out = append(out, o)
		}
		return nil
	})
	return out
}

func (k *till) start(o order.Order, provider string) (payment.Payment, error) {
	return k.payments.Start(k.t.Context(), k.key(), payment.Command{
		User: k.buyer, Order: o.ID, Provider: provider,
		ReturnURL: "http://127.0.0.1/orders",
	})
}

func (k *till) mustStart(o order.Order, provider string) payment.Payment {
	k.t.Helper()
	p, err := k.start(o, provider)
	if err != nil {
		k.t.Fatal(err)
	}
	return p
}

// decide presses a button of the bank's page.
func (k *till) decide(p payment.Payment, decision, scenario string) {
	k.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	form := url.Values{"decision": {decision}, "scenario": {scenario}}
	res, err := client.Post(p.PayURL, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if err != nil {
		k.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		k.t.Fatalf("the bank answered %d", res.StatusCode)
	}
}

// notice waits for the answer to the next delivery.
func (k *till) notice() error {
	k.t.Helper()
	select {
	case err := <-k.noticed:
		return err
	case <-time.After(20 * time.Second):
		k.t.Fatal("the bank sent nothing")
		return nil
	}
}

func (k *till) poll() {
	k.t.Helper()
	if _, err := k.payments.Poll(k.t.Context(), 10); err != nil {
		k.t.Fatal(err)
	}
}

// lapse lets an unpaid order close.
func (k *till) lapse() {
	k.t.Helper()
	k.clock.Advance(payWithin + time.Minute)
	if _, err := k.orders.Sweep(k.t.Context(), 10); err != nil {
		k.t.Fatal(err)
	}
}

func (k *till) wantOrder(o order.Order, want order.Status) {
	k.t.Helper()
	got, err := k.orders.Find(k.t.Context(), k.db.Reader(), o.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	if got.Status != want {
		k.t.Errorf("order is %s, want %s", got.Status, want)
	}
}

func (k *till) wantStatus(p payment.Payment, want payment.Status) {
	k.t.Helper()
	views, err := k.payments.PaymentViews(k.t.Context(), []id.Checkout{p.Checkout})
	if err != nil {
		k.t.Fatal(err)
	}
	if got := views[p.Checkout]; got.ID != p.ID || got.Status != string(want) {
		k.t.Errorf("payment is %+v, want %s %s", got, p.ID, want)
	}
}

func (k *till) wantStock(available, reserved, sold int64) {
	k.t.Helper()
	levels, err := inventory.Levels(k.t.Context(), k.db.Reader(), []id.SKU{k.sku})
	if err != nil {
		k.t.Fatal(err)
	}
	if l := levels[k.sku]; l.Available != available || l.Reserved != reserved || l.Sold != sold {
		k.t.Errorf("stock is %+v, want %d available, %d reserved, %d sold", l, available, reserved, sold)
	}
}

// wantBooks compares the shop's share and what is owed to payers, and has the
// whole ledger checked.
func (k *till) wantBooks(shop, owed int64) {
	k.t.Helper()
	for name, c := range map[string]struct {
		account ledger.Account
		want    int64
	}{
		"the shop's frozen money": {ledger.ShopFrozen(k.shop, currency), shop},
		"refunds payable":         {ledger.RefundsPayable(payment.SandboxName, currency), owed},
	} {
		b, err := ledger.BalanceOf(k.t.Context(), k.db.Reader(), c.account)
		if err != nil {
			k.t.Fatal(err)
		}
		if got := b.Posted; got != c.want {
			k.t.Errorf("%s is %d, want %d", name, got, c.want)
		}
	}
	if bad, err := ledger.Check(k.t.Context(), k.db.Reader()); err != nil || len(bad) > 0 {
		k.t.Errorf("the books: %v %v", bad, err)
	}
}

// wantRefund proves what buyer and merchant see of money that goes back.
func (k *till) wantRefund(o order.Order, amount int64, state string) {
	k.t.Helper()
	views, err := k.payments.PaymentViews(k.t.Context(), []id.Checkout{o.Checkout})
	if err != nil {
		k.t.Fatal(err)
	}
	if v := views[o.Checkout]; v.Refunded.Amount != amount || v.Refunded.Currency != currency ||
		v.RefundState != state {
		k.t.Errorf("the order shows %v going back, %q; want %d, %q", v.Refunded, v.RefundState, amount, state)
	}
}

// wantTotals compares what came in and what went back, as doctor does.
func (k *till) wantTotals(in, back int64) {
	k.t.Helper()
	totals, err := payment.CapturedTotals(k.t.Context(), k.db.Reader())
	if err != nil || len(totals) != 1 || totals[0].In != in || totals[0].Back != back {
		k.t.Errorf("captured %+v, %v; want %d in and %d back", totals, err, in, back)
	}
}

// inboxes writes down who is told what.
type inboxes struct {
	buyer id.User
	mu    sync.Mutex // each event is told beside the others
	told  []string
}

func (b *inboxes) Send(_ context.Context, users []id.User, kind, _ string, payload any) error {
	raw, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var n struct{ Amount struct{ Amount int64 } }
	for _, u := range users {
		who := map[bool]string{true: "buyer", false: "owner"}[u == b.buyer]
		if err := json.Unmarshal(raw, &n); err != nil {
			return err
		}
		b.told = append(b.told, fmt.Sprint(kind, " ", who, " ", n.Amount.Amount))
	}
	return nil
}

// OwnersOf implements payment.Owners.
func (*inboxes) OwnersOf(_ context.Context, shops []id.Shop) (out []id.User, err error) {
	for _, s := range shops {
		out = append(out, id.FromInt[id.User](s.Int()))
	}
	return out, nil
}

// wantTold proves what buyer and shop hear of money that goes back, each once.
func (k *till) wantTold(want string) {
	k.t.Helper()
	to := &inboxes{buyer: k.buyer}
	subs := payment.API{Service: k.payments, Notices: to, Owners: to}.Module().Subscriptions
	guard := supervise.New(slog.New(slog.DiscardHandler), k.db.Clock())
	for range 2 { // what was told is not told again
		if err := events.NewBus(k.db, guard, subs...).Drain(k.t.Context()); err != nil {
			k.t.Fatal(err)
		}
	}
	slices.Sort(to.told)
	if got := strings.Join(to.told, ", "); got != want {
		k.t.Errorf("told: %s; want %s", got, want)
	}
}
