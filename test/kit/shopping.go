package kit

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Money is an amount of the API.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// List is a page of the API.
type List[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor"`
}

// Named is anything with an id.
type Named struct {
	ID string `json:"id"`
}

// Product is what tests look at of a product.
type Product struct {
	ID   string `json:"id"`
	Sold int64  `json:"sold"`
	SKUs []struct {
		ID        string `json:"id"`
		Price     Money  `json:"price"`
		Available int64  `json:"available"`
	} `json:"skus"`
}

// Order is what tests look at of an order.
type Order struct {
	ID          string `json:"id"`
	Number      string `json:"number"`
	Status      string `json:"status"`
	CloseReason string `json:"close_reason"`
	Payable     Money  `json:"payable"`
	Payment     *struct {
		Status string `json:"status"`
	} `json:"payment"`
}

// Find searches a product by words and reads it whole.
func (p *Person) Find(t testing.TB, words string) Product {
	t.Helper()
	var list List[Named]
	p.Get("/products?q="+url.QueryEscape(words)).Want(t, http.StatusOK).Into(t, &list)
	if len(list.Items) != 1 {
		t.Fatalf("%d products match %q", len(list.Items), words)
	}
	var out Product
	p.Get("/products/"+list.Items[0].ID).Want(t, http.StatusOK).Into(t, &out)
	return out
}

// Address is the id of an address of this person, made when there is none.
func (p *Person) Address(t testing.TB) string {
	t.Helper()
	var list List[Named]
	p.Get("/me/addresses").Want(t, http.StatusOK).Into(t, &list)
	if len(list.Items) > 0 {
		return list.Items[0].ID
	}
	var made Named
	p.Post("/me/addresses", map[string]any{
		"name": "Buyer", "phone": "13800000000", "region": "Somewhere",
		"detail": "Street 1",
	}).
		Want(t, http.StatusCreated).Into(t, &made)
	return made.ID
}

// Shop is the id of the first shop where this person works.
func (p *Person) Shop(t testing.TB) string {
	t.Helper()
	var me struct {
		Shops []Named `json:"shops"`
	}
	p.Get("/me").Want(t, http.StatusOK).Into(t, &me)
	if len(me.Shops) == 0 {
		t.Fatal("works in no shop")
	}
	return me.Shops[0].ID
}

// Wish is the body of an order for some units of a SKU.
func Wish(sku, address string, quantity int) map[string]any {
	return map[string]any{"items": []map[string]any{{"sku_id": sku, "quantity": quantity}}, "address_id": address}
}

// Place orders units of a SKU.
func (p *Person) Place(t testing.TB, sku string, quantity int) Order {
	t.Helper()
	var placed struct {
		Orders []Order `json:"orders"`
	}
	p.Post("/orders", Wish(sku, p.Address(t), quantity)).Want(t, http.StatusCreated).Into(t, &placed)
	return placed.Orders[0]
}

// PayURL starts the payment of an order and answers the pay page's address.
func (p *Person) PayURL(t testing.TB, order string) string {
	t.Helper()
	var pay struct {
		Action struct {
			URL string `json:"url"`
		} `json:"action"`
	}
	var answer Answer
	p.m.Eventually("the bank takes the payment", func() bool { // it starts beside the mall
		answer = p.Post("/orders/"+order+"/pay", map[string]string{"provider": "sandbox", "return_url": "/orders"})
		return answer.Problem() != "payment.provider_unavailable"
	})
	answer.Want(t, http.StatusOK).Into(t, &pay)
	return pay.Action.URL
}

// Decide does what a buyer does on the bank's page.
func (m *Mall) Decide(t testing.TB, payURL string, form url.Values) {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Post(payURL, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("the bank answered %d", res.StatusCode)
	}
}

// Order reads one of this person's orders.
func (p *Person) Order(t testing.TB, order string) (o Order) {
	t.Helper()
	p.Get("/orders/"+order).Want(t, http.StatusOK).Into(t, &o)
	return o
}

// Becomes waits until an order has a status.
func (p *Person) Becomes(t testing.TB, order, status string) {
	t.Helper()
	p.m.Eventually("order is "+status, func() bool { return p.Order(t, order).Status == status })
}

// ID is the person's id.
func (p *Person) ID(t testing.TB) string {
	t.Helper()
	var me struct {
		ID string `json:"id"`
	}
	p.Get("/me").Want(t, http.StatusOK).Into(t, &me)
	return me.ID
}
