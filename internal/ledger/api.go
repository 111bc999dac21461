package ledger

import (
	"context"

	"hawker/internal/base/money"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/sqldb"
)

// API is the module's door.
type API struct{ DB *sqldb.DB }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-ledger-get", Method: "GET", Path: "/admin/ledger",
		Access: httpapi.OperatorOnly, Summary: "The trial balance",
	}, h.trial)
}

// accountView is an account of the ledger: what went in, what went out, in minor units.
type accountView struct {
	Code    int    `json:"code"`
	Kind    string `json:"kind"`
	Debits  int64  `json:"debits"`
	Credits int64  `json:"credits"`
	Balance int64  `json:"balance"`
}

// currencyView is the accounts of one currency; debits and credits are equal where
// nothing is lost.
type currencyView struct {
	Currency money.Currency `json:"currency"`
	Accounts []accountView  `json:"accounts"`
	Debits   int64          `json:"debits"`
	Credits  int64          `json:"credits"`
}

// trialView is the trial balance: every account in every currency.
type trialView struct {
	Currencies []currencyView `json:"currencies"`
	Balanced   bool           `json:"balanced"`
}

func (h API) trial(ctx context.Context, _ *struct{}) (*httpapi.Body[trialView], error) {
	books, err := TrialBalance(ctx, h.DB.Reader())
	v := trialView{Currencies: []currencyView{}, Balanced: true}
	for _, b := range books {
		c := currencyView{Currency: b.Currency, Debits: b.Debits, Credits: b.Credits}
		for _, t := range b.Accounts {
			c.Accounts = append(c.Accounts, accountView{int(t.Kind), t.Kind.Name(), t.Debits, t.Credits, t.Balance})
		}
		v.Currencies, v.Balanced = append(v.Currencies, c), v.Balanced && b.Balanced()
	}
	return httpapi.OK(v, err)
}
