package sandbox_test

import (
	"context"
	"crypto/ed25519"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/sandbox"
)

// bank is a running provider and one merchant of it, both on one manual clock.
type bank struct {
	t        *testing.T
	dir      string
	clock    *clock.Manual
	key      ed25519.PrivateKey
	client   *sandbox.Client
	service  *sandbox.Service
	url      string
	stop     func()
	merchant *httptest.Server
	idle     bool // no worker: only what the requests do themselves
	taken    chan delivery

	mu     sync.Mutex
	answer int // status the merchant gives to the next notification; then 204 again
}

type delivery struct {
	header http.Header
	body   []byte
	event  sandbox.Event
	err    error
}

func newBank(t *testing.T) *bank { return makeBank(t, false) }

func makeBank(t *testing.T, idle bool) *bank {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &bank{
		t: t, idle: idle, dir: t.TempDir(), key: key, taken: make(chan delivery, 100),
		clock: clock.NewManual(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)),
	}
	b.merchant = httptest.NewServer(http.HandlerFunc(b.notified))
	t.Cleanup(b.merchant.Close)
	b.start()
	t.Cleanup(func() { b.stop() })
	return b
}

// start opens the provider on its folder, as after a restart.
func (b *bank) start() {
	b.t.Helper()
	service, err := sandbox.New(sandbox.Options{Dir: b.dir, Clock: b.clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.t.Fatal(err)
	}
	server := httptest.NewServer(service.Handler())
	ctx, cancel := context.WithCancel(b.t.Context())
	var worker sync.WaitGroup
	b.service, b.url = service, server.URL
	b.stop = sync.OnceFunc(func() {
		cancel()
		worker.Wait()
		server.Close()
		if err := service.Close(); err != nil {
			b.t.Error(err)
		}
	})
	m, err := sandbox.Register(b.t.Context(), http.DefaultClient, b.url, "Tea <House>",
		b.key.Public().(ed25519.PublicKey))
	if err != nil {
		b.t.Fatal(err)
	}
	b.client = sandbox.NewClient(sandbox.ClientOptions{
		BaseURL: b.url, MerchantID: m.MerchantID, Key: b.key, ProviderKey: service.PublicKey(), Clock: b.clock,
	})
	if b.idle {
		return
	}
	worker.Go(func() { // last: a delivery finds the client ready
		if err := service.Run(ctx); err != nil {
			b.t.Error(err)
		}
	})
}

func (b *bank) notified(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Error(err)
	}
	d := delivery{header: r.Header, body: body}
	d.event, d.err = b.client.ParseNotification(r.Header, body, b.clock.Now())
	b.mu.Lock()
	status := b.answer
	b.answer = 0
	b.mu.Unlock()
	switch {
	case status != 0:
	case d.err != nil:
		status = http.StatusUnauthorized
	default:
		status = http.StatusNoContent
	}
	w.WriteHeader(status)
	b.taken <- d
}

// next waits for a notification, turning the clock so that retries come due.
func (b *bank) next() delivery {
	b.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case d := <-b.taken:
			return d
		case <-tick.C:
			b.clock.Advance(500 * time.Millisecond)
		case <-deadline:
			b.t.Fatal("no notification came")
		}
	}
}

// wantQuiet turns the clock on until nothing is owed, and finds nothing delivered.
func (b *bank) wantQuiet() {
	b.t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		owed, err := b.service.Owed(b.t.Context())
		if err != nil {
			b.t.Fatal(err)
		}
		if owed == 0 {
			break
		}
		select {
		case <-tick.C:
		case <-deadline:
			b.t.Fatalf("%d notifications are still owed", owed)
		}
	}
	select {
	case d := <-b.taken:
		b.t.Fatalf("unexpected notification %s", d.body)
	default:
	}
}

func (b *bank) request(number string) sandbox.PaymentRequest {
	return sandbox.PaymentRequest{
		OutTradeNo: number, Amount: 1999, Currency: "CNY", Description: "Tea & cake <b>", NotifyURL: b.merchant.URL +
			"/notify",
		ReturnURL: b.merchant.URL + "/back?order=1", ExpiresAt: b.clock.Now().Add(15 * time.Minute),
	}
}

func (b *bank) pay(number, scenario string) sandbox.Payment {
	b.t.Helper()
	r := b.request(number)
	r.Scenario = scenario
	p, err := b.client.CreatePayment(b.t.Context(), r)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// browse opens the pay page as a browser in a language would.
func (b *bank) browse(p sandbox.Payment, language string) (int, http.Header, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+"/pay/"+p.ID, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Accept-Language", language)
	return b.do(req)
}

// decide presses a button on the pay page.
func (b *bank) decide(p sandbox.Payment, decision string) (int, http.Header) {
	b.t.Helper()
	return b.decideWith(p, url.Values{"decision": {decision}})
}

func (b *bank) decideWith(p sandbox.Payment, form url.Values) (int, http.Header) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+"/pay/"+p.ID,
		strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, header, _ := b.do(req)
	return status, header
}

func (b *bank) do(req *http.Request) (int, http.Header, string) {
	b.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(body)
}

func (b *bank) wantStatus(number, want string) sandbox.Payment {
	b.t.Helper()
	p, err := b.client.Query(b.t.Context(), number)
	if err != nil {
		b.t.Fatal(err)
	}
	if p.Status != want {
		b.t.Errorf("%s is %s, want %s", number, p.Status, want)
	}
	return p
}
