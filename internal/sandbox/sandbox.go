// Package sandbox is a payment provider that moves no money: the bank of demos
// and tests. It runs as a process of its own with its own storage, so that
// killing the mall does not kill the bank, and it behaves as real providers do:
// requests and answers are signed, notifications are signed, repeated until they
// are taken and now and then wrong, on demand.
//
// It keeps true that what it answered is stored; that a merchant's number names
// one payment and one refund; that no more is refunded than was paid. It serves
// loopback only and cannot be mistaken for a real provider: each page says
// SANDBOX, each id starts with sbx_.
//
// `hawker sandbox` runs it; the payment adapter speaks to it with Client.
package sandbox

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"hawker/internal/base/clock"
)

// Statuses of payments and refunds.
const (
	StatusPending   = "pending"
	StatusSucceeded = "succeeded"
	StatusFailed    = "failed"
	StatusClosed    = "closed"
)

// Types of notification.
const (
	EventPaymentSucceeded = "payment.succeeded"
	EventPaymentFailed    = "payment.failed"
	EventRefundSucceeded  = "refund.succeeded"
)

// Scenarios make the provider misbehave in one way, chosen when a payment is
// created or on the pay page. The last two of the first delivery only: the
// retry is right, as with real providers that test their merchants.
const (
	ScenarioDuplicate    = "duplicate"     // each notification three times
	ScenarioSilent       = "silent"        // no notification: only a query helps
	ScenarioWrongAmount  = "wrong_amount"  // one more than was paid, well signed
	ScenarioBadSignature = "bad_signature" // the first delivery is signed wrongly
	ScenarioOldTimestamp = "old_timestamp" // the first delivery is ten minutes old
)

func scenarios() []string {
	return []string{
		"", ScenarioDuplicate, ScenarioSilent, ScenarioWrongAmount, ScenarioBadSignature,
		ScenarioOldTimestamp,
	}
}

// Options say where the provider keeps its books.
type Options struct {
	Dir     string // its own folder; made when missing
	BaseURL string // of the pay pages; empty takes the host that the merchant called
	Clock   clock.Clock
	Log     *slog.Logger
}

// Service is one provider.
type Service struct {
	store   *store
	clock   clock.Clock
	log     *slog.Logger
	key     ed25519.PrivateKey
	baseURL string
	http    *http.Client
	wake    chan struct{}
	routes  http.Handler
}

// deliveryTimeout is how long a merchant may take to answer a notification.
const deliveryTimeout = 5 * time.Second

// New opens the provider's books and makes its keys at the first start.
func New(o Options) (*Service, error) {
	st, err := openStore(filepath.Join(o.Dir, "sandbox.db"))
	if err != nil {
		return nil, fmt.Errorf("open sandbox books: %w", err)
	}
	key, err := st.providerKey(context.Background())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sandbox key: %w", err), st.close())
	}
	s := &Service{
		store: st, clock: o.Clock, log: o.Log, key: key, baseURL: o.BaseURL, wake: make(chan struct{}, 1),
		http: &http.Client{
			Timeout:       deliveryTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	s.routes, err = s.newRoutes()
	if err != nil {
		return nil, errors.Join(err, st.close())
	}
	return s, nil
}

// Handler serves the merchant API and the pay pages.
func (s *Service) Handler() http.Handler { return s.routes }

// PublicKey verifies what the provider signs.
func (s *Service) PublicKey() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }

// Close closes the books, after Run and all requests have ended.
func (s *Service) Close() error {
	s.http.CloseIdleConnections()
	return s.store.close()
}

// ErrNotLoopback refuses to serve anybody but this machine.
var ErrNotLoopback = errors.New("the sandbox payment provider serves loopback addresses only")

// Listen opens a loopback address and no other.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	ip := net.ParseIP(host)
	if host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%w: %s", ErrNotLoopback, addr)
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if tcp, ok := ln.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() { // a name can point anywhere
		return nil, errors.Join(fmt.Errorf("%w: %s", ErrNotLoopback, ln.Addr()), ln.Close())
	}
	return ln, nil
}
