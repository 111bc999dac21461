package ledger

import (
	"fmt"
	"strconv"
	"strings"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
)

// Kind is a row of the chart of accounts.
type Kind int

// The chart of accounts, kept once for each currency.
const (
	KindPSPClearing          Kind = 1000 // paid, not yet settled to the bank
	KindBank                 Kind = 1010
	KindDistributorDebt      Kind = 1100 // taken back after it was withdrawn
	KindShopDebt             Kind = 1110
	KindWallet               Kind = 2000
	KindOrderControl         Kind = 2100 // zero after every event
	KindShopFrozen           Kind = 2200
	KindShopAvailable        Kind = 2210
	KindCommissionFrozen     Kind = 2300
	KindCommissionAvailable  Kind = 2310
	KindRefundsPayable       Kind = 2400 // accepted, the provider has not confirmed
	KindWithdrawalsInTransit Kind = 2500
	KindTaxWithheld          Kind = 2510
	KindPointsLiability      Kind = 2600
	KindFeeDeferred          Kind = 2900
	KindFeeIncome            Kind = 4000
	KindWithdrawalFeeIncome  Kind = 4010
	KindPointsBreakage       Kind = 4020
	KindPlatformCoupons      Kind = 5000
	KindPointsIssued         Kind = 5010
	KindPSPFees              Kind = 5020
	KindBadDebt              Kind = 5030
	KindSuspense             Kind = 9000 // reconciliation differences; alarm when not zero
)

// Side is the side on which an account grows.
type Side string

// Sides.
const (
	Debit  Side = "D"
	Credit Side = "C"
)

type kindInfo struct {
	name    string
	side    Side
	guarded bool // may not be overdrawn
}

// info is a switch and not a map so that nothing can change it.
func (k Kind) info() kindInfo {
	switch k {
	case KindPSPClearing:
		return kindInfo{"psp_clearing", Debit, false}
	case KindBank:
		return kindInfo{"bank", Debit, false}
	case KindDistributorDebt:
		return kindInfo{"distributor_debt", Debit, true}
	case KindShopDebt:
		return kindInfo{"shop_debt", Debit, true}
	case KindWallet:
		return kindInfo{"wallet", Credit, true}
	case KindOrderControl:
		return kindInfo{"order_control", Credit, true}
	case KindShopFrozen:
		return kindInfo{"shop_frozen", Credit, true}
	case KindShopAvailable:
		return kindInfo{"shop_available", Credit, true}
	case KindCommissionFrozen:
		return kindInfo{"commission_frozen", Credit, true}
	case KindCommissionAvailable:
		return kindInfo{"commission_available", Credit, true}
	case KindRefundsPayable:
		return kindInfo{"refunds_payable", Credit, true}
	case KindWithdrawalsInTransit:
		return kindInfo{"withdrawals_in_transit", Credit, true}
	case KindTaxWithheld:
		return kindInfo{"tax_withheld", Credit, true}
	case KindPointsLiability:
		return kindInfo{"points_liability", Credit, true}
	case KindFeeDeferred:
		return kindInfo{"fee_deferred", Credit, true}
	case KindFeeIncome:
		return kindInfo{"fee_income", Credit, false}
	case KindWithdrawalFeeIncome:
		return kindInfo{"withdrawal_fee_income", Credit, false}
	case KindPointsBreakage:
		return kindInfo{"points_breakage", Credit, false}
	case KindPlatformCoupons:
		return kindInfo{"platform_coupons", Debit, false}
	case KindPointsIssued:
		return kindInfo{"points_issued", Debit, false}
	case KindPSPFees:
		return kindInfo{"psp_fees", Debit, false}
	case KindBadDebt:
		return kindInfo{"bad_debt", Debit, false}
	case KindSuspense:
		return kindInfo{"suspense", Debit, false}
	}
	return kindInfo{}
}

// Name is the stable name of a kind, shown to operators.
func (k Kind) Name() string { return k.info().name }

// Side is where the kind grows.
func (k Kind) Side() Side { return k.info().side }

// Account names one account. Only the constructors below make one, so that no
// account outside the chart can exist.
type Account struct {
	kind     Kind
	owner    string
	currency money.Currency
}

// Code is the stored name, `2300:usr_…`.
func (a Account) Code() string { return fmt.Sprintf("%d:%s", a.kind, a.owner) }

// Currency is the currency of the account.
func (a Account) Currency() money.Currency { return a.currency }

// Kind is the row of the chart.
func (a Account) Kind() Kind { return a.kind }

const platform = "platform"

// PSPClearing is the money a payment provider holds for us. Test and live
// providers have different names and so never share an account.
func PSPClearing(provider string, c money.Currency) Account {
	return Account{KindPSPClearing, provider, c}
}

// Bank is a bank account of the operator.
func Bank(name string, c money.Currency) Account { return Account{KindBank, name, c} }

// DistributorDebt is commission taken back after it was withdrawn.
func DistributorDebt(u id.User, c money.Currency) Account {
	return Account{KindDistributorDebt, u.String(), c}
}

// ShopDebt is what a shop owes for refunds after its money was paid out.
func ShopDebt(s id.Shop, c money.Currency) Account { return Account{KindShopDebt, s.String(), c} }

// Wallet is a buyer's money with us.
func Wallet(u id.User, c money.Currency) Account { return Account{KindWallet, u.String(), c} }

// OrderControl is where an order's money arrives and leaves in one event. One
// for each shop: the shop's frozen account is touched by the same event anyway.
func OrderControl(s id.Shop, c money.Currency) Account {
	return Account{KindOrderControl, s.String(), c}
}

// ShopFrozen is a shop's money inside the after-sale window.
func ShopFrozen(s id.Shop, c money.Currency) Account { return Account{KindShopFrozen, s.String(), c} }

// ShopAvailable is what a shop may be paid out.
func ShopAvailable(s id.Shop, c money.Currency) Account {
	return Account{KindShopAvailable, s.String(), c}
}

// CommissionFrozen is a distributor's commission inside the after-sale window.
func CommissionFrozen(u id.User, c money.Currency) Account {
	return Account{KindCommissionFrozen, u.String(), c}
}

// CommissionAvailable is commission that may be withdrawn.
func CommissionAvailable(u id.User, c money.Currency) Account {
	return Account{KindCommissionAvailable, u.String(), c}
}

// RefundsPayable is refunds accepted that the provider has not confirmed.
func RefundsPayable(provider string, c money.Currency) Account {
	return Account{KindRefundsPayable, provider, c}
}

// WithdrawalsInTransit is money on its way out over a channel.
func WithdrawalsInTransit(channel string, c money.Currency) Account {
	return Account{KindWithdrawalsInTransit, channel, c}
}

// TaxWithheld is tax kept back on payouts.
func TaxWithheld(channel string, c money.Currency) Account {
	return Account{KindTaxWithheld, channel, c}
}

// PointsLiability is the value of the points that are out.
func PointsLiability(c money.Currency) Account { return Account{KindPointsLiability, platform, c} }

// FeeDeferred is platform fee inside the after-sale window.
func FeeDeferred(c money.Currency) Account { return Account{KindFeeDeferred, platform, c} }

// FeeIncome is platform fee earned.
func FeeIncome(c money.Currency) Account { return Account{KindFeeIncome, platform, c} }

// WithdrawalFeeIncome is fees on withdrawals.
func WithdrawalFeeIncome(c money.Currency) Account {
	return Account{KindWithdrawalFeeIncome, platform, c}
}

// PointsBreakage is the value of points that expired.
func PointsBreakage(c money.Currency) Account { return Account{KindPointsBreakage, platform, c} }

// PlatformCoupons is what coupons of the platform cost it.
func PlatformCoupons(c money.Currency) Account { return Account{KindPlatformCoupons, platform, c} }

// PointsIssued is what points given away cost.
func PointsIssued(c money.Currency) Account { return Account{KindPointsIssued, platform, c} }

// PSPFees is what providers keep.
func PSPFees(c money.Currency) Account { return Account{KindPSPFees, platform, c} }

// BadDebt is debts written off.
func BadDebt(c money.Currency) Account { return Account{KindBadDebt, platform, c} }

// Suspense is differences between a provider's statement and ours.
func Suspense(provider string, c money.Currency) Account { return Account{KindSuspense, provider, c} }

// parseAccount reads a stored name back.
func parseAccount(code string, c money.Currency) (Account, error) {
	number, owner, ok := strings.Cut(code, ":")
	kind, err := strconv.Atoi(number)
	if !ok || err != nil || Kind(kind).info() == (kindInfo{}) {
		return Account{}, fmt.Errorf("ledger: stored account %q is not of the chart", code)
	}
	return Account{Kind(kind), owner, c}, nil
}
