package distribution_test

import (
	"context"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/commission"
	"hawker/internal/distribution"
	"hawker/internal/ledger"
	"hawker/internal/platform/sqldb"
)

// BenchmarkOrderShares is the share of distribution and ledger in an order that
// is placed and paid: attribute, save, pay, post; one line, two levels.
func BenchmarkOrderShares(b *testing.B) {
	m := newMall(b)
	buyer, promoter, _ := m.chain()
	ref := m.code(promoter)
	m.mustBind(buyer, promoter)
	for b.Loop() {
		m.must(func(ctx context.Context, tx *sqldb.Tx) error {
			order, line := id.Make[id.Order](tx), id.Make[id.OrderLine](tx)
			a, err := m.dist.Attribute(ctx, tx, distribution.AttributeRequest{
				Buyer: buyer, RefCode: ref, Lines: []commission.PricedLine{{
					ID: line, Shop: m.shop, Quantity: 1,
					Owed: 1999, Cash: 1999,
				}},
			})
			if err != nil {
				return err
			}
			if err := m.dist.Save(ctx, tx, distribution.OrderRecord{
				Order: order, Number: "1", Shop: m.shop,
				Buyer: buyer, Currency: cny,
			}, a); err != nil {
				return err
			}
			dues, err := m.dist.OrderPaid(ctx, tx, order)
			if err != nil {
				return err
			}
			_, err = ledger.OrderPaid(ctx, tx, dues.Paid("sandbox", 0))
			return err
		})
	}
}
