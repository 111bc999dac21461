package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/ledger/sums"
	"hawker/internal/platform/sqldb"
)

type store struct{ tx *sqldb.Tx }

// repeat finds an earlier entry of the same key.
func (s store) repeat(ctx context.Context, e Entry, hash string) (Receipt, bool, error) {
	var r Receipt
	var was string
	err := s.tx.QueryRow(ctx, `SELECT id, idem_hash FROM ledger_tx WHERE idem_key = ?`, e.Key).Scan(&r.Tx, &was)
	if errors.Is(err, sql.ErrNoRows) {
		return Receipt{}, false, nil
	}
	if err != nil {
		return Receipt{}, false, err
	}
	if was != hash {
		return Receipt{}, true, fault.Conflict(CodeKeyReused, "key", e.Key)
	}
	r.Repeated = true
	r.Transfers = make([]id.Transfer, len(e.Legs))
	type numbered struct {
		transfer id.Transfer
		seq      int
	}
	rows, err := s.tx.Query(ctx, `SELECT id, seq FROM ledger_transfer WHERE tx_id = ?`, r.Tx)
	found, err := sqldb.Collect(rows, err, func(row sqldb.Scanner) (n numbered, err error) {
		return n, row.Scan(&n.transfer, &n.seq)
	})
	for _, n := range found {
		if n.seq < len(r.Transfers) {
			r.Transfers[n.seq] = n.transfer
		}
	}
	return r, true, err
}

// resolve fills captures and releases from the hold they resolve.
func (s store) resolve(ctx context.Context, legs []Leg) ([]Leg, error) {
	legs = slices.Clone(legs)
	for i, l := range legs {
		if l.phase != phasePost && l.phase != phaseVoid {
			continue
		}
		held, err := s.hold(ctx, l.pending)
		if err != nil {
			return nil, err
		}
		if l.amount > held.amount {
			return nil, fault.Conflict(CodeAboveHold, "held", held.amount)
		}
		if done, err := s.resolved(ctx, l.pending); done || err != nil {
			return nil, cmp.Or(err, error(fault.Conflict(CodeAlreadyResolved)))
		}
		legs[i].debit, legs[i].credit, legs[i].held = held.debit, held.credit, held.amount
	}
	return legs, nil
}

func (s store) hold(ctx context.Context, pending id.Transfer) (Leg, error) {
	l := Leg{pending: pending}
	var debit, credit string
	var currency money.Currency
	var was phase
	err := s.tx.QueryRow(ctx, `SELECT t.phase, t.amount, t.currency, d.code, c.code FROM ledger_transfer t
		JOIN ledger_account d ON d.id = t.debit_id JOIN ledger_account c ON c.id = t.credit_id WHERE t.id = ?`,
		pending).
		Scan(&was, &l.amount, &currency, &debit, &credit)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && was != phasePending) {
		return Leg{}, fault.NotFound(CodeNoSuchHold)
	}
	if err != nil {
		return Leg{}, err
	}
	if l.debit, err = parseAccount(debit, currency); err != nil {
		return Leg{}, err
	}
	l.credit, err = parseAccount(credit, currency)
	return l, err
}

func (s store) resolved(ctx context.Context, pending id.Transfer) (bool, error) {
	var n int
	err := s.tx.QueryRow(ctx, `SELECT COUNT(*) FROM ledger_transfer WHERE pending_id = ?`, pending).Scan(&n)
	return n > 0, err
}

func (s store) insertTx(ctx context.Context, tx id.LedgerTx, e Entry, hash string) (bool, error) {
	now := sqldb.Millis(s.tx.Now())
	at := now
	if !e.At.IsZero() {
		at = sqldb.Millis(e.At)
	}
	return s.tx.InsertOnce(ctx,
		`INSERT INTO ledger_tx (id, idem_key, idem_hash, kind, ref_type, ref_id, effective_at, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, tx, e.Key, hash, e.Kind, e.RefType, e.RefID, at, now)
}

// ensureAccounts gives the stored id of each account of the legs; those not yet
// there are made, in the order of their codes.
func (s store) ensureAccounts(ctx context.Context, legs []Leg) (map[Account]id.Account, error) {
	wanted := map[Account]bool{}
	for _, l := range legs {
		if !l.empty() {
			wanted[l.debit], wanted[l.credit] = true, true
		}
	}
	ordered := slices.SortedFunc(maps.Keys(wanted), func(a, b Account) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.owner, b.owner), cmp.Compare(a.currency, b.currency))
	})
	found := make(map[Account]id.Account, len(ordered))
	if err := s.findAccounts(ctx, ordered, found); err != nil {
		return nil, err
	}
	if len(found) == len(ordered) {
		return found, nil
	}
	for _, a := range ordered {
		if _, ok := found[a]; ok {
			continue
		}
		if err := s.insertAccount(ctx, a); err != nil {
			return nil, err
		}
	}
	return found, s.findAccounts(ctx, ordered, found)
}

func (s store) findAccounts(ctx context.Context, wanted []Account, found map[Account]id.Account) error {
	byCode := make(map[string]Account, len(wanted))
	args := make([]any, 0, len(wanted))
	for _, a := range wanted {
		byCode[a.Code()+string(a.currency)] = a
		args = append(args, a.Code())
	}
	rows, err := s.tx.Query(ctx, `SELECT id, code, currency FROM ledger_account WHERE code IN (`+sqldb.Marks(len(args))+
		`)`, args...)
	_, err = sqldb.Collect(rows, err, func(r sqldb.Scanner) (of id.Account, err error) {
		var code, currency string
		err = r.Scan(&of, &code, &currency)
		if a, ok := byCode[code+currency]; ok && err == nil {
			found[a] = of
		}
		return of, err
	})
	return err
}

// insertAccount makes an account unless another transaction just did.
func (s store) insertAccount(ctx context.Context, a Account) error {
	info := a.kind.info()
	guard := map[bool]int{true: 1}[info.guarded]
	_, err := s.tx.InsertOnce(ctx,
		`INSERT INTO ledger_account (id, code, currency, kind, side, guard, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		id.Make[id.Account](s.tx), a.Code(), a.currency, int(a.kind), info.side, guard, sqldb.Millis(s.tx.Now()))
	return err
}

// effectsOf sums what the legs do to each account, in the order of their ids, in which all
// entries lock them.
func effectsOf(legs []Leg, accounts map[Account]id.Account) []sums.Change {
	effects := map[id.Account]*sums.Change{}
	of := func(a Account) *sums.Change {
		key := accounts[a]
		if effects[key] == nil {
			effects[key] = &sums.Change{Account: key, Name: a.kind.Name()}
		}
		return effects[key]
	}
	for _, l := range legs {
		if l.empty() {
			continue
		}
		debit, credit := of(l.debit), of(l.credit)
		if l.phase == phasePending {
			debit.DebitsPending += l.amount
			credit.CreditsPending += l.amount
			continue
		}
		debit.DebitsPosted += l.amount
		credit.CreditsPosted += l.amount
		if l.phase == phaseSingle {
			continue
		}
		debit.DebitsPending -= l.held
		credit.CreditsPending -= l.held
	}
	var out []sums.Change
	for _, e := range effects {
		out = append(out, *e)
	}
	slices.SortFunc(out, func(a, b sums.Change) int { return cmp.Compare(a.Account.Int(), b.Account.Int()) })
	return out
}

// apply adds to all accounts of an entry by one statement, relative to what is there.
func (s store) apply(ctx context.Context, legs []Leg, accounts map[Account]id.Account) error {
	effects := effectsOf(legs, accounts)
	err := sums.Add(ctx, s.tx, effects)
	if sqldb.IsCheck(err) {
		return s.refusal(ctx, legs, effects, err)
	}
	return err
}

// refusal tells an overdraft from a hold that another transaction resolved
// between our look and our lock: its pending sums are gone then.
func (s store) refusal(ctx context.Context, legs []Leg, effects []sums.Change, cause error) error {
	for _, l := range legs {
		if l.pending.IsZero() {
			continue
		}
		if done, err := s.resolved(ctx, l.pending); done || err != nil {
			return cmp.Or(err, error(fault.Conflict(CodeAlreadyResolved).Because(cause)))
		}
	}
	name, err := sums.Overdrawn(ctx, s.tx, effects)
	return cmp.Or(err, error(fault.Conflict(CodeInsufficientFunds, "account", name).Because(cause)))
}

// transfer is a row to be written.
type transfer struct {
	id  id.Transfer
	tx  id.LedgerTx
	seq int
	Leg
}

// insertTransfers writes the rows of an entry, which are few, by one statement.
func (s store) insertTransfers(ctx context.Context, rows []transfer, accounts map[Account]id.Account) error {
	const row = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
	args := make([]any, 0, len(rows)*strings.Count(row, "?"))
	resolves := false
	for _, l := range rows {
		var pending any
		if !l.pending.IsZero() {
			pending, resolves = l.pending, true
		}
		args = append(args, l.id, l.tx, l.seq, int(l.phase), pending, l.debit.currency, accounts[l.debit],
			accounts[l.credit], l.amount)
	}
	_, err := s.tx.Exec(ctx,
		`INSERT INTO ledger_transfer (id, tx_id, seq, phase, pending_id, currency, debit_id, credit_id, amount)
		VALUES `+row+strings.Repeat(", "+row, len(rows)-1), args...)
	if sqldb.IsUnique(err) && resolves {
		return fault.Conflict(CodeAlreadyResolved).Because(err)
	}
	return err
}

// lock takes the row locks of accounts that are about to be read and written;
// SQLite has one writer and needs none.
func (s store) lock(ctx context.Context, accounts ...Account) error {
	if s.tx.Dialect() == sqldb.SQLite {
		return nil
	}
	found := map[Account]id.Account{}
	if err := s.findAccounts(ctx, accounts, found); err != nil {
		return err
	}
	if len(found) == 0 {
		return nil
	}
	ids := slices.SortedFunc(maps.Values(found), func(a, b id.Account) int { return cmp.Compare(a.Int(), b.Int()) })
	_, err := s.tx.Exec(ctx, "UPDATE ledger_account SET created_at = created_at WHERE id IN ("+sqldb.Marks(len(ids))+")",
		sqldb.Args(ids)...)
	return err
}

func readBalance(ctx context.Context, q sqldb.Querier, a Account) (Balance, error) {
	var dp, cp, dh, ch int64
	err := q.QueryRow(ctx, `SELECT debits_posted, credits_posted, debits_pending, credits_pending FROM ledger_account
		WHERE code = ? AND currency = ?`, a.Code(), a.currency).Scan(&dp, &cp, &dh, &ch)
	if errors.Is(err, sql.ErrNoRows) {
		return Balance{}, nil
	}
	if a.kind.Side() == Debit {
		return Balance{Posted: dp - cp, Held: ch, Incoming: dh}, err
	}
	return Balance{Posted: cp - dp, Held: dh, Incoming: ch}, err
}
