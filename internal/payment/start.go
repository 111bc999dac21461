package payment

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/order"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// Command asks to pay an order, and with it its whole checkout.
type Command struct {
	User      id.User
	Order     id.Order
	Provider  string
	ReturnURL string
}

// asksAtMost is how often a checkout may change between the provider's answer and ours.
const asksAtMost = 3

// errChanged says that the checkout is not any more what the provider was asked for.
var errChanged = errors.New("the checkout has changed")

// Start begins a payment or answers the one that is under way. Faults:
// payment.no_such_provider, order.not_found, order.wrong_status,
// payment.provider_unavailable.
//
// The provider is asked first and its answer stored with the payment, in one commit. What a
// crash leaves at the provider was shown to nobody, so nobody pays it, and it ends by itself.
func (s *Service) Start(ctx context.Context, key idem.Key, c Command) (Payment, error) {
	provider, ok := s.providers[c.Provider]
	if !ok {
		return Payment{}, fault.Invalid("payment.no_such_provider").At("body.provider")
	}
	started, known, err := idem.Answered[id.Payment](ctx, s.db.Reader(), key)
	if err != nil {
		return Payment{}, err
	}
	if known {
		return paymentByID(ctx, s.db.Reader(), started)
	}
	for range asksAtMost {
		asked, fresh, err := s.ask(ctx, provider, c)
		if err != nil {
			return Payment{}, err
		}
		p, err := s.keep(ctx, key, c, asked, fresh)
		// A database that failed may have stored it all the same: only an answer or a refusal says that it has not.
		told := err == nil || errors.Is(err, errChanged) || fault.As(err) != nil
		if fresh && told && p.ID != asked.ID {
			s.drop(ctx, provider, asked)
		}
		if !errors.Is(err, errChanged) {
			return p, err
		}
	}
	return Payment{}, fault.Unavailable("payment.provider_unavailable").Because(errChanged)
}

// ask answers the payment that is under way, or asks the provider for a fresh one.
func (s *Service) ask(ctx context.Context, provider Provider, c Command) (p Payment, fresh bool, err error) {
	list, err := s.orders.PaidTogether(ctx, s.db.Reader(), c.User, c.Order)
	if err != nil {
		return Payment{}, false, err
	}
	p, err = s.wanted(ctx, s.db.Reader(), c, list)
	if err != nil || !p.ID.IsZero() {
		return p, false, err
	}
	p.ID = id.Make[id.Payment](s.db)
	r, err := provider.Create(ctx, Request{
		Payment: p.ID, Amount: p.Amount, Description: "Hawker " + p.Checkout.String(), ReturnURL: p.ReturnURL,
		ExpiresAt: p.ExpiresAt,
	})
	if err != nil {
		return Payment{}, false, fault.Unavailable("payment.provider_unavailable").Because(err)
	}
	p.Ref, p.PayURL = r.Ref, r.PayURL
	return p, true, nil
}

// wanted is the payment of these orders: the one that is under way, or one that has no id yet.
func (s *Service) wanted(ctx context.Context, q sqldb.Querier, c Command, list []order.Order) (Payment, error) {
	now := s.db.Clock().Now()
	o := list[slices.IndexFunc(list, func(other order.Order) bool { return other.ID == c.Order })]
	// A provider takes no payment that is over.
	if o.Status != order.StatusPendingPayment || !now.Before(o.DueAt) {
		return Payment{}, fault.Conflict("order.wrong_status", "wanted", order.StatusPendingPayment)
	}
	amount := owed(list)
	open, err := openPayment(ctx, q, o.Checkout, c.Provider, now)
	if err == nil && open.Amount == amount {
		return open, nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Payment{}, err
	}
	return Payment{
		Checkout: o.Checkout, User: c.User, Provider: c.Provider, Amount: amount, Status: Pending,
		ReturnURL: c.ReturnURL, ExpiresAt: o.DueAt, PollAt: now.Add(pollWait(0)), CreatedAt: now,
	}, nil
}

// keep stores a payment that the provider knows. A second tab that asked at the same time
// waits for the first and gets its payment: two open ones would both be charged.
func (s *Service) keep(ctx context.Context, key idem.Key, c Command, asked Payment, fresh bool) (Payment, error) {
	var p Payment
	kept, err := idem.Once(ctx, s.db, key, func(ctx context.Context, tx *sqldb.Tx) (id.Payment, error) {
		list, err := s.orders.LockCheckout(ctx, tx, c.User, c.Order)
		if err != nil {
			return id.Payment{}, err
		}
		p, err = s.wanted(ctx, tx, c, list)
		switch {
		case err != nil || !p.ID.IsZero():
			return p.ID, err
		case !fresh || p.Amount != asked.Amount:
			return id.Payment{}, errChanged
		}
		p = asked
		return p.ID, insertPayment(ctx, tx, p)
	})
	if err != nil {
		return Payment{}, err
	}
	if p.ID != kept { // the key was answered beside us
		return paymentByID(ctx, s.db.Reader(), kept)
	}
	return p, nil
}

// drop tells the provider of a payment that nobody was shown. Where that fails it ends
// at its time.
func (s *Service) drop(ctx context.Context, provider Provider, p Payment) {
	if _, err := provider.Close(context.WithoutCancel(ctx), p.ID); err != nil {
		s.log.Warn("payment not closed", "payment", p.ID.String(), "error", err)
	}
}

// owed adds up the orders of a checkout that wait for money.
func owed(list []order.Order) (m money.Money) {
	for _, o := range list {
		if o.Status == order.StatusPendingPayment {
			m.Amount, m.Currency = m.Amount+o.Payable, o.Currency
		}
	}
	return m
}
