package sandbox_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"hawker/internal/sandbox"
)

// account is a payment as a plain list of rules has it.
type account struct {
	page     sandbox.Payment
	status   string
	expires  time.Time
	late     bool // the payer waits until it has expired
	refunded int64
	refunds  map[string]int64
}

// press is what a button on the page does, and what the payer is answered.
func (a *account) press(decision string, now time.Time) (status int) {
	expired := !now.Before(a.expires)
	switch {
	case a.status == sandbox.StatusSucceeded, a.status == sandbox.StatusFailed:
	case decision == "late" && !expired:
		a.late = true
	case decision == "late":
		a.status = sandbox.StatusSucceeded
	case a.status == sandbox.StatusClosed, expired:
		return http.StatusConflict
	case decision == "approve":
		a.status = sandbox.StatusSucceeded
	case decision == "decline":
		a.status = sandbox.StatusFailed
	}
	return http.StatusSeeOther
}

func (a *account) close() (code string) {
	switch a.status {
	case sandbox.StatusSucceeded:
		return sandbox.CodeAlreadyPaid
	case sandbox.StatusPending:
		a.status = sandbox.StatusClosed
	}
	return ""
}

func (a *account) refund(number string, amount int64) (code string) {
	was, known := a.refunds[number]
	switch {
	case known && was != amount:
		return sandbox.CodeConflict
	case known:
		return ""
	case a.status != sandbox.StatusSucceeded:
		return sandbox.CodeNotPaid
	case a.refunded+amount > a.page.Amount:
		return sandbox.CodeExceedsPaid
	}
	a.refunds[number] = amount
	a.refunded += amount
	return ""
}

func codeOf(err error) string {
	var refused *sandbox.APIError
	if errors.As(err, &refused) {
		return refused.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// step does one thing to the bank and to the list, and compares.
func (b *bank) step(random *rand.Rand, book map[string]*account) {
	b.t.Helper()
	number := fmt.Sprint("n", random.IntN(4))
	a := book[number]
	if a == nil {
		p := b.pay(number, sandbox.ScenarioSilent)
		book[number] = &account{page: p, status: p.Status, expires: p.ExpiresAt, refunds: map[string]int64{}}
		return
	}
	switch random.IntN(7) {
	case 0:
		b.clock.Advance(time.Duration(random.IntN(9)) * time.Minute)
	case 1:
		b.stop()
		b.start()
	case 2:
		p, err := b.client.Close(b.t.Context(), number)
		if got, want := codeOf(err), a.close(); got != want || err == nil && p.Status != a.status {
			b.t.Errorf("closing %s: %q, want %q", number, got, want)
		}
	case 3, 4:
		refund, amount := fmt.Sprint("r", number, random.IntN(4)), int64(random.IntN(1200)+1)
		_, err := b.client.Refund(b.t.Context(), sandbox.RefundRequest{
			OutRefundNo: refund, OutTradeNo: number, Amount: amount,
		})
		if got, want := codeOf(err), a.refund(refund, amount); got != want {
			b.t.Errorf("refund %s of %d for %s: %q, want %q", refund, amount, a.status, got, want)
		}
	default:
		decision := []string{"approve", "decline", "late"}[random.IntN(3)]
		status, _ := b.decide(a.page, decision)
		if want := a.press(decision, b.clock.Now()); status != want {
			b.t.Errorf("%s of %s: %d, want %d", decision, a.status, status, want)
		}
	}
}

// Payers, merchants, time and restarts in any order: a payment is where plain rules say
// that it is, and the day's statement adds up to what was paid and not given back.
func TestABankIsAListOfRules(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			b, book := makeBank(t, true), map[string]*account{}
			random := rand.New(rand.NewPCG(seed, 7))
			for range 60 {
				b.step(random, book)
			}
			want := int64(0)
			for number, a := range book {
				p := b.wantStatus(number, a.status)
				if p.Refunded != a.refunded || (p.PaidAt != nil) != (a.status == sandbox.StatusSucceeded) {
					t.Errorf("%s is %+v, want %+v", number, p, a)
				}
				if p.PaidAt != nil {
					want += p.Amount - p.Refunded
				}
			}
			got := int64(0)
			for day := b.clock.Now().AddDate(0, 0, -1); !day.After(b.clock.Now()); day = day.AddDate(0, 0, 1) {
				s, err := b.client.Statement(t.Context(), day)
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range s.Lines {
					if l.Kind == "refund" {
						l.Amount = -l.Amount
					}
					got += l.Amount
				}
			}
			if got != want {
				t.Errorf("the statements add up to %d, want %d", got, want)
			}
		})
	}
}

// Whoever presses, asks and refunds at once: one payment, one outcome, no more given
// back than was paid.
func TestEverybodyAtOnce(t *testing.T) {
	t.Parallel()
	b := makeBank(t, true)
	ids := make([]string, 8)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() { ids[i] = b.pay("n1", sandbox.ScenarioSilent).ID })
	}
	group.Wait()
	for _, one := range ids {
		if one != ids[0] {
			t.Fatalf("one number has the payments %v", ids)
		}
	}
	p := sandbox.Payment{ID: ids[0]}
	for i := range 8 {
		group.Go(func() { b.decide(p, []string{"approve", "decline"}[i%2]) })
	}
	group.Wait()
	now, err := b.client.Query(t.Context(), "n1")
	if err != nil || now.Status != sandbox.StatusSucceeded && now.Status != sandbox.StatusFailed {
		t.Fatalf("%+v, %v", now, err)
	}
	b.decide(b.pay("n2", sandbox.ScenarioSilent), "approve")
	var given sync.Map
	for i := range 10 {
		group.Go(func() {
			r := sandbox.RefundRequest{OutRefundNo: fmt.Sprint("r", i), OutTradeNo: "n2", Amount: 500}
			if _, err := b.client.Refund(t.Context(), r); err == nil {
				given.Store(i, true)
			} else if codeOf(err) != sandbox.CodeExceedsPaid {
				t.Error(err)
			}
		})
	}
	group.Wait()
	n := 0
	given.Range(func(any, any) bool { n++; return true })
	if p := b.wantStatus("n2", sandbox.StatusSucceeded); n != 3 || p.Refunded != 1500 {
		t.Errorf("%d refunds of 500 from 1999: %d", n, p.Refunded)
	}
}

// A page of no payment, a button that is none: refused, and nothing is decided.
func TestOddPages(t *testing.T) {
	t.Parallel()
	b := makeBank(t, true)
	p := b.pay("n1", "")
	for _, id := range []string{"sbx_pay_none", "..%2f", p.ID + "x"} {
		if status, _, _ := b.browse(sandbox.Payment{ID: id}, "en"); status != http.StatusNotFound {
			t.Errorf("the page of %q: %d", id, status)
		}
		if status, _ := b.decide(sandbox.Payment{ID: id}, "approve"); status != http.StatusNotFound {
			t.Errorf("a decision on %q: %d", id, status)
		}
	}
	for what, form := range map[string]url.Values{
		"nothing": {}, "another word": {"decision": {"steal"}}, "an odd scenario": {
			"decision": {"approve"},
			"scenario": {"x"},
		},
	} {
		if status, _ := b.decideWith(p, form); status != http.StatusBadRequest {
			t.Errorf("%s: %d", what, status)
		}
	}
	b.wantStatus("n1", sandbox.StatusPending)
	_, header, body := b.browse(p, "en;q=0.2, zh;q=0.8")
	if header.Get("Vary") != "Accept-Language" || !containsAll(body, `lang="zh-CN"`, "待支付") {
		t.Errorf("in which language: %q", header.Get("Vary"))
	}
}
