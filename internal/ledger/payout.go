package ledger

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/platform/sqldb"
)

// Payout is money on its way out of CommissionAvailable or ShopAvailable.
type Payout struct {
	Payout  id.Payout
	From    Account
	Channel string
	Bank    string
	Amount  int64 // leaves From
	Fee     int64 // of it, ours
	Tax     int64 // of it, withheld
}

// PayoutRequested reserves the amount; the hold it answers ends the payout.
// Faults: ledger.insufficient_funds.
func PayoutRequested(ctx context.Context, tx *sqldb.Tx, p Payout) (id.Transfer, error) {
	r, err := Post(ctx, tx, p.entry("requested", Hold(p.From, WithdrawalsInTransit(p.Channel, p.From.Currency()),
		p.Amount)))
	if err != nil {
		return id.Transfer{}, err
	}
	return r.Transfers[0], nil
}

// PayoutDone records that the bank has paid. Faults: ledger.already_resolved.
func PayoutDone(ctx context.Context, tx *sqldb.Tx, p Payout, hold id.Transfer) error {
	c := p.From.Currency()
	transit := WithdrawalsInTransit(p.Channel, c)
	_, err := Post(ctx, tx, p.entry("paid",
		Capture(hold, p.Amount),
		Move(transit, Bank(p.Bank, c), p.Amount-p.Fee-p.Tax),
		Move(transit, WithdrawalFeeIncome(c), p.Fee),
		Move(transit, TaxWithheld(p.Channel, c), p.Tax),
	))
	return err
}

// PayoutRefused gives the amount back: rejected by us or by the bank. Faults:
// ledger.already_resolved.
func PayoutRefused(ctx context.Context, tx *sqldb.Tx, p Payout, hold id.Transfer) error {
	_, err := Post(ctx, tx, p.entry("refused", Release(hold)))
	return err
}

func (p Payout) entry(what string, legs ...Leg) Entry {
	return Entry{
		Key: "payout:" + p.Payout.String() + ":" + what, Kind: "payout." + what, RefType: "payout",
		RefID: p.Payout.String(), Legs: legs,
	}
}

// Settlement is a provider's payment to our bank.
type Settlement struct {
	Provider  string
	Reference string // the provider's number of it
	Bank      string
	Currency  money.Currency
	Arrived   int64
	Fees      int64 // kept by the provider
}

// ProviderSettled records that a provider has paid our bank and kept its fees.
func ProviderSettled(ctx context.Context, tx *sqldb.Tx, s Settlement) (id.LedgerTx, error) {
	clearing := PSPClearing(s.Provider, s.Currency)
	return post(ctx, tx, Entry{
		Key: "settlement:" + s.Provider + ":" + s.Reference, Kind: "provider.settled", RefType: "settlement",
		RefID: s.Reference,
		Legs:  []Leg{Move(Bank(s.Bank, s.Currency), clearing, s.Arrived), Move(PSPFees(s.Currency), clearing, s.Fees)},
	})
}
