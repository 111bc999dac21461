package payment_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/order"
	"hawker/internal/payment"
	"hawker/internal/sandbox"
)

func TestPaidTakesTheGoodsAndTheMoneyOnce(t *testing.T) {
	t.Parallel()
	for scenario, deliveries := range map[string]int{"": 1, sandbox.ScenarioDuplicate: 3} {
		t.Run("scenario "+scenario, func(t *testing.T) {
			k := open(t, 10)
			o := k.place(2, 1)
			p := k.mustStart(o[0], payment.SandboxName)
			if p.Amount.Amount != 3*price {
				t.Fatalf("asked for %v, want the whole checkout", p.Amount)
			}
			k.decide(p, "approve", scenario)
			for range deliveries {
				if err := k.notice(); err != nil {
					t.Errorf("a copy was refused: %v", err)
				}
			}
			k.wantOrder(o[0], order.StatusPaid)
			k.wantOrder(o[1], order.StatusPaid)
			k.wantStatus(p, payment.Succeeded)
			k.wantStock(7, 0, 3)
			k.wantBooks(3*price, 0)
			if _, err := k.start(o[0], payment.SandboxName); fault.Code(err) != "order.wrong_status" {
				t.Errorf("paying again: %v", err)
			}
		})
	}
}

func TestAWrongAmountIsNotBelievedAndTheTruthIsAskedFor(t *testing.T) {
	t.Parallel()
	k := open(t, 10)
	o := k.place(1)
	p := k.mustStart(o[0], payment.SandboxName)
	k.decide(p, "approve", sandbox.ScenarioWrongAmount)
	if err := k.notice(); fault.Code(err) != "payment.amount_mismatch" {
		t.Errorf("the notice was answered %v", err)
	}
	k.wantOrder(o[0], order.StatusPendingPayment)
	k.wantBooks(0, 0)
	k.poll()
	k.wantOrder(o[0], order.StatusPaid)
	k.wantBooks(price, 0)
}

func TestForgedNoticesChangeNothing(t *testing.T) {
	t.Parallel()
	k := open(t, 10)
	o := k.place(1)
	p := k.mustStart(o[0], payment.SandboxName)
	body := []byte(`{"id":"e","type":"payment.succeeded","data":{"out_trade_no":"` + p.ID.String() +
		`","amount":6900,"currency":"CNY","status":"succeeded"}}`)
	if err := k.payments.Notify(t.Context(), payment.SandboxName, http.Header{},
		body); fault.Code(err) != "payment.forged_notification" {
		t.Errorf("unsigned: %v", err)
	}
	k.decide(p, "approve", sandbox.ScenarioBadSignature)
	if err := k.notice(); fault.Code(err) != "payment.forged_notification" {
		t.Errorf("badly signed: %v", err)
	}
	k.wantOrder(o[0], order.StatusPendingPayment)
	if err := k.payments.Notify(t.Context(), "nobody", http.Header{},
		body); fault.Code(err) != "payment.no_such_provider" {
		t.Errorf("nobody's notice: %v", err)
	}
}

func TestSilenceIsPolled(t *testing.T) {
	t.Parallel()
	k := open(t, 10)
	o := k.place(1)
	p := k.mustStart(o[0], payment.SandboxName)
	k.decide(p, "approve", sandbox.ScenarioSilent)
	k.poll()
	k.wantOrder(o[0], order.StatusPendingPayment) // not due yet
	k.clock.Advance(5 * time.Second)
	k.poll()
	k.wantOrder(o[0], order.StatusPaid)
	k.wantBooks(price, 0)
}

func TestDeclinedMayBeTriedAgain(t *testing.T) {
	t.Parallel()
	k := open(t, 10)
	o := k.place(1)
	first := k.mustStart(o[0], payment.SandboxName)
	k.decide(first, "decline", "")
	if err := k.notice(); err != nil {
		t.Fatal(err)
	}
	k.wantStatus(first, payment.Failed)
	k.wantOrder(o[0], order.StatusPendingPayment)
	second := k.mustStart(o[0], payment.SandboxName)
	if second.ID == first.ID {
		t.Fatal("a payment that failed was given out again")
	}
	k.decide(second, "approve", "")
	if err := k.notice(); err != nil {
		t.Fatal(err)
	}
	k.wantOrder(o[0], order.StatusPaid)
	k.wantBooks(price, 0)
}

func TestLateMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		before func(k *till, o order.Order) // while the money is on its way
		want   order.Status
		sold   int64
		shop   int64
	}{
		{"takes the goods that are left", func(*till, order.Order) {}, order.StatusPaid, 2, 2 * price},
		{"goes back when the goods are gone", func(k *till, _ order.Order) { k.place(10) }, order.StatusClosed, 0, 0},
		{
			"goes back when one unit too few is left",
			func(k *till, _ order.Order) { k.place(9) }, order.StatusClosed, 0, 0,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := open(t, 10)
			o := k.place(2)[0]
			p := k.mustStart(o, payment.SandboxName)
			k.lapse()
			k.wantOrder(o, order.StatusClosed)
			c.before(k, o)
			k.decide(p, "late", "")
			if err := k.notice(); err != nil {
				t.Fatal(err)
			}
			k.wantOrder(o, c.want)
			k.wantStatus(p, payment.Succeeded)
			k.wantBooks(c.shop, 2*price-c.shop)
			if err := k.queue.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			k.wantBooks(c.shop, 0)
			k.wantTotals(2*price, 2*price-c.shop)
		})
	}
}

func TestACancelledOrderIsNotRevivedByMoney(t *testing.T) {
	t.Parallel()
	k := open(t, 10)
	o := k.place(1)[0]
	p := k.mustStart(o, payment.SandboxName)
	if err := k.orders.Cancel(t.Context(), k.key(), k.buyer, o.ID); err != nil {
		t.Fatal(err)
	}
	k.decide(p, "approve", "")
	if err := k.notice(); err != nil {
		t.Fatal(err)
	}
	k.wantOrder(o, order.StatusClosed)
	k.wantStock(10, 0, 0)
	k.wantBooks(0, price)
	k.bankDown.Store(true) // the refund is owed, and tried again, until the bank takes it
	if err := k.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.wantBooks(0, price)
	k.wantRefund(o, price, "pending")
	k.bankDown.Store(false)
	k.clock.Advance(time.Minute)
	if err := k.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.wantBooks(0, 0)
	k.wantTotals(price, price)
	k.wantRefund(o, price, "done")
	k.wantTold("refund.done buyer 6900, refund.done_by_shop owner 6900, refund.started buyer 6900, " +
		"refund.started_by_shop owner 6900")
}

func TestTheSecondOfTwoPaymentsGoesBack(t *testing.T) {
	t.Parallel()
	k := open(t, 10)
	o := k.place(1)[0]
	first, second := k.mustStart(o, twin), k.mustStart(o, payment.SandboxName)
	if first.ID == second.ID {
		t.Fatal("one payment for two providers")
	}
	k.wantRefund(o, 0, "")
	for _, p := range []payment.Payment{first, second} {
		k.decide(p, "approve", "")
		if err := k.notice(); err != nil {
			t.Fatal(err)
		}
	}
	k.wantOrder(o, order.StatusPaid)
	k.wantStock(9, 0, 1)
	k.wantBooks(price, price)
	k.wantRefund(o, price, "pending")
	if err := k.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.wantBooks(price, 0)
	k.wantRefund(o, price, "done")
}

func TestOnePaymentIsUnderWayAtATime(t *testing.T) {
	t.Parallel()
	k := open(t, 10)
	o := k.place(1, 1)
	first := k.mustStart(o[0], payment.SandboxName)
	if again := k.mustStart(o[1], payment.SandboxName); again.ID != first.ID || again.PayURL != first.PayURL {
		t.Errorf("got %s, want the payment of the checkout %s", again.ID, first.ID)
	}
	if err := k.orders.Cancel(t.Context(), k.key(), k.buyer, o[1].ID); err != nil {
		t.Fatal(err)
	}
	if less := k.mustStart(o[0], payment.SandboxName); less.ID == first.ID || less.Amount.Amount != price {
		t.Errorf("after a cancelled order the payment is %s of %v", less.ID, less.Amount)
	}
}

// Two tabs, a double click: each presses with a key of its own.
func TestPressedAtOnceOnePaymentIsOpened(t *testing.T) {
	t.Parallel()
	k := open(t, 100)
	for range 5 {
		o := k.place(1)[0]
		var group sync.WaitGroup
		got := make([]payment.Payment, 6)
		for i := range got {
			key := k.key()
			group.Go(func() {
				p, err := k.payments.Start(t.Context(), key, payment.Command{
					User: k.buyer, Order: o.ID, Provider: payment.SandboxName, ReturnURL: "http://127.0.0.1/orders",
				})
				if err != nil {
					t.Errorf("pressed at once: %v", err)
				}
				got[i] = p
			})
		}
		group.Wait()
		for _, p := range got {
			if p.ID != got[0].ID || p.PayURL != got[0].PayURL {
				t.Errorf("payments %s and %s of one checkout are open", p.ID, got[0].ID)
			}
		}
	}
}

func TestWhoMayNotPay(t *testing.T) {
	t.Parallel()
	k := open(t, 10)
	o := k.place(1)[0]
	if _, err := k.start(o, "gold"); fault.Code(err) != "payment.no_such_provider" {
		t.Errorf("an unknown provider: %v", err)
	}
	_, err := k.payments.Start(t.Context(), k.key(), payment.Command{
		User: id.Make[id.User](k.db), Order: o.ID,
		Provider: payment.SandboxName,
	})
	if fault.Code(err) != "order.not_found" {
		t.Errorf("a stranger: %v", err)
	}
	k.clock.Advance(payWithin + time.Second) // its time is over, the sweep has not come yet
	if _, err := k.start(o, payment.SandboxName); fault.Code(err) != "order.wrong_status" {
		t.Errorf("after its time: %v", err)
	}
}

func TestABankThatIsDownLosesNoPayment(t *testing.T) {
	t.Parallel()
	k := open(t, 10)
	o := k.place(1)[0]
	k.bankDown.Store(true)
	if _, err := k.start(o, payment.SandboxName); fault.Code(err) != "payment.provider_unavailable" ||
		errors.Unwrap(fault.As(err)) == nil {
		t.Fatalf("without a bank: %v", err)
	}
	k.bankDown.Store(false)
	k.decide(k.mustStart(o, payment.SandboxName), "approve", "")
	if err := k.notice(); err != nil {
		t.Fatal(err)
	}
	k.wantOrder(o, order.StatusPaid)
}

// What the bank did not answer to is nothing that waits: nobody was shown it, nobody asks for it.
func TestABankThatIsDownLeavesNothing(t *testing.T) {
	t.Parallel()
	k := open(t, 10)
	o := k.place(1)[0]
	k.bankDown.Store(true)
	if _, err := k.start(o, payment.SandboxName); err == nil {
		t.Fatal("started without a bank")
	}
	k.bankDown.Store(false)
	views, err := k.payments.PaymentViews(t.Context(), []id.Checkout{o.Checkout})
	if err != nil || len(views) != 0 {
		t.Errorf("there is a payment %+v, %v", views[o.Checkout], err)
	}
	k.clock.Advance(24 * time.Hour)
	if n, err := k.payments.Poll(t.Context(), 10); n != 0 || err != nil {
		t.Errorf("%d payments are asked about, %v", n, err)
	}
}

// A provider's word counts for its own payments: what one bank signs pays nothing that
// another was asked for.
func TestABankSpeaksForItselfAlone(t *testing.T) {
	t.Parallel()
	k := open(t, 10)
	o := k.place(1)[0]
	p := k.mustStart(o, twin)
	k.decide(p, "approve", sandbox.ScenarioBadSignature)
	if err := k.notice(); fault.Code(err) != "payment.forged_notification" {
		t.Fatal(err)
	}
	other := k.mustStart(k.place(1)[0], twin)
	k.decide(other, "approve", "")
	if err := k.notice(); err != nil {
		t.Fatal(err)
	}
	heard := k.heard.Load()
	again := k.place(1)[0]
	third := k.mustStart(again, payment.SandboxName)
	if err := k.payments.Notify(t.Context(), payment.SandboxName, heard.header,
		heard.body); fault.Code(err) != "payment.unknown" {
		t.Errorf("the twin's genuine word, sent to the other's door: %v", err)
	}
	k.wantOrder(o, order.StatusPendingPayment)
	k.wantOrder(again, order.StatusPendingPayment)
	k.wantStatus(third, payment.Pending)
}
