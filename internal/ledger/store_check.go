package ledger

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/platform/sqldb"
)

type invariant struct {
	code, what, query string
}

// violationsMax bounds what one broken invariant prints.
const violationsMax = 20

// Each query selects, as text, what breaks the invariant.
func invariants() []invariant {
	return []invariant{
		{"I1", "currency does not sum to zero", `SELECT currency FROM ledger_account GROUP BY currency
			HAVING SUM(debits_posted) <> SUM(credits_posted) OR SUM(debits_pending) <> SUM(credits_pending)`},
		{"I2", "account totals are not the sum of its transfers", `SELECT a.code FROM ledger_account a LEFT JOIN (
			SELECT m.account_id, SUM(m.debit) AS debits, SUM(m.credit) AS credits FROM (
				SELECT debit_id AS account_id, amount AS debit, 0 AS credit FROM ledger_transfer WHERE phase IN (0, 2)
				UNION ALL SELECT credit_id, 0, amount FROM ledger_transfer WHERE phase IN (0, 2)) m
			GROUP BY m.account_id) s ON s.account_id = a.id
			WHERE a.debits_posted <> COALESCE(s.debits, 0) OR a.credits_posted <> COALESCE(s.credits, 0)`},
		{"I3", "account holds are not its open pendings", `SELECT a.code FROM ledger_account a LEFT JOIN (
			SELECT m.account_id, SUM(m.debit) AS debits, SUM(m.credit) AS credits FROM (
				SELECT p.debit_id AS account_id, p.amount AS debit, 0 AS credit FROM ledger_transfer p
					LEFT JOIN ledger_transfer r ON r.pending_id = p.id WHERE p.phase = 1 AND r.id IS NULL
				UNION ALL SELECT p.credit_id, 0, p.amount FROM ledger_transfer p
					LEFT JOIN ledger_transfer r ON r.pending_id = p.id WHERE p.phase = 1 AND r.id IS NULL) m
			GROUP BY m.account_id) s ON s.account_id = a.id
			WHERE a.debits_pending <> COALESCE(s.debits, 0) OR a.credits_pending <> COALESCE(s.credits, 0)`},
		{"I4", "guarded account is overdrawn", `SELECT code FROM ledger_account WHERE guard = 1 AND (
			(side = 'C' AND debits_posted + debits_pending > credits_posted)
			OR (side = 'D' AND credits_posted + credits_pending > debits_posted))`},
		{"I5", "transfer currency is not that of its accounts", `SELECT t.id FROM ledger_transfer t
			JOIN ledger_account d ON d.id = t.debit_id JOIN ledger_account c ON c.id = t.credit_id
			WHERE t.currency <> d.currency OR t.currency <> c.currency`},
		{"I6", "resolution does not fit its hold", `SELECT r.id FROM ledger_transfer r
			LEFT JOIN ledger_transfer p ON p.id = r.pending_id WHERE r.phase IN (2, 3) AND (p.id IS NULL OR p.phase <> 1
			OR p.debit_id <> r.debit_id OR p.credit_id <> r.credit_id OR r.amount > p.amount)`},
		{"I7", "entry without transfers", `SELECT x.idem_key FROM ledger_tx x
			LEFT JOIN ledger_transfer t ON t.tx_id = x.id WHERE t.id IS NULL`},
		{"I8", "order control is not zero", `SELECT code FROM ledger_account WHERE kind = 2100
			AND (debits_posted <> credits_posted OR debits_pending <> 0 OR credits_pending <> 0)`},
	}
}

func violations(ctx context.Context, q sqldb.Querier, i invariant) ([]Violation, error) {
	rows, err := q.Query(ctx, i.query+` LIMIT ?`, violationsMax)
	return sqldb.Collect(rows, err, func(r sqldb.Scanner) (Violation, error) {
		v := Violation{Code: i.code}
		err := r.Scan(&v.Detail)
		v.Detail = i.what + ": " + v.Detail
		return v, err
	})
}

type totalRow struct {
	AccountTotal
	currency money.Currency
}

func totals(ctx context.Context, q sqldb.Querier) ([]totalRow, error) {
	rows, err := q.Query(ctx, `SELECT currency, kind, SUM(debits_posted), SUM(credits_posted) FROM ledger_account
		GROUP BY currency, kind ORDER BY currency, kind`)
	return sqldb.Collect(rows, err, func(r sqldb.Scanner) (t totalRow, err error) {
		return t, r.Scan(&t.currency, &t.Kind, &t.Debits, &t.Credits)
	})
}

// commissionRows adds up, for each distributor, the accounts that hold his
// commission. owner "" means all.
func commissionRows(ctx context.Context, q sqldb.Querier, owner string) ([]CommissionStanding, error) {
	filter, args := `kind IN (1100, 2300, 2310)`, []any{}
	if owner != "" {
		filter = `code IN (?, ?, ?)`
		args = []any{"1100:" + owner, "2300:" + owner, "2310:" + owner}
	}
	type row struct {
		id              id.Account
		code            string
		currency        money.Currency
		debits, credits int64
		held            int64
	}
	rows, err := q.Query(ctx,
		`SELECT id, code, currency, debits_posted, credits_posted, debits_pending FROM ledger_account
		WHERE `+filter+` ORDER BY currency, code`, args...)
	all, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (r row, err error) {
		return r, s.Scan(&r.id, &r.code, &r.currency, &r.debits, &r.credits, &r.held)
	})
	if err != nil {
		return nil, err
	}
	type key struct {
		owner    string
		currency money.Currency
	}
	at, out := map[key]int{}, []CommissionStanding{}
	for _, r := range all {
		a, err := parseAccount(r.code, r.currency)
		if err != nil {
			return nil, err
		}
		k := key{a.owner, r.currency}
		if _, ok := at[k]; !ok {
			at[k] = len(out)
			c := CommissionStanding{Currency: r.currency}
			if err := c.User.UnmarshalText([]byte(a.owner)); err != nil {
				return nil, err
			}
			out = append(out, c)
		}
		c := &out[at[k]]
		switch a.kind {
		case KindDistributorDebt:
			c.Debt = r.debits - r.credits
		case KindCommissionFrozen:
			c.Frozen = r.credits - r.debits
		case KindCommissionAvailable:
			c.Available, c.Held = r.credits-r.debits, r.held
			if c.PaidOut, err = paidOut(ctx, q, r.id); err != nil {
				return nil, err
			}
		default: // the others need nothing here
		}
	}
	return out, nil
}

// paidOut is what captured holds have taken out of an account.
func paidOut(ctx context.Context, q sqldb.Querier, account id.Account) (n int64, err error) {
	err = q.QueryRow(ctx, `SELECT COALESCE(SUM(amount), 0) FROM ledger_transfer WHERE debit_id = ? AND phase = 2`,
		account).Scan(&n)
	return n, err
}
