package catalog_test

import (
	"context"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/inventory"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// Whoever looks at a page again costs no question while nothing is committed, in each
// language; what is committed is seen at once. On a database that others write it is
// always read.
func TestAProductPageIsNeverOlderThanACommit(t *testing.T) {
	t.Parallel()
	var asked sqltest.Recorder
	k := openOn(t, sqltest.New(t, asked.Watch))
	d, _ := k.door()
	p := k.create(k.draft("壶", 500))
	k.exec("UPDATE product SET state = 'on_sale'")
	d.Name("product", p.ID)
	look := func(available string, read bool) {
		t.Helper()
		asked.Take()
		got := d.Call(id.User{}, 200, "GET /products/{product}", nil)
		if have := got.Show("skus.0.available"); have != available {
			t.Errorf("%s are available, want %s", have, available)
		}
		if n := len(asked.Take()); (n > 0) != (read || k.db.Shared()) {
			t.Errorf("a look cost %d questions", n)
		}
	}
	look("5", true)
	look("5", false)
	d.Language = "zh-CN"
	look("5", true)
	look("5", false)
	if err := k.db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return inventory.Reserve(ctx, tx, "order", []inventory.Item{{SKU: p.SKUs[0].ID, Quantity: 2}})
	}); err != nil {
		t.Fatal(err)
	}
	look("3", true)
	look("3", false)
	if _, err := k.service.SetState(t.Context(), k.shop, p.ID, catalog.OffSale); err != nil {
		t.Fatal(err)
	}
	d.Refuse(id.User{}, 404, "catalog.not_found", "GET /products/{product}", nil)
}
