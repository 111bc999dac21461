package payment_test

import (
	"context"
	"log/slog"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/order"
	"hawker/internal/payment"
)

// busy is a bank during whose answers something happens here.
type busy struct {
	*vault
	during func()
}

func (b *busy) Create(ctx context.Context, r payment.Request) (payment.Report, error) {
	report, err := b.vault.Create(ctx, r)
	if do := b.during; do != nil {
		b.during = nil
		do()
	}
	return report, err
}

// waiting is what the bank still waits for.
func (b *busy) waiting() (list []payment.Report) {
	for _, r := range b.all {
		if r.Status == payment.Pending {
			list = append(list, r)
		}
	}
	return list
}

// What changes between the bank's answer and ours is found: whoever pays is shown one payment, of what is owed
// then, and the bank waits for no other.
func TestWhatChangesWhileTheBankAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		during func(k *till, bank *busy, o []order.Order)
		amount int64 // that is asked for in the end
		code   string
	}{
		{"nothing", func(*till, *busy, []order.Order) {}, 3 * price, ""},
		{"another tab was quicker", func(k *till, _ *busy, o []order.Order) { k.mustStart(o[1], "busy") }, 3 * price, ""},
		{"one order was cancelled", func(k *till, _ *busy, o []order.Order) { k.cancel(o[1]) }, 2 * price, ""},
		{"all were cancelled", func(k *till, _ *busy, o []order.Order) {
			k.cancel(o[0])
			k.cancel(o[1])
		}, 0, "order.wrong_status"},
		{"the first was declined", func(k *till, bank *busy, o []order.Order) {
			p := k.mustStart(o[1], "busy")
			r := bank.all[p.ID]
			r.Status = payment.Failed
			bank.all[p.ID] = r
			k.clock.Advance(payWithin / 2)
			k.poll()
		}, 3 * price, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := open(t, 10)
			bank := &busy{vault: &vault{all: map[id.Payment]payment.Report{}, seen: map[id.Refund]bool{}}}
			k.payments = payment.New(k.db, slog.New(slog.DiscardHandler), k.orders, wholeToShop{k.orders},
				map[string]payment.Provider{"busy": bank})
			o := k.place(2, 1)
			bank.during = func() { c.during(k, bank, o) }
			p, err := k.start(o[0], "busy")
			if fault.Code(err) != c.code {
				t.Fatalf("started: %v", err)
			}
			left := bank.waiting()
			if c.code != "" {
				if len(left) != 0 {
					t.Errorf("the bank waits for %+v", left)
				}
				return
			}
			if p.Amount.Amount != c.amount || p.PayURL == "" {
				t.Errorf("asked for %+v", p)
			}
			if len(left) != 1 || left[0].Payment != p.ID || left[0].Amount != p.Amount {
				t.Errorf("the bank waits for %+v, not for %s of %v alone", left, p.ID, p.Amount)
			}
		})
	}
}

// Whoever hangs up while the bank answers may have a payment all the same: it is not closed under their feet.
func TestWhoHangsUpMayHaveAPayment(t *testing.T) {
	t.Parallel()
	k := open(t, 10)
	bank := &busy{vault: &vault{all: map[id.Payment]payment.Report{}, seen: map[id.Refund]bool{}}}
	k.payments = payment.New(k.db, slog.New(slog.DiscardHandler), k.orders, wholeToShop{k.orders},
		map[string]payment.Provider{"busy": bank})
	o := k.place(1)[0]
	ctx, hangUp := context.WithCancel(t.Context())
	bank.during = hangUp
	wish := payment.Command{User: k.buyer, Order: o.ID, Provider: "busy"}
	if _, err := k.payments.Start(ctx, k.key(), wish); err == nil {
		t.Fatal("nobody was there to be answered")
	}
	if left := bank.waiting(); len(left) != 1 {
		t.Errorf("the bank waits for %+v", left)
	}
	p := k.mustStart(o, "busy") // again, with another key
	if p.PayURL == "" || p.Status != payment.Pending {
		t.Errorf("asked again: %+v", p)
	}
}

// A payment is answered again under its key as it stands, also when nothing is left to be paid.
func TestTheSameKeyIsTheSamePayment(t *testing.T) {
	t.Parallel()
	k := open(t, 10)
	o := k.place(1)[0]
	key := k.key()
	start := func() payment.Payment {
		p, err := k.payments.Start(t.Context(), key, payment.Command{
			User: k.buyer, Order: o.ID, Provider: payment.SandboxName, ReturnURL: "http://127.0.0.1/orders",
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := start()
	k.bankDown.Store(true)
	if again := start(); again != first {
		t.Errorf("answered %+v, then %+v", first, again)
	}
	k.bankDown.Store(false)
	k.decide(first, "approve", "")
	if err := k.notice(); err != nil {
		t.Fatal(err)
	}
	if again := start(); again.ID != first.ID || again.Status != payment.Succeeded {
		t.Errorf("once paid: %+v", again)
	}
}

func (k *till) cancel(o order.Order) {
	k.t.Helper()
	if err := k.orders.Cancel(k.t.Context(), k.key(), k.buyer, o.ID); err != nil {
		k.t.Fatal(err)
	}
}
