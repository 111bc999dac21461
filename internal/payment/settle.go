package payment

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/ledger"
	"hawker/internal/order"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/events"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/sqldb"
)

// Notify takes a provider's notification. Faults: payment.no_such_provider,
// payment.forged_notification, payment.unknown, payment.amount_mismatch. Taking
// the same one again does nothing and succeeds.
func (s *Service) Notify(ctx context.Context, name string, header http.Header, raw []byte) error {
	provider, ok := s.providers[name]
	if !ok {
		return fault.NotFound("payment.no_such_provider")
	}
	n, err := provider.ParseNotification(ctx, header, raw, s.db.Clock().Now())
	if errors.Is(err, ErrForged) {
		return fault.Forbidden("payment.forged_notification").Because(err)
	}
	if err != nil || n == nil {
		return err
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		fresh, err := insertNotice(ctx, tx, name, *n)
		if err != nil || !fresh {
			return err
		}
		return s.apply(ctx, tx, name, n.Report)
	})
	if errors.Is(err, fault.Invalid("payment.amount_mismatch")) {
		// Something is wrong at the provider or on the way: ask it at once what is true.
		s.log.Warn("payment notification for a wrong amount", "provider", name, "payment", n.Report.Payment.String())
		err = errors.Join(err, s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
			return pollNow(ctx, tx,
				n.Report.Payment)
		}))
	}
	return err
}

// apply takes a provider's word on a payment of its own: of another's it knows nothing,
// whatever it signs.
func (s *Service) apply(ctx context.Context, tx *sqldb.Tx, provider string, r Report) error {
	p, err := paymentByID(ctx, tx, r.Payment)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && p.Provider != provider) {
		return fault.NotFound("payment.unknown")
	}
	if err != nil {
		return err
	}
	switch {
	case p.Status == Succeeded || r.Status == Pending:
		return nil
	case r.Status != Succeeded:
		_, err := setStatus(ctx, tx, p, r.Status)
		return err
	case r.Amount != p.Amount:
		return fault.Invalid("payment.amount_mismatch")
	}
	moved, err := setStatus(ctx, tx, p, Succeeded)
	if err != nil || !moved {
		return err
	}
	return s.allocate(ctx, tx, p)
}

// allocate gives the money of a payment to the orders of its checkout. An order
// that closed meanwhile takes its goods again if there are any; what nobody
// takes goes back to the payer.
func (s *Service) allocate(ctx context.Context, tx *sqldb.Tx, p Payment) error {
	list, err := s.orders.OfCheckout(ctx, tx, p.Checkout)
	if err != nil {
		return err
	}
	left := p.Amount.Amount
	for _, o := range list {
		taken, err := s.allocateTo(ctx, tx, p, o, left)
		if err != nil {
			return fmt.Errorf("pay order %s: %w", o.ID, err)
		}
		left -= taken
	}
	if left == 0 {
		return nil
	}
	return s.startRefund(ctx, tx, p, money.Of(left, p.Amount.Currency))
}

// allocateTo pays one order if it can still be paid and answers how much it took.
func (s *Service) allocateTo(ctx context.Context, tx *sqldb.Tx, p Payment, o order.Order, left int64) (int64, error) {
	if o.Payable > left {
		return 0, nil
	}
	switch o.Status {
	case order.StatusPendingPayment:
	case order.StatusClosed:
		if o.CloseReason != order.ReasonUnpaid {
			return 0, nil // the buyer did not want it any more
		}
		enough, err := s.orders.CanReopen(ctx, tx, o)
		if err != nil || !enough {
			return 0, err
		}
		if o, err = s.orders.Reopen(ctx, tx, o); err != nil {
			return 0, err
		}
	default:
		return 0, nil // paid already, by another payment
	}
	if err := s.orders.MarkPaid(ctx, tx, o); err != nil {
		return 0, err
	}
	shares, err := s.shares.OrderPaid(ctx, tx, o.ID)
	if err != nil {
		return 0, err
	}
	_, err = ledger.OrderPaid(ctx, tx, ledger.PaidOrder{
		Order: o.ID, Shop: o.Shop, Buyer: o.User, Currency: o.Currency, Provider: p.Provider, Cash: o.Payable,
		ShopAmount: shares.ShopAmount, Fee: shares.Fee, Commissions: shares.Commissions,
	})
	return o.Payable, err
}

// refundKind is the job that sends money back.
const refundKind = "payment.refund"

type refundJob struct {
	Refund id.Refund `json:"refund"`
}

// startRefund records that money is owed to the payer and sends it on its way.
func (s *Service) startRefund(ctx context.Context, tx *sqldb.Tx, p Payment, amount money.Money) error {
	if _, err := ledger.LatePaid(ctx, tx, p.ID, p.Provider, amount); err != nil {
		return err
	}
	r := Refund{ID: id.Make[id.Refund](tx), Payment: p.ID, Amount: amount, Reason: "late"}
	if err := insertRefund(ctx, tx, r); err != nil {
		return err
	}
	if err := events.Record(ctx, tx, RefundStarted{Payload{r.ID, p.ID, p.Checkout, amount}}); err != nil {
		return err
	}
	if err := audit.Changed(ctx, tx, "refund.started", id.Shop{}, r.ID, nil, map[string]any{
		"payment": p.ID, "amount": amount, "reason": r.Reason,
	}); err != nil {
		return err
	}
	return jobs.Enqueue(ctx, tx, jobs.Job{Kind: refundKind, Key: "refund:" + r.ID.String(), Payload: refundJob{r.ID}})
}

// Refund is money on its way back.
type Refund struct {
	ID      id.Refund
	Payment id.Payment
	Amount  money.Money
	Reason  string
	Done    bool
}

// errRefundPending makes the job come again.
var errRefundPending = errors.New("the provider has not finished the refund")

// refund is the work of the refund job: ask the provider, then write it down.
func (s *Service) refund(ctx context.Context, run jobs.Run) error {
	var j refundJob
	if err := run.Decode(&j); err != nil {
		return err
	}
	r, err := refundByID(ctx, s.db.Reader(), j.Refund)
	if err != nil || r.Done {
		return err
	}
	p, err := paymentByID(ctx, s.db.Reader(), r.Payment)
	if err != nil {
		return err
	}
	provider, ok := s.providers[p.Provider]
	if !ok {
		return fmt.Errorf("refund %s: provider %q is not configured any more", r.ID, p.Provider)
	}
	done, err := provider.Refund(ctx, RefundRequest{Refund: r.ID, Payment: p.ID, Amount: r.Amount})
	if err == nil && !done {
		err = errRefundPending
	}
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if _, err := ledger.RefundConfirmed(ctx, tx, r.ID, p.Provider, r.Amount); err != nil {
			return err
		}
		if err := finishRefund(ctx, tx, r.ID); err != nil {
			return err
		}
		if err := events.Record(ctx, tx, Refunded{Payload{r.ID, p.ID, p.Checkout, r.Amount}}); err != nil {
			return err
		}
		return audit.Changed(ctx, tx, "refund.settled", id.Shop{}, r.ID, nil, map[string]any{"amount": r.Amount})
	})
}
