package ledger_test

import (
	"context"
	"strings"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/ledger"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// What no business fact can be is refused as a defect, before anything is written.
func TestWhatIsNoEntry(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	bank, other := ledger.Bank("main", cny), ledger.Bank("other", cny)
	wallet := ledger.Wallet(id.FromInt[id.User](7), cny)
	for name, e := range map[string]ledger.Entry{
		"no key":                {Kind: "k", RefType: "t", RefID: "1", Legs: []ledger.Leg{ledger.Move(bank, other, 1)}},
		"no kind":               {Key: "k", RefType: "t", RefID: "1", Legs: []ledger.Leg{ledger.Move(bank, other, 1)}},
		"no reference":          {Key: "k", Kind: "k", Legs: []ledger.Leg{ledger.Move(bank, other, 1)}},
		"below nothing":         entry("k", ledger.Move(bank, wallet, -1)),
		"to itself":             entry("k", ledger.Move(bank, bank, 1)),
		"between currencies":    entry("k", ledger.Move(bank, ledger.Bank("other", "JPY"), 1)),
		"of no currency":        entry("k", ledger.Move(ledger.Bank("a", ""), ledger.Bank("b", ""), 1)),
		"of no such currency":   entry("k", ledger.Move(ledger.Bank("a", "cny"), ledger.Bank("b", "cny"), 1)),
		"a hold of nothing":     entry("k", ledger.Hold(bank, wallet, 0)),
		"a capture of nothing":  entry("k", ledger.Capture(id.Make[id.Transfer](db), 0)),
		"a capture of no hold":  entry("k", ledger.Capture(id.Transfer{}, 1)),
		"one bad leg of many":   entry("k", ledger.Move(bank, wallet, 5), ledger.Move(wallet, bank, -5)),
		"a release of no hold":  entry("k", ledger.Release(id.Make[id.Transfer](db))),
		"a capture of nobody's": entry("k", ledger.Capture(id.Make[id.Transfer](db), 3)),
	} {
		if r, err := post(t.Context(), db, e); err == nil {
			t.Errorf("%s was posted: %+v", name, r)
		}
	}
	if r, err := post(t.Context(), db, entry("nothing", ledger.Move(bank, wallet, 0))); err != nil || !r.Tx.IsZero() {
		t.Errorf("an entry that moves nothing is kept: %+v, %v", r, err)
	}
	if books, err := ledger.TrialBalance(t.Context(), db.Reader()); err != nil || len(books) != 0 {
		t.Errorf("something was written: %+v, %v", books, err)
	}
}

// A hold ends once and for no more than it holds; what is not captured is free again.
func TestTheEndsOfAHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second func(h id.Transfer) ledger.Leg
		code          string // of the second
		left          int64
	}{
		"captured, captured": {capture(30), capture(30), ledger.CodeAlreadyResolved, 70},
		"captured, released": {capture(100), ledger.Release, ledger.CodeAlreadyResolved, 0},
		"released, captured": {ledger.Release, capture(1), ledger.CodeAlreadyResolved, 100},
		"released, released": {ledger.Release, ledger.Release, ledger.CodeAlreadyResolved, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := sqltest.New(t)
			wallet, out := ledger.Wallet(id.FromInt[id.User](7), cny), ledger.WithdrawalsInTransit("bank", cny)
			must := func(e ledger.Entry) ledger.Receipt {
				t.Helper()
				r, err := post(t.Context(), db, e)
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			must(entry("in", ledger.Move(ledger.Bank("main", cny), wallet, 100)))
			hold := must(entry("hold", ledger.Hold(wallet, out, 100))).Transfers[0]
			_, err := post(t.Context(), db, entry("above", capture(101)(hold)))
			wantCode(t, err, ledger.CodeAboveHold)
			_, err = post(t.Context(), db, entry("spend", ledger.Move(wallet, ledger.Bank("main", cny), 1)))
			wantCode(t, err, ledger.CodeInsufficientFunds)
			must(entry("first", c.first(hold)))
			_, err = post(t.Context(), db, entry("second", c.second(hold)))
			wantCode(t, err, c.code)
			wantBalance(t, db, wallet, c.left)
			wantBalance(t, db, out, 100-c.left)
			wantClean(t, db)
		})
	}
}

func capture(n int64) func(h id.Transfer) ledger.Leg {
	return func(h id.Transfer) ledger.Leg { return ledger.Capture(h, n) }
}

// The chart is complete: each account has a name and a side, and is stored under a code
// that says both whose it is and what.
func TestTheChartOfAccounts(t *testing.T) {
	t.Parallel()
	u, s, c := id.FromInt[id.User](7), id.FromInt[id.Shop](8), money.Currency(cny)
	accounts := []ledger.Account{
		ledger.PSPClearing("p", c), ledger.Bank("b", c), ledger.DistributorDebt(u, c), ledger.ShopDebt(s, c),
		ledger.Wallet(u, c), ledger.OrderControl(s, c), ledger.ShopFrozen(s, c), ledger.ShopAvailable(s, c),
		ledger.CommissionFrozen(u, c), ledger.CommissionAvailable(u, c), ledger.RefundsPayable("p", c),
		ledger.WithdrawalsInTransit("x", c), ledger.TaxWithheld("x", c), ledger.PointsLiability(c),
		ledger.FeeDeferred(c), ledger.FeeIncome(c), ledger.WithdrawalFeeIncome(c), ledger.PointsBreakage(c),
		ledger.PlatformCoupons(c), ledger.PointsIssued(c), ledger.PSPFees(c), ledger.BadDebt(c),
		ledger.Suspense("p", c),
	}
	names, codes := map[string]bool{}, map[string]bool{}
	db := sqltest.New(t)
	for i, a := range accounts {
		side := a.Kind().Side()
		if names[a.Kind().Name()] || codes[a.Code()] || a.Kind().Name() == "" || (side != ledger.Debit &&
			side != ledger.Credit) || !strings.Contains(a.Code(), ":") || a.Currency() != c {
			t.Errorf("account %d is %s, %q on %q", i, a.Code(), a.Kind().Name(), side)
		}
		names[a.Kind().Name()], codes[a.Code()] = true, true
		debit, credit := a, ledger.Bank("counterpart", c)
		if side == ledger.Credit {
			debit, credit = credit, debit
		}
		if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := ledger.Post(ctx, tx, entry("chart "+a.Code(), ledger.Move(debit, credit, int64(i)+1)))
			return err
		}); err != nil {
			t.Errorf("%s: %v", a.Code(), err)
		}
		wantBalance(t, db, a, int64(i)+1)
	}
	books, err := ledger.TrialBalance(t.Context(), db.Reader())
	if err != nil || len(books) != 1 || !books[0].Balanced() || len(books[0].Accounts) != len(accounts) {
		t.Fatalf("%d kinds of %d, %v: %+v", len(books[0].Accounts), len(accounts), err, books)
	}
	// Only an order's control account must not keep anything.
	if found, err := ledger.Check(t.Context(), db.Reader()); err != nil || len(found) != 1 || found[0].Code != "I8" {
		t.Errorf("found %+v, %v", found, err)
	}
}
