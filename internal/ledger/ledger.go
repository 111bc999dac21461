// Package ledger is double-entry bookkeeping on SQL. It keeps true that each
// transfer has one debit and one credit account of one currency, so that every
// currency sums to zero by construction; that no guarded account is overdrawn,
// by a CHECK of the database; that history is only added to; and that one
// business fact is posted once, by a key derived from it.
//
// The modules that own a process (payment, distribution) call the named events
// (OrderPaid, WindowOver, RefundAccepted …) or Post inside their own transaction.
// Deciding amounts is not its job. docs/books.md has the accounts and the
// invariants.
package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Faults that callers match on.
const (
	CodeInsufficientFunds = "ledger.insufficient_funds" // a guarded account would be overdrawn
	CodeKeyReused         = "ledger.key_reused"         // the same fact with other contents
	CodeAlreadyResolved   = "ledger.already_resolved"   // the hold was posted or voided before
	CodeNoSuchHold        = "ledger.no_such_hold"
	CodeAboveHold         = "ledger.above_hold"
)

type phase int

const (
	phaseSingle phase = iota
	phasePending
	phasePost
	phaseVoid
)

// Leg is one transfer of an entry; Move, Hold, Capture and Release make one.
type Leg struct {
	phase         phase
	debit, credit Account
	amount        int64
	pending       id.Transfer
	held          int64 // the whole amount of pending
}

// Move transfers at once. A move of nothing is left out of the entry.
func Move(debit, credit Account, amount int64) Leg {
	return Leg{phase: phaseSingle, debit: debit, credit: credit, amount: amount}
}

// Hold reserves: the limit is checked now, so that capturing cannot overdraw.
func Hold(debit, credit Account, amount int64) Leg {
	return Leg{phase: phasePending, debit: debit, credit: credit, amount: amount}
}

// Capture posts a held transfer, in full or less; the rest is released.
func Capture(hold id.Transfer, amount int64) Leg {
	return Leg{phase: phasePost, pending: hold, amount: amount}
}

// Release voids a held transfer.
func Release(hold id.Transfer) Leg { return Leg{phase: phaseVoid, pending: hold} }

// Entry is one business event.
type Entry struct {
	Key     string // the business fact: order:ord_…:paid
	Kind    string // order.paid
	RefType string
	RefID   string
	At      time.Time // when it took effect; zero is the transaction's now
	Legs    []Leg
	// Inputs identify the fact where the legs also depend on balances (a debt to
	// be paid first): a repeat must match these, not the legs.
	Inputs any
}

// Receipt is what Post did. Transfers follow the legs of the entry; none for a
// leg that moved nothing.
type Receipt struct {
	Tx        id.LedgerTx
	Transfers []id.Transfer
	Repeated  bool // it had been posted before
}

// Post records an entry in the caller's transaction. The same key with the same
// contents answers the first receipt again. An entry that moves nothing is not
// recorded. Faults: the Code constants of this package.
//
// Order of locks: the key first (a concurrent repeat waits there), then the
// accounts in id order, then the transfers. Inserting transfers before the
// accounts are locked lets their foreign keys deadlock on InnoDB.
func Post(ctx context.Context, tx *sqldb.Tx, e Entry) (Receipt, error) {
	if err := e.valid(); err != nil {
		return Receipt{}, err
	}
	hash, err := e.hash()
	if err != nil {
		return Receipt{}, err
	}
	s := store{tx}
	if r, found, err := s.repeat(ctx, e, hash); found || err != nil {
		return r, err
	}
	legs, err := s.resolve(ctx, e.Legs)
	if err != nil {
		return Receipt{}, err
	}
	r := Receipt{Transfers: make([]id.Transfer, len(legs))}
	if !moves(legs) {
		return r, nil
	}
	r.Tx = id.Make[id.LedgerTx](tx)
	fresh, err := s.insertTx(ctx, r.Tx, e, hash)
	if err != nil {
		return Receipt{}, fmt.Errorf("post %s: %w", e.Key, err)
	}
	if !fresh { // somebody else committed the same key while we waited
		r, _, err := s.repeat(ctx, e, hash)
		return r, err
	}
	accounts, err := s.ensureAccounts(ctx, legs)
	if err != nil {
		return Receipt{}, fmt.Errorf("accounts of %s: %w", e.Key, err)
	}
	if err := s.apply(ctx, legs, accounts); err != nil {
		return Receipt{}, err
	}
	var rows []transfer
	for i, l := range legs {
		if l.empty() {
			continue
		}
		r.Transfers[i] = id.Make[id.Transfer](tx)
		rows = append(rows, transfer{r.Transfers[i], r.Tx, i, l})
	}
	if err := s.insertTransfers(ctx, rows, accounts); err != nil {
		return Receipt{}, fmt.Errorf("transfers of %s: %w", e.Key, err)
	}
	return r, nil
}

func (l Leg) empty() bool { return l.phase == phaseSingle && l.amount == 0 }

func moves(legs []Leg) bool {
	for _, l := range legs {
		if !l.empty() {
			return true
		}
	}
	return false
}

// valid finds programming errors: what a user does cannot cause these.
func (e Entry) valid() error {
	if e.Key == "" || e.Kind == "" || e.RefType == "" || e.RefID == "" {
		return fmt.Errorf("ledger: entry %q lacks key, kind or reference", e.Key)
	}
	for i, l := range e.Legs {
		switch l.phase {
		case phaseSingle, phasePending:
			if l.amount < 0 || (l.phase == phasePending && l.amount == 0) {
				return fmt.Errorf("ledger: leg %d of %s moves %d", i, e.Key, l.amount)
			}
			if l.debit == l.credit || l.debit.currency != l.credit.currency || !l.debit.currency.Valid() {
				return fmt.Errorf("ledger: leg %d of %s: %s to %s", i, e.Key, l.debit.Code(), l.credit.Code())
			}
		case phasePost:
			if l.amount <= 0 || l.pending.IsZero() {
				return fmt.Errorf("ledger: leg %d of %s captures %d", i, e.Key, l.amount)
			}
		case phaseVoid: // nothing to do
		}
	}
	return nil
}

type hashedLeg struct {
	Phase                   phase
	Debit, Credit, Currency string
	Amount                  int64
	Pending                 id.Transfer
}

func (e Entry) hash() (string, error) {
	contents := e.Inputs
	if contents == nil {
		legs := make([]hashedLeg, 0, len(e.Legs))
		for _, l := range e.Legs {
			if l.empty() {
				continue
			}
			h := hashedLeg{Phase: l.phase, Amount: l.amount, Pending: l.pending}
			if l.pending.IsZero() {
				h.Debit, h.Credit, h.Currency = l.debit.Code(), l.credit.Code(), string(l.debit.currency)
			}
			legs = append(legs, h)
		}
		contents = legs
	}
	raw, err := json.Marshal(struct {
		Kind, RefType, RefID string
		Contents             any
	}{e.Kind, e.RefType, e.RefID, contents})
	if err != nil {
		return "", fmt.Errorf("ledger: hash %s: %w", e.Key, err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// Balance is where an account stands, counted on the side it grows on.
type Balance struct {
	Posted   int64
	Held     int64 // reserved to leave
	Incoming int64 // reserved to arrive
}

// Available is what may be moved out.
func (b Balance) Available() int64 { return b.Posted - b.Held }

// BalanceOf reads one account; an account never used stands at zero.
func BalanceOf(ctx context.Context, q sqldb.Querier, a Account) (Balance, error) {
	return readBalance(ctx, q, a)
}
