// Package payment brings the money in. It keeps true that what a provider says is
// believed only when it is signed, is for the right amount and has not been taken
// before; that no network call is made inside a transaction (the provider is asked,
// then its answer is stored, and only then can anybody pay); and that money which
// comes late or twice takes the goods if any are left or goes back by itself.
package payment

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/counter"
	"hawker/internal/distribution"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
)

// Status is where a payment is. It only moves forward; late money may still turn
// a failed or closed payment into a succeeded one.
type Status string

// The statuses.
const (
	Pending   Status = "pending"
	Succeeded Status = "succeeded"
	Failed    Status = "failed"
	Closed    Status = "closed"
)

// Payment is one try at paying a checkout.
type Payment struct {
	ID        id.Payment
	Checkout  id.Checkout
	User      id.User
	Provider  string
	Ref       string // the provider's own name for it
	Amount    money.Money
	Status    Status
	PayURL    string
	ReturnURL string
	ExpiresAt time.Time
	PollAt    time.Time
	Polls     int
	CreatedAt time.Time
}

// Request asks a provider for a payment. The payment's id is the key under which
// the provider counts it once.
type Request struct {
	Payment     id.Payment
	Amount      money.Money
	Description string
	ReturnURL   string
	ExpiresAt   time.Time
}

// Report is what a provider says of a payment.
type Report struct {
	Payment id.Payment
	Ref     string
	Status  Status
	Amount  money.Money
	PayURL  string
}

// Notification is a report that a provider sent by itself.
type Notification struct {
	ID     string // the provider's, the same for each copy
	Report Report
}

// ErrForged is returned by a provider for a notice that is not genuine, is too
// old, or was replayed.
var ErrForged = errors.New("notification is not genuine")

// Provider is a payment service.
type Provider interface {
	Create(ctx context.Context, r Request) (Report, error)
	Query(ctx context.Context, payment id.Payment) (Report, error)
	// Close ends a payment that nobody made, also one that the provider never
	// heard of; a report of Succeeded says that somebody made it.
	Close(ctx context.Context, payment id.Payment) (Report, error)
	// Refund gives money back; done is false while the provider is still at it.
	Refund(ctx context.Context, r RefundRequest) (done bool, err error)
	// ParseNotification answers ErrForged, or nil for news that is none of ours.
	ParseNotification(ctx context.Context, header http.Header, raw []byte, now time.Time) (*Notification, error)
}

// RefundRequest asks for money back.
type RefundRequest struct {
	Refund  id.Refund
	Payment id.Payment
	Amount  money.Money
}

// Shares answers who gets what of an order's money, as it was fixed when the order
// was placed, and counts the order as paid in the transaction that pays it.
type Shares interface {
	OrderPaid(ctx context.Context, tx *sqldb.Tx, order id.Order) (distribution.PayableShares, error)
}

// Service is the module.
type Service struct {
	db        *sqldb.DB
	log       *slog.Logger
	orders    *order.Service
	shares    Shares
	providers map[string]Provider
}

// New makes the module with its providers by name.
func New(db *sqldb.DB, log *slog.Logger, orders *order.Service, shares Shares, providers map[string]Provider) *Service {
	return &Service{db, log, orders, shares, providers}
}

// Providers are the names of the providers, in order.
func (s *Service) Providers() []string {
	names := slices.AppendSeq([]string{}, maps.Keys(s.providers))
	slices.Sort(names)
	return names
}

// PaymentViews implements counter.Payments.
func (s *Service) PaymentViews(ctx context.Context, checkouts []id.Checkout) (map[id.Checkout]counter.PaymentView,
	error,
) {
	list, err := newestPayments(ctx, s.db.Reader(), checkouts)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	members, err := s.orders.IDsOfCheckouts(ctx, checkouts)
	if err != nil {
		return nil, err
	}
	back, err := refundsOf(ctx, s.db.Reader(), list)
	out := make(map[id.Checkout]counter.PaymentView, len(list))
	for _, p := range list { // the newest stays; what goes back of an earlier one is said too
		v, before := viewOf(p, members[p.Checkout]), out[p.Checkout]
		v.Refunded.Amount, v.RefundState = before.Refunded.Amount, before.RefundState
		for _, r := range back[p.ID] {
			v.Refunded.Amount += r.Amount.Amount
			if v.RefundState != counter.RefundPending {
				v.RefundState = map[bool]string{true: counter.RefundDone, false: counter.RefundPending}[r.Done]
			}
		}
		out[p.Checkout] = v
	}
	return out, err
}

func viewOf(p Payment, orders []id.Order) counter.PaymentView {
	v := counter.PaymentView{
		ID: p.ID, Provider: p.Provider, Status: string(p.Status), Amount: p.Amount, Orders: orders,
		ExpiresAt: p.ExpiresAt, Refunded: money.Of(0, p.Amount.Currency),
		Action: counter.ActionView{Type: "none"},
	}
	if p.Status == Pending && p.PayURL != "" {
		v.Action = counter.ActionView{Type: "redirect", URL: p.PayURL}
	}
	return v
}
