package sandbox

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"hawker/internal/base/clock"
)

// ClientOptions say who calls which provider.
type ClientOptions struct {
	BaseURL     string             // http://127.0.0.1:PORT
	MerchantID  string             // from Register
	Key         ed25519.PrivateKey // the merchant's
	ProviderKey ed25519.PublicKey  // from Register; pinned
	Clock       clock.Clock
	HTTP        *http.Client // nil: one with a timeout
}

// Client is a merchant. It believes nothing that the provider has not signed.
type Client struct {
	o ClientOptions

	mu     sync.Mutex
	nonces map[string]time.Time // of notifications taken, kept as long as their timestamp holds
}

const requestTimeout = 10 * time.Second

// NewClient makes a merchant.
func NewClient(o ClientOptions) *Client {
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: requestTimeout}
	}
	return &Client{o: o, nonces: map[string]time.Time{}}
}

// Register makes a merchant known to the provider at baseURL and answers what
// NewClient wants of it. The same key gets the same merchant.
func Register(ctx context.Context, client *http.Client, baseURL, name string, key ed25519.PublicKey) (Merchant, error) {
	body, err := json.Marshal(Registration{Name: name, PublicKey: formatPublicKey(key)})
	if err != nil {
		return Merchant{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, baseURL+"/v1/merchants", bytes.NewReader(body))
	if err != nil {
		return Merchant{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return Merchant{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, bodyMax))
	if err != nil {
		return Merchant{}, err
	}
	var m Merchant
	if err := decodeAnswer(res.StatusCode, raw, &m); err != nil {
		return Merchant{}, err
	}
	provider, err := ParsePublicKey(m.ProviderPublicKey)
	if err != nil {
		return Merchant{}, err
	}
	if KeyID(provider) != m.KeyID {
		return Merchant{}, ErrKey
	}
	return m, nil
}

// CreatePayment asks for a payment; the same number answers the same payment.
func (c *Client) CreatePayment(ctx context.Context, r PaymentRequest) (Payment, error) {
	return send[Payment](ctx, c, http.MethodPost, "/v1/payments", r)
}

// Query looks a payment up by the merchant's number.
func (c *Client) Query(ctx context.Context, outTradeNo string) (Payment, error) {
	return send[Payment](ctx, c, http.MethodGet, "/v1/payments/"+url.PathEscape(outTradeNo), nil)
}

// Close ends a payment before it is paid; CodeAlreadyPaid when it was.
func (c *Client) Close(ctx context.Context, outTradeNo string) (Payment, error) {
	return send[Payment](ctx, c, http.MethodPost, "/v1/payments/"+url.PathEscape(outTradeNo)+"/close", nil)
}

// Refund gives money back; the same number answers the same refund.
func (c *Client) Refund(ctx context.Context, r RefundRequest) (Refund, error) {
	return send[Refund](ctx, c, http.MethodPost, "/v1/refunds", r)
}

// QueryRefund looks a refund up by the merchant's number.
func (c *Client) QueryRefund(ctx context.Context, outRefundNo string) (Refund, error) {
	return send[Refund](ctx, c, http.MethodGet, "/v1/refunds/"+url.PathEscape(outRefundNo), nil)
}

// Statement is one day (UTC) of this merchant.
func (c *Client) Statement(ctx context.Context, day time.Time) (Statement, error) {
	return send[Statement](ctx, c, http.MethodGet, "/v1/statement?date="+day.UTC().Format(statementsDate), nil)
}

func send[O any](ctx context.Context, c *Client, method, path string, in any) (out O, err error) {
	var body []byte
	if in != nil {
		if body, err = json.Marshal(in); err != nil {
			return out, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.o.BaseURL, "/")+path,
		bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	req.Header.Set("Content-Type", "application/json")
	signRequest(req, c.o.MerchantID, c.o.Key, c.o.Clock.Now(), body)
	res, err := c.o.HTTP.Do(req)
	if err != nil {
		return out, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, answerMax))
	if err != nil {
		return out, err
	}
	if err := verifyAnswer(res.Header, c.o.ProviderKey, c.o.Clock.Now(), raw); err != nil {
		return out, fmt.Errorf("answer of %s: %w", path, err)
	}
	return out, decodeAnswer(res.StatusCode, raw, &out)
}

// answerMax allows for the statement of a busy day.
const answerMax = 32 << 20

func decodeAnswer(status int, raw []byte, out any) error {
	if status == http.StatusOK {
		return json.Unmarshal(raw, out)
	}
	refused := &APIError{Status: status}
	if err := json.Unmarshal(raw, refused); err != nil || refused.Code == "" {
		return fmt.Errorf("sandbox: answered %d", status)
	}
	return refused
}

// ParseNotification verifies a notification: the raw body exactly as it came,
// signed by the provider's key, not older or newer than five minutes, delivered
// for the first time (a retry is signed anew), and meant for this merchant.
// What it says is a hint: compare number, amount and currency with the payment,
// or ask Query. Errors: ErrSignature, ErrKey, ErrTimestamp, ErrReplayed,
// ErrMerchant.
func (c *Client) ParseNotification(h http.Header, raw []byte, now time.Time) (Event, error) {
	if len(raw) > bodyMax {
		return Event{}, fmt.Errorf("sandbox: notification of %d bytes", len(raw))
	}
	if err := verifyAnswer(h, c.o.ProviderKey, now, raw); err != nil {
		return Event{}, err
	}
	var e Event
	if err := json.Unmarshal(raw, &e); err != nil {
		return Event{}, fmt.Errorf("sandbox: notification: %w", err)
	}
	if e.ID == "" || e.Data.OutTradeNo == "" {
		return Event{}, errors.New("sandbox: signed, but no notification")
	}
	if e.MerchantID != c.o.MerchantID {
		return Event{}, ErrMerchant
	}
	return e, c.once(h.Get(headerNonce), now)
}

// once remembers nonces only as long as their timestamp would still be taken,
// so the memory stays bounded by what the provider really sent.
func (c *Client) once(nonce string, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for old, at := range c.nonces {
		if now.Sub(at) > 2*signedFor {
			delete(c.nonces, old)
		}
	}
	if _, seen := c.nonces[nonce]; seen {
		return ErrReplayed
	}
	c.nonces[nonce] = now
	return nil
}
