package payment

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/base/span"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/sandbox"
)

// SandboxNotify is the path to which the sandbox sends its notifications.
const SandboxNotify = httpapi.Prefix + "/payments/sandbox/notify"

// SandboxName is the provider that pays with play money.
const SandboxName = "sandbox"

// Sandbox is the adapter to the sandbox provider, which it treats as a stranger
// on the network, like any real one.
type Sandbox struct {
	db        *sqldb.DB
	box       *secret.Box
	baseURL   string
	notifyURL func() string
	transport http.RoundTripper

	connecting singleflight.Group
	client     atomic.Pointer[sandbox.Client]
}

// SandboxOptions say where the provider is and how it answers.
type SandboxOptions struct {
	DB        *sqldb.DB
	Box       *secret.Box
	BaseURL   string
	NotifyURL func() string     // asked once the program knows its own address
	Transport http.RoundTripper // nil: the usual one
}

// NewSandbox makes the adapter. It introduces itself to the provider when first
// needed.
func NewSandbox(o SandboxOptions) *Sandbox {
	return &Sandbox{db: o.DB, box: o.Box, baseURL: o.BaseURL, notifyURL: o.NotifyURL, transport: o.Transport}
}

const (
	merchantName  = "Hawker"
	registerLimit = 10 * time.Second
)

// connect introduces the merchant once per start; the same key is the same
// merchant, so nothing is lost when the answer was. Who comes meanwhile waits for
// the one who asks, and no lock is held over the question.
func (s *Sandbox) connect(ctx context.Context) (*sandbox.Client, error) {
	if c := s.client.Load(); c != nil {
		return c, nil
	}
	ctx = context.WithoutCancel(ctx) // it asks for the others, too; registerLimit bounds it
	c, err, _ := s.connecting.Do("", func() (any, error) { return s.register(ctx) })
	if err != nil {
		return nil, err
	}
	return c.(*sandbox.Client), nil
}

func (s *Sandbox) register(ctx context.Context) (*sandbox.Client, error) {
	key, err := s.key(ctx)
	if err != nil {
		return nil, err
	}
	hc := &http.Client{Timeout: registerLimit, Transport: span.Transport{Base: s.transport, Name: "payment provider"}}
	m, err := sandbox.Register(ctx, hc, s.baseURL, merchantName, key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, fmt.Errorf("register at the sandbox: %w", err)
	}
	provider, err := sandbox.ParsePublicKey(m.ProviderPublicKey)
	if err != nil {
		return nil, err
	}
	c := sandbox.NewClient(sandbox.ClientOptions{
		BaseURL: s.baseURL, MerchantID: m.MerchantID, Key: key,
		ProviderKey: provider, Clock: s.db.Clock(), HTTP: hc,
	})
	s.client.Store(c)
	return c, nil
}

// sealOf binds our key at a provider to it.
func sealOf(provider string) string { return provider + " key" }

// key reads our private key, or makes it.
func (s *Sandbox) key(ctx context.Context) (ed25519.PrivateKey, error) {
	m, err := loadMerchant(ctx, s.db.Reader(), SandboxName)
	if err == nil {
		seed, err := s.box.Open(m.SealedKey, sealOf(SandboxName))
		if err != nil {
			return nil, err
		}
		return ed25519.NewKeyFromSeed(seed), nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	return key, s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		return saveMerchant(ctx, tx, SandboxName, merchant{SealedKey: s.box.Seal(key.Seed(), sealOf(SandboxName))})
	})
}

// Create implements Provider.
func (s *Sandbox) Create(ctx context.Context, r Request) (Report, error) {
	c, err := s.connect(ctx)
	if err != nil {
		return Report{}, err
	}
	return sandboxReport(c.CreatePayment(ctx, sandbox.PaymentRequest{
		OutTradeNo: r.Payment.String(), Amount: r.Amount.Amount, Currency: r.Amount.Currency,
		Description: r.Description,
		NotifyURL:   s.notifyURL(), ReturnURL: r.ReturnURL, ExpiresAt: r.ExpiresAt,
	}))
}

// Query implements Provider.
func (s *Sandbox) Query(ctx context.Context, payment id.Payment) (Report, error) {
	c, err := s.connect(ctx)
	if err != nil {
		return Report{}, err
	}
	return sandboxReport(c.Query(ctx, payment.String()))
}

// Close implements Provider.
func (s *Sandbox) Close(ctx context.Context, payment id.Payment) (Report, error) {
	c, err := s.connect(ctx)
	if err != nil {
		return Report{}, err
	}
	p, err := c.Close(ctx, payment.String())
	var refused *sandbox.APIError
	switch {
	case !errors.As(err, &refused):
	case refused.Code == sandbox.CodeAlreadyPaid:
		return sandboxReport(c.Query(ctx, payment.String()))
	case refused.Code == sandbox.CodeNotFound: // it was down when we asked
		return Report{Payment: payment, Status: Closed}, nil
	}
	return sandboxReport(p, err)
}

// Refund implements Provider.
func (s *Sandbox) Refund(ctx context.Context, r RefundRequest) (bool, error) {
	c, err := s.connect(ctx)
	if err != nil {
		return false, err
	}
	got, err := c.Refund(ctx, sandbox.RefundRequest{
		OutRefundNo: r.Refund.String(), OutTradeNo: r.Payment.String(),
		Amount: r.Amount.Amount,
	})
	return got.Status == sandbox.StatusSucceeded, err
}

// ParseNotification implements Provider.
func (s *Sandbox) ParseNotification(ctx context.Context, header http.Header, raw []byte, now time.Time) (
	*Notification, error,
) {
	c, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	e, err := c.ParseNotification(header, raw, now)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForged, err)
	}
	if e.Data.OutRefundNo != "" {
		return nil, nil // refunds are asked about by their job
	}
	r, err := sandboxReport(sandbox.Payment{
		ID: e.Data.ProviderRef, OutTradeNo: e.Data.OutTradeNo, Amount: e.Data.Amount, Currency: e.Data.Currency,
		Status: e.Data.Status,
	}, nil)
	return &Notification{ID: e.ID, Report: r}, err
}

func sandboxReport(p sandbox.Payment, err error) (Report, error) {
	if err != nil {
		return Report{}, err
	}
	r := Report{Ref: p.ID, Amount: money.Of(p.Amount, p.Currency), PayURL: p.PayURL, Status: Pending}
	switch p.Status {
	case sandbox.StatusSucceeded:
		r.Status = Succeeded
	case sandbox.StatusFailed:
		r.Status = Failed
	case sandbox.StatusClosed:
		r.Status = Closed
	}
	return r, r.Payment.UnmarshalText([]byte(p.OutTradeNo))
}
