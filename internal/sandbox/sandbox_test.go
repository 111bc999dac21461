package sandbox_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hawker/internal/sandbox"
)

func wantRefusal(t *testing.T, err error, code string) {
	t.Helper()
	var refused *sandbox.APIError
	if !errors.As(err, &refused) || refused.Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestApprove(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	p := b.pay("n1", "")
	if p.Status != sandbox.StatusPending || !strings.HasPrefix(p.ID, "sbx_pay_") || !strings.HasPrefix(p.PayURL,
		b.url+"/pay/") {
		t.Fatalf("created %+v", p)
	}
	status, header := b.decide(p, "approve")
	if status != http.StatusSeeOther || header.Get("Location") != b.merchant.URL+"/back?order=1" {
		t.Errorf("answered %d to %q", status, header.Get("Location"))
	}
	d := b.next()
	if d.err != nil || d.event.Type != sandbox.EventPaymentSucceeded || d.event.Data.Amount != 1999 ||
		d.event.Data.OutTradeNo != "n1" ||
		d.event.Data.ProviderRef != p.ID || d.event.Data.Status != sandbox.StatusSucceeded {
		t.Errorf("notified %+v, %v", d.event, d.err)
	}
	if again := b.wantStatus("n1", sandbox.StatusSucceeded); again.PaidAt == nil {
		t.Error("paid without a time")
	}
	b.decide(p, "decline") // going back and pressing another button
	b.wantStatus("n1", sandbox.StatusSucceeded)
	_, err := b.client.Close(t.Context(), "n1")
	wantRefusal(t, err, sandbox.CodeAlreadyPaid)
	b.wantQuiet()
}

func TestDecline(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	p := b.pay("n1", "")
	b.decide(p, "decline")
	if d := b.next(); d.event.Type != sandbox.EventPaymentFailed {
		t.Errorf("notified %+v", d.event)
	}
	b.wantStatus("n1", sandbox.StatusFailed)
	_, err := b.client.Refund(t.Context(), sandbox.RefundRequest{OutRefundNo: "r1", OutTradeNo: "n1", Amount: 1})
	wantRefusal(t, err, sandbox.CodeNotPaid)
}

func TestPageSaysSandboxInBothLanguages(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	p := b.pay("n1", "")
	for language, words := range map[string][]string{
		"zh-CN,zh;q=0.9": {`lang="zh-CN"`, "SANDBOX", "测试支付", "确认支付", "拒绝支付", "逾期支付", "CNY 19.99"},
		"en-US,en": {
			`lang="en"`, "SANDBOX", "Test payment", "Approve payment", "Decline payment", "Pay late",
			"CNY 19.99",
		},
	} {
		status, header, body := b.browse(p, language)
		if status != http.StatusOK {
			t.Fatalf("answered %d", status)
		}
		for _, w := range append(words, "Tea &lt;House&gt;", "Tea &amp; cake &lt;b&gt;", `value="approve"`,
			`value="decline"`, `value="late"`) {
			if !strings.Contains(body, w) {
				t.Errorf("%s: no %q on the page", language, w)
			}
		}
		if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") ||
			strings.Contains(csp, "unsafe") {
			t.Errorf("policy %q", csp)
		}
		if strings.Contains(body, "<script") || strings.Contains(body, "style=") {
			t.Error("something inline")
		}
	}
}

func TestCreateIsIdempotentByNumber(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	first := b.pay("n1", "")
	if again := b.pay("n1", ""); again.ID != first.ID {
		t.Errorf("%s, then %s", first.ID, again.ID)
	}
	other := b.request("n1")
	other.Amount++
	_, err := b.client.CreatePayment(t.Context(), other)
	wantRefusal(t, err, sandbox.CodeConflict)
}

func TestBadRequestsAreRefused(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	for name, change := range map[string]func(*sandbox.PaymentRequest){
		"no number":       func(r *sandbox.PaymentRequest) { r.OutTradeNo = "" },
		"long number":     func(r *sandbox.PaymentRequest) { r.OutTradeNo = strings.Repeat("n", 65) },
		"nothing to pay":  func(r *sandbox.PaymentRequest) { r.Amount = 0 },
		"no currency":     func(r *sandbox.PaymentRequest) { r.Currency = "yuan" },
		"odd address":     func(r *sandbox.PaymentRequest) { r.ReturnURL = "javascript:alert(1)" },
		"expired already": func(r *sandbox.PaymentRequest) { r.ExpiresAt = b.clock.Now() },
		"odd scenario":    func(r *sandbox.PaymentRequest) { r.Scenario = "explode" },
	} {
		r := b.request("bad")
		change(&r)
		if _, err := b.client.CreatePayment(t.Context(), r); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestNotificationIsRepeatedUntilTaken(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	p := b.pay("n1", "")
	b.answer = http.StatusInternalServerError
	b.decide(p, "approve")
	first, second := b.next(), b.next()
	if first.err != nil || second.err != nil || first.event.ID != second.event.ID {
		t.Errorf("%v %v: %s then %s", first.err, second.err, first.event.ID, second.event.ID)
	}
	if first.header.Get("Sandbox-Nonce") == second.header.Get("Sandbox-Nonce") {
		t.Error("a retry is not signed anew")
	}
	b.wantQuiet()
}

func TestRestartKeepsEverything(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	key := b.service.PublicKey()
	p := b.pay("n1", "")
	b.answer = http.StatusBadGateway
	b.decide(p, "approve")
	first := b.next()
	b.stop()
	b.start()
	if !bytes.Equal(key, b.service.PublicKey()) {
		t.Error("another key after the restart")
	}
	if again := b.wantStatus("n1", sandbox.StatusSucceeded); again.ID != p.ID {
		t.Errorf("%s became %s", p.ID, again.ID)
	}
	if d := b.next(); d.err != nil || d.event.ID != first.event.ID {
		t.Errorf("after the restart came %+v, %v", d.event, d.err)
	}
	b.wantQuiet()
}

func TestPayLate(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	p := b.pay("n1", "")
	if status, _ := b.decide(p, "late"); status != http.StatusSeeOther {
		t.Errorf("answered %d", status)
	}
	b.wantStatus("n1", sandbox.StatusPending)
	if _, err := b.client.Close(t.Context(), "n1"); err != nil {
		t.Fatal(err)
	}
	b.wantStatus("n1", sandbox.StatusClosed)
	b.clock.Advance(16 * time.Minute)
	if d := b.next(); d.err != nil || d.event.Type != sandbox.EventPaymentSucceeded {
		t.Errorf("notified %+v, %v", d.event, d.err)
	}
	if late := b.wantStatus("n1", sandbox.StatusSucceeded); late.PaidAt.Before(late.ExpiresAt) {
		t.Errorf("paid at %s, which is not late", late.PaidAt)
	}
}

func TestClosedAndExpiredCannotBeApproved(t *testing.T) {
	t.Parallel()
	b := makeBank(t, true) // the worker closes what has expired; the page must not wait for it
	closed, expired := b.pay("closed", ""), b.pay("expired", "")
	for range 2 {
		if _, err := b.client.Close(t.Context(), "closed"); err != nil {
			t.Fatal(err)
		}
	}
	b.clock.Advance(15 * time.Minute)
	for _, p := range []sandbox.Payment{closed, expired} {
		if status, _ := b.decide(p, "approve"); status != http.StatusConflict {
			t.Errorf("%s: answered %d", p.OutTradeNo, status)
		}
	}
	_, _, body := b.browse(expired, "en")
	if strings.Contains(body, `value="approve"`) || !strings.Contains(body, `value="late"`) {
		t.Error("an expired payment still offers to be approved")
	}
	if status, _ := b.decide(expired, "late"); status != http.StatusSeeOther {
		t.Errorf("late money: answered %d", status)
	}
	b.wantStatus("expired", sandbox.StatusSucceeded)
}

func TestRefunds(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	b.decide(b.pay("n1", ""), "approve")
	b.next()
	ask := sandbox.RefundRequest{OutRefundNo: "r1", OutTradeNo: "n1", Amount: 1000}
	first, err := b.client.Refund(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := b.client.Refund(t.Context(), ask); err != nil || again.ID != first.ID {
		t.Errorf("repeated: %+v, %v", again, err)
	}
	if d := b.next(); d.event.Type != sandbox.EventRefundSucceeded || d.event.Data.OutRefundNo != "r1" ||
		d.event.Data.Amount != 1000 || d.event.Data.ProviderRef != first.ID {
		t.Errorf("notified %+v", d.event)
	}
	_, err = b.client.Refund(t.Context(), sandbox.RefundRequest{OutRefundNo: "r1", OutTradeNo: "n1", Amount: 999})
	wantRefusal(t, err, sandbox.CodeConflict)
	_, err = b.client.Refund(t.Context(), sandbox.RefundRequest{OutRefundNo: "r2", OutTradeNo: "n1", Amount: 1000})
	wantRefusal(t, err, sandbox.CodeExceedsPaid)
	if _, err = b.client.Refund(t.Context(), sandbox.RefundRequest{
		OutRefundNo: "r3", OutTradeNo: "n1",
		Amount: 999,
	}); err != nil {
		t.Fatal(err)
	}
	b.next()
	if r, err := b.client.QueryRefund(t.Context(), "r1"); err != nil || r.Status != sandbox.StatusSucceeded {
		t.Errorf("query: %+v, %v", r, err)
	}
	if p := b.wantStatus("n1", sandbox.StatusSucceeded); p.Refunded != 1999 {
		t.Errorf("refunded %d", p.Refunded)
	}
	s, err := b.client.Statement(t.Context(), b.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for _, l := range s.Lines {
		if l.Kind == "refund" {
			l.Amount = -l.Amount
		}
		sum += l.Amount
	}
	if len(s.Lines) != 3 || sum != 0 {
		t.Errorf("statement %+v", s)
	}
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	t.Run("duplicate", func(t *testing.T) {
		b := newBank(t)
		b.decide(b.pay("n1", sandbox.ScenarioDuplicate), "approve")
		a, c, d := b.next(), b.next(), b.next()
		if a.err != nil || a.event.ID != c.event.ID || c.event.ID != d.event.ID {
			t.Errorf("%v %v %v", a.event, c.event, d.event)
		}
		b.wantQuiet()
	})
	t.Run("silent", func(t *testing.T) {
		b := newBank(t)
		b.decide(b.pay("n1", sandbox.ScenarioSilent), "approve")
		b.wantStatus("n1", sandbox.StatusSucceeded)
		b.wantQuiet()
	})
	t.Run("chosen on the page", func(t *testing.T) {
		b := newBank(t)
		p := b.pay("n1", sandbox.ScenarioDuplicate)
		b.decideWith(p, url.Values{"decision": {"approve"}, "scenario": {""}})
		b.next()
		b.wantQuiet()
		if status, _ := b.decideWith(b.pay("n2", ""), url.Values{
			"decision": {"approve"},
			"scenario": {"explode"},
		}); status != http.StatusBadRequest {
			t.Errorf("an unknown scenario got %d", status)
		}
		b.wantStatus("n2", sandbox.StatusPending)
	})
	t.Run("wrong amount", func(t *testing.T) {
		b := newBank(t)
		b.decide(b.pay("n1", sandbox.ScenarioWrongAmount), "approve")
		if d := b.next(); d.err != nil || d.event.Data.Amount != 2000 {
			t.Errorf("notified %+v, %v", d.event, d.err)
		}
	})
	for scenario, want := range map[string]error{
		sandbox.ScenarioBadSignature: sandbox.ErrSignature, sandbox.ScenarioOldTimestamp: sandbox.ErrTimestamp,
	} {
		t.Run(scenario, func(t *testing.T) {
			b := newBank(t)
			b.decide(b.pay("n1", scenario), "approve")
			if d := b.next(); !errors.Is(d.err, want) {
				t.Errorf("first delivery: %v, want %v", d.err, want)
			}
			if d := b.next(); d.err != nil {
				t.Errorf("the retry: %v", d.err)
			}
			b.wantQuiet()
		})
	}
}

func TestForgedNotificationsAreRefused(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	b.decide(b.pay("n1", ""), "approve")
	d := b.next()
	now := b.clock.Now()
	parse := func(change func(h http.Header, body []byte) []byte, at time.Time) error {
		h, body := d.header.Clone(), bytes.Clone(d.body)
		_, err := b.client.ParseNotification(h, change(h, body), at)
		return err
	}
	keep := func(_ http.Header, body []byte) []byte { return body }
	for name, c := range map[string]struct {
		err  error
		want error
	}{
		"replayed": {parse(keep, now), sandbox.ErrReplayed},
		"old":      {parse(keep, now.Add(301*time.Second)), sandbox.ErrTimestamp},
		"future":   {parse(keep, now.Add(-301*time.Second)), sandbox.ErrTimestamp},
		"changed body": {
			parse(func(_ http.Header, body []byte) []byte { body[len(body)/2] ^= 1; return body }, now),
			sandbox.ErrSignature,
		},
		"no signature": {parse(func(h http.Header, body []byte) []byte { h.Del("Sandbox-Signature"); return body },
			now), sandbox.ErrSignature},
		"other key": {parse(func(h http.Header, body []byte) []byte {
			h.Set("Sandbox-Key-Id",
				"sbx_key_00")
			return body
		}, now), sandbox.ErrKey},
		"newer stamp": {parse(func(h http.Header, body []byte) []byte {
			h.Set("Sandbox-Timestamp", h.Get("Sandbox-Timestamp")+"0") // whatever the clock said when it was sent
			return body
		}, now), sandbox.ErrSignature},
		"other nonce": {parse(func(h http.Header, body []byte) []byte {
			h.Set("Sandbox-Nonce",
				"x")
			return body
		}, now), sandbox.ErrSignature},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: got %v, want %v", name, c.err, c.want)
		}
	}
	other := sandbox.NewClient(sandbox.ClientOptions{
		BaseURL: b.url, MerchantID: "sbx_mch_other", Key: b.key, ProviderKey: b.service.PublicKey(), Clock: b.clock,
	})
	if _, err := other.ParseNotification(d.header, d.body, now); !errors.Is(err, sandbox.ErrMerchant) {
		t.Errorf("another merchant's: %v", err)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	b.pay("n1", "")
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := sandbox.Register(t.Context(), http.DefaultClient, b.url, "Other", key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	options := sandbox.ClientOptions{
		BaseURL: b.url, MerchantID: m.MerchantID, Key: key,
		ProviderKey: b.service.PublicKey(), Clock: b.clock,
	}
	_, err = sandbox.NewClient(options).Query(t.Context(), "n1")
	wantRefusal(t, err, sandbox.CodeNotFound)
	options.Key = b.key // somebody else's signature under this merchant's name
	_, err = sandbox.NewClient(options).Query(t.Context(), "n1")
	wantRefusal(t, err, sandbox.CodeUnauthorized)
	options.Key, options.ProviderKey = key, key.Public().(ed25519.PublicKey) // an answer not by the pinned provider
	if _, err = sandbox.NewClient(options).Query(t.Context(), "n1"); !errors.Is(err, sandbox.ErrKey) {
		t.Errorf("believed a stranger: %v", err)
	}
}

func TestOnlyLoopback(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0"} {
		if ln, err := sandbox.Listen(t.Context(), addr); !errors.Is(err, sandbox.ErrNotLoopback) {
			t.Errorf("%s: %v", addr, err)
			if ln != nil {
				ln.Close()
			}
		}
	}
	ln, err := sandbox.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	b := newBank(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/v1/merchants", strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "rebound.example"
	if status, _, _ := b.do(req); status != http.StatusForbidden {
		t.Errorf("a rebound name got %d", status)
	}
}

// Another site's page cannot press the button.
func TestDecisionFromAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	p := b.pay("n1", "")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/pay/"+p.ID,
		strings.NewReader("decision=approve"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	if status, _, _ := b.do(req); status != http.StatusForbidden {
		t.Errorf("answered %d", status)
	}
	b.wantStatus("n1", sandbox.StatusPending)
}
