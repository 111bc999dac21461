package payment_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/inventory"
	"hawker/internal/order"
	"hawker/internal/payment"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// desk is a provider that knows nothing of HTTP: asked about a payment it says that
// it was made, or, hung up, nothing at all.
type desk struct {
	hangs bool

	mu     sync.Mutex
	opened map[id.Payment]payment.Request
	asked  int
	atOnce int // the most that were asked about at once
	now    int
}

func (d *desk) Create(_ context.Context, r payment.Request) (payment.Report, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opened[r.Payment] = r
	return payment.Report{Payment: r.Payment, Ref: "r", Status: payment.Pending, PayURL: "http://127.0.0.1/pay"}, nil
}

func (d *desk) Query(ctx context.Context, p id.Payment) (payment.Report, error) {
	d.mu.Lock()
	d.asked, d.now = d.asked+1, d.now+1
	d.atOnce = max(d.atOnce, d.now)
	r := d.opened[p]
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.now--
	}()
	if d.hangs {
		<-ctx.Done()
		return payment.Report{}, ctx.Err()
	}
	return payment.Report{Payment: p, Status: payment.Succeeded, Amount: r.Amount}, nil
}

func (d *desk) Close(ctx context.Context, p id.Payment) (payment.Report, error) {
	return d.Query(ctx, p)
}

func (*desk) Refund(context.Context, payment.RefundRequest) (bool, error) { return true, nil }

func (*desk) ParseNotification(context.Context, http.Header, []byte, time.Time) (*payment.Notification, error) {
	return nil, errors.New("this provider sends nothing")
}

// A provider that takes connections and never answers holds up neither the
// payments of another nor the sweep.
func TestAProviderThatHangsHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, c := sqltest.NewManual(t)
		box, err := secret.NewBox(make([]byte, secret.KeySize))
		if err != nil {
			t.Fatal(err)
		}
		silent := &desk{hangs: true, opened: map[id.Payment]payment.Request{}}
		quick := &desk{opened: map[id.Payment]payment.Request{}}
		k := &till{t: t, db: db, clock: c, buyer: id.Make[id.User](db), shop: id.Make[id.Shop](db)}
		k.orders = order.New(db, box, order.Terms{PayWithin: payWithin, ReceiveWithin: 24 * time.Hour})
		k.payments = payment.New(db, slog.New(slog.DiscardHandler), k.orders, wholeToShop{k.orders},
			map[string]payment.Provider{"silent": silent, "quick": quick})
		k.update(func(ctx context.Context, tx *sqldb.Tx) error {
			k.sku = id.Make[id.SKU](tx)
			return inventory.Open(ctx, tx, k.shop, k.sku, 1000, id.User{})
		})
		var paid []order.Order
		for range 30 {
			k.mustStart(k.place(1)[0], "silent")
		}
		for range 10 {
			o := k.place(1)[0]
			k.mustStart(o, "quick")
			paid = append(paid, o)
		}
		c.Advance(time.Minute)
		began := time.Now()
		if _, err := k.payments.Poll(t.Context(), 20); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("the sweep was held up for %v", took)
		}
		for _, o := range paid {
			k.wantOrder(o, order.StatusPaid)
		}
		if silent.asked == 0 || silent.atOnce > 4 || silent.asked > 8 {
			t.Errorf("who does not answer was asked %d times, %d at once", silent.asked, silent.atOnce)
		}
		if quick.asked != 10 || quick.atOnce > 4 {
			t.Errorf("who answers was asked %d times, %d at once", quick.asked, quick.atOnce)
		}
		before := silent.asked
		if _, err := k.payments.Poll(t.Context(), 20); err != nil {
			t.Fatal(err)
		}
		if silent.asked == before {
			t.Error("who does not answer is never asked about the others")
		}
	})
}
