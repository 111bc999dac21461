package payment

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/platform/sqldb"
)

const paymentColumns = "id, checkout_id, user_id, provider, provider_ref, amount, currency, status, pay_url, " +
	"return_url, expires_at, poll_at, polls, created_at"

func insertPayment(ctx context.Context, tx *sqldb.Tx, p Payment) error {
	_, err := tx.Exec(ctx, "INSERT INTO payment ("+paymentColumns+") VALUES ("+sqldb.Marks(14)+")",
		p.ID, p.Checkout, p.User, p.Provider, p.Ref, p.Amount.Amount, p.Amount.Currency, p.Status, p.PayURL,
		p.ReturnURL,
		sqldb.Millis(p.ExpiresAt), sqldb.Millis(p.PollAt), p.Polls, sqldb.Millis(p.CreatedAt))
	return err
}

func scanPayment(s sqldb.Scanner) (p Payment, err error) {
	var expires, poll, created int64
	err = s.Scan(&p.ID, &p.Checkout, &p.User, &p.Provider, &p.Ref, &p.Amount.Amount, &p.Amount.Currency, &p.Status,
		&p.PayURL, &p.ReturnURL,
		&expires, &poll, &p.Polls, &created)
	p.ExpiresAt, p.PollAt, p.CreatedAt = sqldb.FromMillis(expires), sqldb.FromMillis(poll), sqldb.FromMillis(created)
	return p, err
}

func paymentByID(ctx context.Context, q sqldb.Querier, payment id.Payment) (Payment, error) {
	return scanPayment(q.QueryRow(ctx, "SELECT "+paymentColumns+" FROM payment WHERE id = ?", payment))
}

// openPayment leaves out what an earlier build stored before the provider had answered: nobody was shown it.
func openPayment(ctx context.Context, q sqldb.Querier, checkout id.Checkout, provider string, now time.Time) (Payment,
	error,
) {
	return scanPayment(q.QueryRow(ctx, "SELECT "+paymentColumns+
		` FROM payment WHERE checkout_id = ? AND provider = ? AND status = ? AND expires_at > ? AND provider_ref <> ''
			ORDER BY id DESC LIMIT 1`,
		checkout, provider, Pending, sqldb.Millis(now)))
}

func newestPayments(ctx context.Context, q sqldb.Querier, checkouts []id.Checkout) ([]Payment, error) {
	if len(checkouts) == 0 {
		return nil, nil
	}
	rows, err := q.Query(ctx, "SELECT "+paymentColumns+" FROM payment WHERE checkout_id IN ("+
		sqldb.Marks(len(checkouts))+") ORDER BY id", sqldb.Args(checkouts)...)
	return sqldb.Collect(rows, err, scanPayment) // a later one replaces an earlier one in the caller's map
}

func duePayments(ctx context.Context, q sqldb.Querier, provider string, now time.Time, limit int) ([]Payment,
	error,
) {
	rows, err := q.Query(ctx, "SELECT "+paymentColumns+
		" FROM payment WHERE status = ? AND poll_at <= ? AND provider = ? ORDER BY poll_at LIMIT ?",
		Pending, sqldb.Millis(now), provider, limit)
	return sqldb.Collect(rows, err, scanPayment)
}

// setStatus moves a payment forward; a payment that succeeded stays so.
func setStatus(ctx context.Context, tx *sqldb.Tx, p Payment, to Status) (bool, error) {
	paidAt := int64(0)
	if to == Succeeded {
		paidAt = sqldb.Millis(tx.Now())
	}
	n, err := tx.Exec(ctx, "UPDATE payment SET status = ?, paid_at = ? WHERE id = ? AND status <> ?", to, paidAt, p.ID,
		Succeeded)
	return n == 1, err
}

func postponePoll(ctx context.Context, tx *sqldb.Tx, payment id.Payment, at time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE payment SET poll_at = ?, polls = polls + 1 WHERE id = ?", sqldb.Millis(at), payment)
	return err
}

func pollNow(ctx context.Context, tx *sqldb.Tx, payment id.Payment) error {
	_, err := tx.Exec(ctx, "UPDATE payment SET poll_at = ? WHERE id = ?", sqldb.Millis(tx.Now()), payment)
	return err
}

func insertNotice(ctx context.Context, tx *sqldb.Tx, provider string, n Notification) (bool, error) {
	return tx.InsertOnce(ctx,
		"INSERT INTO payment_notification (provider, notification_id, payment_id, received_at) VALUES (?, ?, ?, ?)",
		provider, n.ID, n.Report.Payment, sqldb.Millis(tx.Now()))
}

// Statuses of a refund row.
const (
	refundOwed = "owed"
	refundDone = "done"
)

func insertRefund(ctx context.Context, tx *sqldb.Tx, r Refund) error {
	_, err := tx.Exec(ctx, `INSERT INTO refund (id, payment_id, order_id, amount, currency, status, reason, created_at)
		VALUES (?, ?, 0, ?, ?, ?, ?, ?)`,
		r.ID, r.Payment, r.Amount.Amount, r.Amount.Currency, refundOwed, r.Reason, sqldb.Millis(tx.Now()))
	return err
}

const refundColumns = "id, payment_id, amount, currency, status, reason"

func scanRefund(s sqldb.Scanner) (r Refund, err error) {
	var status string
	err = s.Scan(&r.ID, &r.Payment, &r.Amount.Amount, &r.Amount.Currency, &status, &r.Reason)
	r.Done = status == refundDone
	return r, err
}

func refundByID(ctx context.Context, q sqldb.Querier, refund id.Refund) (Refund, error) {
	return scanRefund(q.QueryRow(ctx, "SELECT "+refundColumns+" FROM refund WHERE id = ?", refund))
}

func refundsOf(ctx context.Context, q sqldb.Querier, payments []Payment) (map[id.Payment][]Refund, error) {
	var ids []any
	for _, p := range payments {
		if p.Status == Succeeded { // of others nothing came in
			ids = append(ids, p.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := q.Query(ctx, "SELECT "+refundColumns+" FROM refund WHERE payment_id IN ("+sqldb.Marks(len(ids))+
		") ORDER BY id", ids...)
	list, err := sqldb.Collect(rows, err, scanRefund)
	out := make(map[id.Payment][]Refund, len(list))
	for _, r := range list {
		out[r.Payment] = append(out[r.Payment], r)
	}
	return out, err
}

func finishRefund(ctx context.Context, tx *sqldb.Tx, refund id.Refund) error {
	_, err := tx.Exec(ctx, "UPDATE refund SET status = ?, done_at = ? WHERE id = ?", refundDone, sqldb.Millis(tx.Now()),
		refund)
	return err
}

// Captured adds up, per provider and currency, what came in and what went back;
// doctor compares it with the ledger's clearing accounts.
type Captured struct {
	Provider string
	Currency money.Currency
	In       int64
	Back     int64
}

func nextPoll(ctx context.Context, q sqldb.Querier) (time.Time, error) {
	return sqldb.Earliest(ctx, q, "SELECT MIN(poll_at) FROM payment WHERE status = ?", Pending)
}

// CapturedTotals reads the sums.
func CapturedTotals(ctx context.Context, q sqldb.Querier) ([]Captured, error) {
	rows, err := q.Query(ctx,
		`SELECT p.provider, p.currency, SUM(p.amount), COALESCE((SELECT SUM(r.amount) FROM refund r JOIN payment rp
			ON rp.id = r.payment_id
			WHERE rp.provider = p.provider AND r.currency = p.currency AND r.status = ?), 0)
		FROM payment p WHERE p.status = ? GROUP BY p.provider, p.currency`, refundDone, Succeeded)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (c Captured, err error) {
		return c, s.Scan(&c.Provider, &c.Currency, &c.In, &c.Back)
	})
}

type merchant struct {
	ID        string
	SealedKey string
}

func loadMerchant(ctx context.Context, q sqldb.Querier, provider string) (m merchant, err error) {
	err = q.QueryRow(ctx, "SELECT merchant_id, sealed_key FROM payment_merchant WHERE provider = ?", provider).
		Scan(&m.ID, &m.SealedKey)
	return m, err
}

func saveMerchant(ctx context.Context, tx *sqldb.Tx, provider string, m merchant) error {
	return tx.Upsert(ctx, "payment_merchant", []string{"provider"}, []string{
		"merchant_id", "sealed_key",
		"provider_keys", "created_at",
	},
		provider, m.ID, m.SealedKey, "[]", sqldb.Millis(tx.Now()))
}
