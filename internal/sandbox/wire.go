package sandbox

import (
	"time"

	"hawker/internal/base/money"
)

// PaymentRequest asks for a payment. Amounts are minor units.
type PaymentRequest struct {
	OutTradeNo  string         `json:"out_trade_no"` // the merchant's number, names the payment
	Amount      int64          `json:"amount"`
	Currency    money.Currency `json:"currency"`
	Description string         `json:"description"`
	NotifyURL   string         `json:"notify_url"`
	ReturnURL   string         `json:"return_url"`
	ExpiresAt   time.Time      `json:"expires_at"`
	Scenario    string         `json:"scenario,omitempty"`
}

// Payment is what the provider says of a payment.
type Payment struct {
	ID         string         `json:"id"`
	OutTradeNo string         `json:"out_trade_no"`
	Amount     int64          `json:"amount"`
	Currency   money.Currency `json:"currency"`
	Status     string         `json:"status"`
	PayURL     string         `json:"pay_url"`
	CreatedAt  time.Time      `json:"created_at"`
	ExpiresAt  time.Time      `json:"expires_at"`
	PaidAt     *time.Time     `json:"paid_at,omitempty"`
	Refunded   int64          `json:"refunded"`
}

// RefundRequest asks for a refund of a payment, in full or in part.
type RefundRequest struct {
	OutRefundNo string `json:"out_refund_no"` // the merchant's number, names the refund
	OutTradeNo  string `json:"out_trade_no"`
	Amount      int64  `json:"amount"`
}

// Refund is what the provider says of a refund.
type Refund struct {
	ID          string         `json:"id"`
	OutRefundNo string         `json:"out_refund_no"`
	OutTradeNo  string         `json:"out_trade_no"`
	Amount      int64          `json:"amount"`
	Currency    money.Currency `json:"currency"`
	Status      string         `json:"status"`
	CreatedAt   time.Time      `json:"created_at"`
}

// Event is a notification.
type Event struct {
	ID         string    `json:"id"`
	Type       string    `json:"type"`
	CreatedAt  time.Time `json:"created_at"`
	MerchantID string    `json:"merchant_id"`
	Data       EventData `json:"data"`
}

// EventData tells what it is about. ProviderRef is the id of the payment or the
// refund; OutRefundNo is empty for payments.
type EventData struct {
	OutTradeNo  string         `json:"out_trade_no"`
	OutRefundNo string         `json:"out_refund_no,omitempty"`
	ProviderRef string         `json:"provider_ref"`
	Amount      int64          `json:"amount"`
	Currency    money.Currency `json:"currency"`
	Status      string         `json:"status"`
}

// Statement is one day (UTC) of a merchant.
type Statement struct {
	Date  string          `json:"date"`
	Lines []StatementLine `json:"lines"`
}

// StatementLine is money that came in (payment) or went back (refund).
type StatementLine struct {
	Kind        string         `json:"kind"`
	OutTradeNo  string         `json:"out_trade_no"`
	OutRefundNo string         `json:"out_refund_no,omitempty"`
	ProviderRef string         `json:"provider_ref"`
	Amount      int64          `json:"amount"`
	Currency    money.Currency `json:"currency"`
	At          time.Time      `json:"at"`
}

// Registration makes a merchant known; the same key gets the same merchant.
type Registration struct {
	Name      string `json:"name"`
	PublicKey string `json:"public_key"`
}

// Merchant answers a registration.
type Merchant struct {
	MerchantID        string `json:"merchant_id"`
	ProviderPublicKey string `json:"provider_public_key"`
	KeyID             string `json:"key_id"`
}

// APIError is a refusal of the provider.
type APIError struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e *APIError) Error() string { return "sandbox: " + e.Code + ": " + e.Message }

// Codes of APIError.
const (
	CodeBadRequest   = "bad_request"
	CodeUnauthorized = "unauthorized"
	CodeNotFound     = "not_found"
	CodeConflict     = "conflict"     // the number is taken by other contents
	CodeAlreadyPaid  = "already_paid" // too late to close
	CodeNotPaid      = "not_paid"
	CodeExceedsPaid  = "exceeds_paid"
	CodeInternal     = "internal"
)
