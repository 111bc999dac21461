package sandbox

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver

	"hawker/internal/base/id"
	"hawker/internal/base/money"
)

const tables = `
CREATE TABLE IF NOT EXISTS provider (one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), seed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS merchant (
  id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, public_key TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS payment (
  id TEXT NOT NULL PRIMARY KEY, merchant_id TEXT NOT NULL REFERENCES merchant (id), out_trade_no TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL, description TEXT NOT NULL,
  notify_url TEXT NOT NULL, return_url TEXT NOT NULL, pay_url TEXT NOT NULL, scenario TEXT NOT NULL,
  status TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  pay_late INTEGER NOT NULL DEFAULT 0, paid_at INTEGER NOT NULL DEFAULT 0,
  refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount),
  UNIQUE (merchant_id, out_trade_no));
CREATE INDEX IF NOT EXISTS ix_payment_open ON payment (pay_late, expires_at);
CREATE TABLE IF NOT EXISTS refund (
  id TEXT NOT NULL PRIMARY KEY, merchant_id TEXT NOT NULL, out_refund_no TEXT NOT NULL,
  payment_id TEXT NOT NULL REFERENCES payment (id), amount INTEGER NOT NULL CHECK (amount > 0),
  status TEXT NOT NULL, created_at INTEGER NOT NULL, UNIQUE (merchant_id, out_refund_no));
CREATE TABLE IF NOT EXISTS notification (
  id TEXT NOT NULL PRIMARY KEY, url TEXT NOT NULL, body BLOB NOT NULL, defect TEXT NOT NULL,
  copies INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL,
done INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS ix_notification_due ON notification (done, due_at);`

type store struct{ db *sql.DB }

// openStore uses one connection: what is answered has been committed with full
// sync, and nothing runs beside it.
func openStore(path string) (*store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	pragmas := url.Values{"_pragma": {
		"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)",
		"foreign_keys(1)",
	}}
	// A folder may be called what it likes: ?, # and % mean something in a URI.
	uri := "file:" + (&url.URL{Path: path}).EscapedPath()
	db, err := sql.Open("sqlite", uri+"?_txlock=immediate&"+pragmas.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(tables); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &store{db}, nil
}

func (s *store) close() error { return s.db.Close() }

func (s *store) update(ctx context.Context, fn func(tx *sql.Tx) error) error {
	// A client that goes away must not leave half an answer behind.
	tx, err := s.db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return err
	}
	done := false
	defer func() { // also when fn falls: there is one connection, and it would be gone
		if !done {
			_ = tx.Rollback() // the error that ends it is known already
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	done = true
	return tx.Commit()
}

// providerKey reads the provider's key or makes it.
func (s *store) providerKey(ctx context.Context) (ed25519.PrivateKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := rand.Read(seed); err != nil {
		return nil, err
	}
	err := s.update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec(`INSERT INTO provider (one, seed) VALUES (1, ?) ON CONFLICT DO NOTHING`,
			seed); err != nil {
			return err
		}
		return tx.QueryRow(`SELECT seed FROM provider`).Scan(&seed)
	})
	if err != nil {
		return nil, err
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("stored seed has %d bytes", len(seed))
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func (s *store) registerMerchant(ctx context.Context, r Registration, now time.Time) (merchant string, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO merchant (id, name, public_key, created_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (public_key) DO NOTHING`,
			"sbx_mch_"+id.Token(), r.Name, r.PublicKey, now.UnixMilli())
		if err != nil {
			return err
		}
		return tx.QueryRow(`SELECT id FROM merchant WHERE public_key = ?`, r.PublicKey).Scan(&merchant)
	})
	return merchant, err
}

func (s *store) merchantKey(ctx context.Context, merchant string) (ed25519.PublicKey, error) {
	var text string
	err := s.db.QueryRowContext(ctx, `SELECT public_key FROM merchant WHERE id = ?`, merchant).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrKey
	}
	if err != nil {
		return nil, err
	}
	return ParsePublicKey(text)
}

// paymentRow is a payment with what only the provider knows.
type paymentRow struct {
	Payment
	merchant, merchantName, description, notifyURL, returnURL, scenario string
	payLate                                                             bool
}

const paymentColumns = `SELECT p.id, p.merchant_id, m.name, p.out_trade_no, p.amount, p.currency, p.description,
	p.notify_url,
	p.return_url, p.pay_url, p.scenario, p.status, p.created_at, p.expires_at, p.pay_late, p.paid_at, p.refunded
	FROM payment p JOIN merchant m ON m.id = p.merchant_id `

func scanPayment(row interface{ Scan(...any) error }) (p paymentRow, err error) {
	var created, expires, paid int64
	err = row.Scan(&p.ID, &p.merchant, &p.merchantName, &p.OutTradeNo, &p.Amount, &p.Currency, &p.description,
		&p.notifyURL,
		&p.returnURL, &p.PayURL, &p.scenario, &p.Status, &created, &expires, &p.payLate, &paid, &p.Refunded)
	p.CreatedAt, p.ExpiresAt = time.UnixMilli(created).UTC(), time.UnixMilli(expires).UTC()
	if paid > 0 {
		at := time.UnixMilli(paid).UTC()
		p.PaidAt = &at
	}
	return p, err
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// payment finds one by the merchant's number; found is false when there is none.
func findPayment(ctx context.Context, q querier, merchant, outTradeNo string) (p paymentRow, found bool, err error) {
	return onePayment(q.QueryRowContext(ctx, paymentColumns+`WHERE p.merchant_id = ? AND p.out_trade_no = ?`, merchant,
		outTradeNo))
}

func findPaymentByID(ctx context.Context, q querier, payment string) (p paymentRow, found bool, err error) {
	return onePayment(q.QueryRowContext(ctx, paymentColumns+`WHERE p.id = ?`, payment))
}

func onePayment(row *sql.Row) (p paymentRow, found bool, err error) {
	p, err = scanPayment(row)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	return p, err == nil, err
}

func insertPayment(tx *sql.Tx, merchant string, p Payment, r PaymentRequest) error {
	_, err := tx.Exec(`INSERT INTO payment (id, merchant_id, out_trade_no, amount, currency, description, notify_url,
		return_url,
		pay_url, scenario, status, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, merchant, r.OutTradeNo, r.Amount, r.Currency, r.Description, r.NotifyURL, r.ReturnURL,
		p.PayURL, r.Scenario, p.Status, p.CreatedAt.UnixMilli(), p.ExpiresAt.UnixMilli())
	return err
}

// setStatus moves a payment on, guarded by where it comes from.
func setStatus(tx *sql.Tx, payment, from, to string, paidAt time.Time) (bool, error) {
	paid := int64(0)
	if !paidAt.IsZero() {
		paid = paidAt.UnixMilli()
	}
	res, err := tx.Exec(`UPDATE payment SET status = ?, paid_at = ?, pay_late = 0 WHERE id = ? AND status = ?`, to,
		paid, payment, from)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func setScenario(tx *sql.Tx, payment, scenario string) error {
	_, err := tx.Exec(`UPDATE payment SET scenario = ? WHERE id = ?`, scenario, payment)
	return err
}

func setPayLate(tx *sql.Tx, payment string) error {
	_, err := tx.Exec(`UPDATE payment SET pay_late = 1 WHERE id = ?`, payment)
	return err
}

// dueLate lists payments whose payer waits until they have expired.
func (s *store) dueLate(ctx context.Context, now time.Time) ([]string, error) {
	return s.texts(ctx, `SELECT id FROM payment WHERE pay_late = 1 AND expires_at <= ? LIMIT 100`, now.UnixMilli())
}

// dueExpired lists payments that nobody paid in time.
func (s *store) dueExpired(ctx context.Context, now time.Time) ([]string, error) {
	return s.texts(ctx, `SELECT id FROM payment WHERE pay_late = 0 AND expires_at <= ? AND status = 'pending'
		LIMIT 100`, now.UnixMilli())
}

func (s *store) texts(ctx context.Context, query string, args ...any) (out []string, err error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}

func findRefund(ctx context.Context, q querier, merchant, outRefundNo string) (r Refund, found bool, err error) {
	var created int64
	err = q.QueryRowContext(ctx,
		`SELECT r.id, r.out_refund_no, p.out_trade_no, r.amount, p.currency, r.status, r.created_at
		FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.merchant_id = ? AND r.out_refund_no = ?`, merchant,
		outRefundNo).
		Scan(&r.ID, &r.OutRefundNo, &r.OutTradeNo, &r.Amount, &r.Currency, &r.Status, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return Refund{}, false, nil
	}
	r.CreatedAt = time.UnixMilli(created).UTC()
	return r, err == nil, err
}

// insertRefund answers false when more would be refunded than was paid.
func insertRefund(tx *sql.Tx, p paymentRow, r Refund) (bool, error) {
	res, err := tx.Exec(`UPDATE payment SET refunded = refunded + ? WHERE id = ? AND refunded + ? <= amount`, r.Amount,
		p.ID, r.Amount)
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); n == 0 || err != nil {
		return false, err
	}
	_, err = tx.Exec(`INSERT INTO refund (id, merchant_id, out_refund_no, payment_id, amount, status, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		r.ID, p.merchant, r.OutRefundNo, p.ID, r.Amount, r.Status, r.CreatedAt.UnixMilli())
	return err == nil, err
}

func (s *store) statement(ctx context.Context, merchant string, from, to time.Time) ([]StatementLine, error) {
	rows, err := s.db.QueryContext(ctx,
		`SELECT 'payment', out_trade_no, '', id, amount, currency, paid_at AS at FROM payment
			WHERE merchant_id = ? AND paid_at >= ? AND paid_at < ?
		UNION ALL SELECT 'refund', p.out_trade_no, r.out_refund_no, r.id, r.amount, p.currency, r.created_at
			FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.merchant_id = ? AND r.created_at >= ?
			AND r.created_at < ?
		ORDER BY at, 4`, merchant, from.UnixMilli(), to.UnixMilli(), merchant, from.UnixMilli(), to.UnixMilli())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []StatementLine{}
	for rows.Next() {
		var l StatementLine
		var at int64
		var currency string
		if err := rows.Scan(&l.Kind, &l.OutTradeNo, &l.OutRefundNo, &l.ProviderRef, &l.Amount, &currency,
			&at); err != nil {
			return nil, err
		}
		l.Currency, l.At = money.Currency(currency), time.UnixMilli(at).UTC()
		out = append(out, l)
	}
	return out, rows.Err()
}
