package sandbox_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"hawker/internal/sandbox"
)

// beside is another merchant of the bank.
func (b *bank) beside(name string) *sandbox.Client {
	b.t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	m, err := sandbox.Register(b.t.Context(), http.DefaultClient, b.url, name, key.Public().(ed25519.PublicKey))
	if err != nil {
		b.t.Fatal(err)
	}
	return sandbox.NewClient(sandbox.ClientOptions{
		BaseURL: b.url, MerchantID: m.MerchantID, Key: key, ProviderKey: b.service.PublicKey(), Clock: b.clock,
	})
}

// A merchant's numbers are its own: another may use the same ones, and sees, closes and
// refunds nothing but what is theirs.
func TestMerchantsAreApart(t *testing.T) {
	t.Parallel()
	b := makeBank(t, true)
	other := b.beside("Other")
	b.decide(b.pay("n1", ""), "approve")
	theirs, err := other.CreatePayment(t.Context(), b.request("n1"))
	if err != nil {
		t.Fatal(err)
	}
	if mine := b.wantStatus("n1", sandbox.StatusSucceeded); mine.ID == theirs.ID {
		t.Errorf("two merchants share the payment %s", mine.ID)
	}
	if _, err := b.client.Refund(t.Context(), sandbox.RefundRequest{
		OutRefundNo: "r1", OutTradeNo: "n1", Amount: 5,
	}); err != nil {
		t.Fatal(err)
	}
	b.pay("n2", "")
	for what, got := range map[string]error{
		"looked up":        second(other.Query(t.Context(), "n2")),
		"closed":           second(other.Close(t.Context(), "n2")),
		"refund looked up": second(other.QueryRefund(t.Context(), "r1")),
		"refunded for good": second(other.Refund(t.Context(), sandbox.RefundRequest{
			OutRefundNo: "r9", OutTradeNo: "n2",
			Amount: 1,
		})),
	} {
		if codeOf(got) != sandbox.CodeNotFound {
			t.Errorf("another's payment was %s: %v", what, got)
		}
	}
	_, err = other.Refund(t.Context(), sandbox.RefundRequest{OutRefundNo: "r1", OutTradeNo: "n1", Amount: 5})
	if codeOf(err) != sandbox.CodeNotPaid { // their own n1 is not paid
		t.Errorf("refunded from another's money: %v", err)
	}
	s, err := other.Statement(t.Context(), b.clock.Now())
	if err != nil || len(s.Lines) != 0 {
		t.Errorf("their statement tells %+v, %v", s, err)
	}
}

func second[T any](_ T, err error) error { return err }

// Money is on the statement of the day (UTC) on which it moved, and a day without any
// is an empty one.
func TestMoneyIsOnTheStatementOfItsDay(t *testing.T) {
	t.Parallel()
	b := makeBank(t, true)
	b.clock.Advance(11*time.Hour + 59*time.Minute) // a minute before midnight
	first := b.clock.Now()
	b.decide(b.pay("n1", ""), "approve")
	b.clock.Advance(time.Minute)
	b.decide(b.pay("n2", ""), "approve")
	b.clock.Advance(24*time.Hour - time.Millisecond)
	if _, err := b.client.Refund(t.Context(), sandbox.RefundRequest{
		OutRefundNo: "r1", OutTradeNo: "n1", Amount: 999,
	}); err != nil {
		t.Fatal(err)
	}
	b.pay("n3", "") // not paid: on no statement
	for day, want := range map[int]string{
		-1: "[]", 0: "[payment n1 1999]", 1: "[payment n2 1999 refund n1 999]", 2: "[]",
	} {
		s, err := b.client.Statement(t.Context(), first.AddDate(0, 0, day).In(time.FixedZone("x", 14*3600)))
		if err != nil {
			t.Fatal(err)
		}
		got := []any{}
		for _, l := range s.Lines {
			got = append(got, l.Kind, l.OutTradeNo, l.Amount)
			if l.Currency != "CNY" || l.ProviderRef == "" || (l.OutRefundNo != "") != (l.Kind == "refund") {
				t.Errorf("day %d: %+v", day, l)
			}
		}
		if fmt.Sprint(got) != want {
			t.Errorf("day %d tells %v, want %s", day, got, want)
		}
	}
}

// What nobody pays in time is closed by the bank itself, says nothing to anybody, and
// is closed again without harm; what was paid in the last moment is paid.
func TestWhatExpiresIsClosed(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	last := b.pay("last", sandbox.ScenarioSilent)
	b.pay("late", "")
	b.clock.Advance(15*time.Minute - time.Millisecond)
	if status, _ := b.decide(last, "approve"); status != http.StatusSeeOther {
		t.Errorf("in the last moment: %d", status)
	}
	b.clock.Advance(time.Millisecond)
	for {
		p, err := b.client.Query(t.Context(), "late")
		if err != nil {
			t.Fatal(err)
		}
		if p.Status == sandbox.StatusClosed {
			break
		}
		b.clock.Advance(time.Second)
	}
	if _, err := b.client.Close(t.Context(), "late"); err != nil {
		t.Error(err)
	}
	b.wantStatus("last", sandbox.StatusSucceeded)
	b.wantQuiet()
}

// A payment misbehaves when it is refunded as it did when it was paid: a merchant that
// believes the amount of a notice gives back too much.
func TestRefundsMisbehaveToo(t *testing.T) {
	t.Parallel()
	for scenario, check := range map[string]func(t *testing.T, b *bank){
		sandbox.ScenarioWrongAmount: func(t *testing.T, b *bank) {
			if d := b.next(); d.err != nil || d.event.Data.Amount != 501 {
				t.Errorf("told of %+v, %v", d.event.Data, d.err)
			}
		},
		sandbox.ScenarioDuplicate: func(t *testing.T, b *bank) {
			if a, c, d := b.next(), b.next(), b.next(); a.event.ID != c.event.ID || c.event.ID != d.event.ID {
				t.Errorf("told of %s, %s, %s", a.event.ID, c.event.ID, d.event.ID)
			}
		},
		sandbox.ScenarioBadSignature: func(t *testing.T, b *bank) {
			if d := b.next(); !errors.Is(d.err, sandbox.ErrSignature) {
				t.Errorf("first %v", d.err)
			}
			if d := b.next(); d.err != nil || d.event.Type != sandbox.EventRefundSucceeded {
				t.Errorf("then %+v, %v", d.event, d.err)
			}
		},
		sandbox.ScenarioSilent: func(*testing.T, *bank) {},
	} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			b := newBank(t)
			p := b.pay("n1", scenario)
			b.decide(p, "approve")
			switch scenario {
			case sandbox.ScenarioSilent:
			case sandbox.ScenarioDuplicate:
				b.next()
				b.next()
				b.next()
			case sandbox.ScenarioBadSignature:
				b.next()
				b.next()
			default:
				b.next()
			}
			r, err := b.client.Refund(t.Context(), sandbox.RefundRequest{
				OutRefundNo: "r1", OutTradeNo: "n1", Amount: 500,
			})
			if err != nil || r.Amount != 500 {
				t.Fatalf("%+v, %v", r, err)
			}
			check(t, b)
			b.wantQuiet()
			if got, err := b.client.QueryRefund(t.Context(), "r1"); err != nil || got != r {
				t.Errorf("asked for: %+v, %v; answered %+v", got, err, r)
			}
		})
	}
}
