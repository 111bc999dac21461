package order

import (
	"context"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/inventory"
	"hawker/internal/platform/multiply"
	"hawker/internal/platform/sqldb"
)

// Copied says how an order is copied, by its checkout, with what it took of stock.
func (s *Service) Copied() multiply.Plan {
	return multiply.Join(multiply.Plan{
		Tables: []multiply.Table{
			{Name: "checkout", By: "id", IDs: []string{"id"}, Times: []string{"pay_by", "created_at"}},
			{
				Name: "orders", By: "checkout_id", IDs: []string{"id", "checkout_id"},
				Times: []string{"due_at", "paid_at", "completed_at", "created_at"}, Change: s.renumber,
			},
			{Name: "order_line", By: "order_id", IDs: []string{"id", "order_id"}},
			{Name: "order_status_history", By: "order_id", IDs: []string{"id", "order_id"}, Times: []string{"at"}},
		},
		Sums: []multiply.Sum{sumSold},
	}, inventory.Copied(func(n int64) string { return Order{ID: id.FromInt[id.Order](n)}.stockRef() }))
}

// renumber gives a copy its number and seals its address for it.
func (s *Service) renumber(was, r multiply.Row, _ any) error {
	old, now := id.FromInt[id.Order](was.Int("id")), id.FromInt[id.Order](r.Int("id"))
	raw, err := s.box.Open(was.Text("address_sealed"), account.AddressSeal(old.String()))
	if err != nil {
		return err
	}
	r.Set("address_sealed", s.box.Seal(raw, account.AddressSeal(now.String())))
	r.Set("number", s.Number(now.Int(), sqldb.FromMillis(r.Int("created_at"))))
	return nil
}

// Number is what people call an order that was placed at a time.
func (s *Service) Number(order int64, placed time.Time) string {
	return number(placed.In(s.terms.Zone), id.FromInt[id.Order](order))
}

// sumSold is countSold of many orders.
func sumSold(ctx context.Context, tx *sqldb.Tx, written map[string][]multiply.Row) error {
	paid, sold := map[int64]bool{}, map[int64]int64{}
	for _, o := range written["orders"] {
		paid[o.Int("id")] = o.Int("paid_at") > 0
	}
	for _, l := range written["order_line"] {
		if paid[l.Int("order_id")] {
			sold[l.Int("product_id")] += l.Int("quantity")
		}
	}
	for product, units := range sold {
		if err := catalog.CountSold(ctx, tx, id.FromInt[id.Product](product), units); err != nil {
			return err
		}
	}
	return nil
}
