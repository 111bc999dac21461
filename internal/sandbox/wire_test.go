package sandbox_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/sandbox"
)

func containsAll(text string, words ...string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// sent is a request as a merchant signs it: METHOD, path, time, nonce, body.
func (b *bank) sent(method, path, body string, at time.Time, change func(r *http.Request)) (int, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	m, err := sandbox.Register(b.t.Context(), http.DefaultClient, b.url, "Tea <House>",
		b.key.Public().(ed25519.PublicKey))
	if err != nil {
		b.t.Fatal(err)
	}
	ts := strconv.FormatInt(at.Unix(), 10)
	text := strings.Join([]string{method, path, ts, "nonce", body}, "\n") + "\n"
	for name, value := range map[string]string{
		"Sandbox-Merchant": m.MerchantID, "Sandbox-Timestamp": ts, "Sandbox-Nonce": "nonce",
		"Sandbox-Signature": base64.StdEncoding.EncodeToString(ed25519.Sign(b.key, []byte(text))),
	} {
		req.Header.Set(name, value)
	}
	if change != nil {
		change(req)
	}
	status, _, answer := b.do(req)
	return status, answer
}

// What is not signed as it should be is not believed, whatever else is right; what is
// signed and is no request is refused as one.
func TestRequestsAreBelievedAsTheyAreSigned(t *testing.T) {
	t.Parallel()
	b := makeBank(t, true)
	b.pay("n1", "")
	now := b.clock.Now()
	header := func(name, value string) func(r *http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, c := range []struct {
		what, method, path, body string
		at                       time.Time
		change                   func(r *http.Request)
		status                   int
	}{
		{"right", "GET", "/v1/payments/n1", "", now, nil, 200},
		{"again within its time", "GET", "/v1/payments/n1", "", now, nil, 200},
		{"just in time", "GET", "/v1/payments/n1", "", now.Add(-299 * time.Second), nil, 200},
		{"too late", "GET", "/v1/payments/n1", "", now.Add(-300 * time.Second), nil, 401},
		{"from the future", "GET", "/v1/payments/n1", "", now.Add(300 * time.Second), nil, 401},
		{
			"another path", "GET", "/v1/payments/n1", "", now, func(r *http.Request) { r.URL.Path = "/v1/refunds/n1" },
			401,
		},
		{"a query more", "GET", "/v1/payments/n1", "", now, func(r *http.Request) { r.URL.RawQuery = "x=1" }, 401},
		{"another body", "POST", "/v1/refunds", "{}", now, func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader("[]")), 2
		}, 401},
		{"another nonce", "GET", "/v1/payments/n1", "", now, header("Sandbox-Nonce", "other"), 401},
		{"no signature", "GET", "/v1/payments/n1", "", now, header("Sandbox-Signature", ""), 401},
		{"no base64", "GET", "/v1/payments/n1", "", now, header("Sandbox-Signature", "%%%"), 401},
		{"nobody's", "GET", "/v1/payments/n1", "", now, header("Sandbox-Merchant", "sbx_mch_none"), 401},
		{"no time", "GET", "/v1/payments/n1", "", now, header("Sandbox-Timestamp", "soon"), 401},
		{"no JSON", "POST", "/v1/payments", "{", now, nil, 400},
		{"no payment", "POST", "/v1/payments", "[]", now, nil, 400},
		{"no refund", "POST", "/v1/refunds", "{}", now, nil, 400},
		{
			"a refund below nothing", "POST", "/v1/refunds", `{"out_refund_no":"r","out_trade_no":"n1","amount":-1}`,
			now,
			nil, 400,
		},
		{"too long", "POST", "/v1/payments", strings.Repeat(" ", 70<<10), now, nil, 401},
		{"no day", "GET", "/v1/statement?date=2026-13-45", "", now, nil, 400},
		{"no such payment", "GET", "/v1/payments/none", "", now, nil, 404},
		{"no such refund", "GET", "/v1/refunds/none", "", now, nil, 404},
		{"to close nothing", "POST", "/v1/payments/none/close", "", now, nil, 404},
		{"nowhere", "GET", "/v2/payments", "", now, nil, 404},
		{"not that way", "DELETE", "/v1/payments/n1", "", now, nil, 405},
	} {
		if status, answer := b.sent(c.method, c.path, c.body, c.at, c.change); status != c.status {
			t.Errorf("%s: %d %s, want %d", c.what, status, answer, c.status)
		}
	}
	b.wantStatus("n1", sandbox.StatusPending)
}

func TestRegistrationsThatAreNone(t *testing.T) {
	t.Parallel()
	b := makeBank(t, true)
	key := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for body, status := range map[string]int{
		``: 400, `{`: 400, `{"name":"x"}`: 400, `{"name":"","public_key":"` + key + `"}`: 400,
		`{"name":"x","public_key":"AAAA"}`: 400, `{"name":"x","public_key":"%"}`: 400,
		`{"name":"` + strings.Repeat("x", 300) + `","public_key":"` + key + `"}`: 400,
		`{"name":"x","public_key":"` + key + `"}`:                                200,
	} {
		res, err := http.Post(b.url+"/v1/merchants", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != status {
			t.Errorf("%.60s: %d, want %d", body, res.StatusCode, status)
		}
	}
}

// between stands between the merchant and the bank and may change what the bank says.
func (b *bank) between(change func(w http.ResponseWriter, res *http.Response, body []byte)) *sandbox.Client {
	b.t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req, err := http.NewRequestWithContext(r.Context(), r.Method, b.url+r.URL.RequestURI(), r.Body)
		if err != nil {
			b.t.Error(err)
			return
		}
		req.Header = r.Header.Clone()
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			b.t.Error(err)
			return
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			b.t.Error(err)
		}
		for name, values := range res.Header {
			if strings.HasPrefix(name, "Sandbox-") {
				w.Header()[name] = values
			}
		}
		change(w, res, body)
	}))
	b.t.Cleanup(proxy.Close)
	m, err := sandbox.Register(b.t.Context(), http.DefaultClient, b.url, "Tea <House>",
		b.key.Public().(ed25519.PublicKey))
	if err != nil {
		b.t.Fatal(err)
	}
	return sandbox.NewClient(sandbox.ClientOptions{
		BaseURL: proxy.URL + "/", MerchantID: m.MerchantID, Key: b.key, ProviderKey: b.service.PublicKey(),
		Clock: b.clock,
	})
}

// Whoever stands between changes nothing unseen: not what was said, not when, and not
// by whom; a bank that is away is an error and no answer.
func TestAnswersThatWereChangedOnTheWay(t *testing.T) {
	t.Parallel()
	b := makeBank(t, true)
	b.pay("n1", "")
	for what, c := range map[string]struct {
		change func(w http.ResponseWriter, body []byte)
		want   error
	}{
		"as it was": {func(w http.ResponseWriter, body []byte) { _, _ = w.Write(body) }, nil},
		"paid": {func(w http.ResponseWriter, body []byte) {
			_, _ = w.Write(bytes.Replace(body, []byte("pending"), []byte("succeeded"), 1))
		}, sandbox.ErrSignature},
		"cut off": {func(w http.ResponseWriter, body []byte) {
			_, _ = w.Write(body[:len(body)-1])
		}, sandbox.ErrSignature},
		"nothing": {func(http.ResponseWriter, []byte) {}, sandbox.ErrSignature},
		"without a key": {func(w http.ResponseWriter, body []byte) {
			w.Header().Del("Sandbox-Key-Id")
			_, _ = w.Write(body)
		}, sandbox.ErrKey},
		"another time": {func(w http.ResponseWriter, body []byte) {
			w.Header().Set("Sandbox-Timestamp", "1")
			_, _ = w.Write(body)
		}, sandbox.ErrSignature},
	} {
		client := b.between(func(w http.ResponseWriter, _ *http.Response, body []byte) { c.change(w, body) })
		p, err := client.Query(t.Context(), "n1")
		if !errors.Is(err, c.want) || err == nil && p.Status != sandbox.StatusPending {
			t.Errorf("%s: %+v, %v", what, p, err)
		}
		if err != nil && p.Status != "" {
			t.Errorf("%s: it is believed: %+v", what, p)
		}
	}
	var first http.Header
	var said []byte
	old := b.between(func(w http.ResponseWriter, _ *http.Response, body []byte) {
		if first == nil {
			first, said = w.Header().Clone(), body
		}
		for name, values := range first {
			w.Header()[name] = values
		}
		_, _ = w.Write(said)
	})
	if _, err := old.Query(t.Context(), "n1"); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(6 * time.Minute)
	if _, err := old.Query(t.Context(), "n1"); !errors.Is(err, sandbox.ErrTimestamp) {
		t.Errorf("an answer of six minutes ago: %v", err)
	}
	b.stop()
	if _, err := b.client.Query(t.Context(), "n1"); err == nil {
		t.Error("a bank that is away has answered")
	}
}

// A merchant that never takes a notification is asked again at growing intervals for a
// day, and then no more; one that sends the bank elsewhere has not taken it.
func TestTheBankGivesUpAfterADay(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	var asked, elsewhere atomic.Int64
	came := make(chan struct{}, 100)
	merchant := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			elsewhere.Add(1)
			return
		}
		asked.Add(1)
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		came <- struct{}{}
	}))
	defer merchant.Close()
	r := b.request("n1")
	r.NotifyURL = merchant.URL + "/notify"
	p, err := b.client.CreatePayment(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	b.decide(p, "approve")
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for owed := 1; owed > 0; {
		select {
		case <-came:
		case <-tick.C:
			b.clock.Advance(time.Minute)
		}
		if owed, err = b.service.Owed(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if asked.Load() != 13 || elsewhere.Load() != 0 {
		t.Errorf("asked %d times and elsewhere %d, want 13 and 0", asked.Load(), elsewhere.Load())
	}
	b.wantStatus("n1", sandbox.StatusSucceeded) // who asks is told
}

// A bank lies where it is told to, whatever the folder is called, and says why where
// it cannot; it serves until it is ended, and its books are closed then.
func TestTheBankByItself(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	for _, name := range []string{"plain", "a#b", "100%41?x", "账"} {
		dir := filepath.Join(t.TempDir(), name)
		s, err := sandbox.New(sandbox.Options{Dir: dir, Log: log})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		key := s.PublicKey()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if info, err := os.Stat(filepath.Join(dir, "sandbox.db")); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
		again, err := sandbox.New(sandbox.Options{Dir: dir, Log: log})
		if err != nil || !bytes.Equal(again.PublicKey(), key) {
			t.Fatalf("%s: another bank, %v", name, err)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("no folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for what, c := range map[string]struct{ dir, addr, word string }{
		"a file":        {file, "127.0.0.1:0", "not a directory"},
		"a taken port":  {t.TempDir(), taken.Addr().String(), "in use"},
		"the world":     {t.TempDir(), "0.0.0.0:0", "loopback"},
		"no address":    {t.TempDir(), "8090", "port"},
		"another's own": {t.TempDir(), "192.0.2.1:0", "loopback"},
	} {
		if err := sandbox.Serve(t.Context(), c.dir, c.addr, log); err == nil || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s: %v", what, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sandbox.Serve(ctx, t.TempDir(), "127.0.0.1:0", log); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("ended by %v", err)
	}
}

// FuzzParseNotification: whatever comes to a merchant's door is refused unless the
// bank has signed it, and the bank has signed nothing here.
func FuzzParseNotification(f *testing.F) {
	f.Add([]byte(`{"id":"sbx_evt_1","merchant_id":"m","data":{"out_trade_no":"n1"}}`), "1795348800", "AAAA", "x")
	f.Add([]byte{}, "", "", "")
	f.Add([]byte("\xff"), "-9223372036854775808", strings.Repeat("A", 88), "\n")
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		f.Fatal(err)
	}
	c := sandbox.NewClient(sandbox.ClientOptions{MerchantID: "m", ProviderKey: public})
	f.Fuzz(func(t *testing.T, body []byte, ts, signature, nonce string) {
		h := http.Header{}
		for name, value := range map[string]string{
			"Sandbox-Key-Id": sandbox.KeyID(public), "Sandbox-Timestamp": ts, "Sandbox-Signature": signature,
			"Sandbox-Nonce": nonce,
		} {
			h.Set(name, value)
		}
		if e, err := c.ParseNotification(h, body, time.Unix(1795348800, 0)); err == nil {
			t.Errorf("%+v was believed", e)
		}
	})
}
