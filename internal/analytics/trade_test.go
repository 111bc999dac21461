package analytics_test

import (
	"testing"
	"time"

	"hawker/internal/analytics"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/checkout/checkouttest"
	"hawker/internal/shop"
)

func TestWhatShopsDo(t *testing.T) {
	t.Parallel()
	k := openTill(t)
	first := k.shop
	k.pay(t, k.place(t, 100))
	k.pay(t, k.place(t, 100))
	k.place(t, 100) // waits for money
	k.stock(t, 9)
	k.pay(t, k.place(t, 100))
	k.count(t)
	got, err := analytics.New(k.db, time.UTC).TradeOf(t.Context(), []id.Shop{first, k.shop, id.Make[id.Shop](k.db)})
	if err != nil || len(got) != 2 || got[first] != (shop.Trade{Orders: 2}) || got[k.shop] != (shop.Trade{Orders: 1}) {
		t.Errorf("orders that were paid: %+v, %v", got, err)
	}
	m := checkouttest.New(t)
	m.Product(1000, 9)
	hidden := m.Product(1000, 9)
	checkouttest.Must[catalog.Product](t)(m.Products.SetState(t.Context(), m.Shop, hidden.ID, catalog.OffSale))
	got, err = analytics.New(m.DB, time.UTC).TradeOf(t.Context(), []id.Shop{m.Shop})
	if err != nil || got[m.Shop] != (shop.Trade{OnSale: 1}) {
		t.Errorf("products that can be bought: %+v, %v", got, err)
	}
}
