// Package fault_test breaks things in the middle and proves that nothing that was
// acknowledged is lost and nothing happened twice.
package fault_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"hawker/test/kit"
)

const (
	mug   = "马克杯"
	fruit = "蜜柚"
)

// crowd registers people side by side.
func crowd(t *testing.T, m *kit.Mall, n int) []*kit.Person {
	t.Helper()
	out := make([]*kit.Person, n)
	addresses := make([]string, n)
	var wg sync.WaitGroup
	for i := range out {
		wg.Go(func() {
			out[i] = m.Register(fmt.Sprintf("buyer%03d", i))
			addresses[i] = out[i].Address(t)
		})
	}
	wg.Wait()
	return out
}

func TestTwoHundredBuyersForTwentyUnits(t *testing.T) {
	m := kit.Start(t)
	merchant := m.SignIn("merchant")
	sku := merchant.Find(t, mug).SKUs[0]
	merchant.Post("/merchant/"+merchant.Shop(t)+"/skus/"+sku.ID+"/stock", map[string]any{
		"delta":  20 - sku.Available,
		"reason": "flash",
	}).Want(t, 200)
	buyers := crowd(t, m, 200)
	answers := make([]kit.Answer, len(buyers))
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i, b := range buyers {
		address := b.Address(t)
		wg.Go(func() {
			<-start
			answers[i] = b.Post("/orders", kit.Wish(sku.ID, address, 1))
		})
	}
	close(start)
	wg.Wait()
	sold, refused := 0, 0
	for _, a := range answers {
		switch {
		case a.Status == http.StatusCreated:
			sold++
		case a.Status == http.StatusConflict && a.Problem() == "inventory.insufficient_stock":
			refused++
		default:
			t.Errorf("answered %d %s %v", a.Status, a.Body, a.Err)
		}
	}
	if sold != 20 || refused != 180 {
		t.Errorf("%d sold and %d refused, want 20 and 180", sold, refused)
	}
	if left := merchant.Find(t, mug).SKUs[0].Available; left != 0 {
		t.Errorf("%d left", left)
	}
	m.Doctor()
}

// TestKillInTheMiddleOfTwoHundredOrders kills the program while 200 orders are on
// their way. Each buyer repeats with the same key until answered; in the end each
// has exactly one order, and every order that was acknowledged before the kill is
// the one that is there.
func TestKillInTheMiddleOfTwoHundredOrders(t *testing.T) {
	m := kit.Start(t)
	buyers := crowd(t, m, 50)
	sku := buyers[0].Find(t, fruit).SKUs[0]
	type attempt struct {
		who   *kit.Person
		key   string
		wish  map[string]any
		acked string // checkout id, before the kill
	}
	var attempts []*attempt
	for i, b := range buyers {
		address := b.Address(t)
		for k := range 4 {
			attempts = append(attempts, &attempt{who: b, key: fmt.Sprintf("order-%d-%d", i, k), wish: kit.Wish(sku.ID,
				address, 1)})
		}
	}
	place := func(a *attempt) string {
		answer := a.who.Do("POST", "/orders", a.key, a.wish)
		var placed struct {
			Checkout string `json:"checkout_id"`
		}
		if answer.Err == nil && answer.Status != http.StatusCreated {
			t.Errorf("answered %d: %s", answer.Status, answer.Body)
		}
		if answer.Err != nil || json.Unmarshal(answer.Body, &placed) != nil {
			return ""
		}
		return placed.Checkout
	}
	acks := make(chan struct{}, len(attempts))
	var wg sync.WaitGroup
	for _, a := range attempts {
		wg.Go(func() {
			if a.acked = place(a); a.acked != "" {
				acks <- struct{}{}
			}
		})
	}
	for range 40 { // some are through, the rest are in the middle
		<-acks
	}
	m.Kill()
	wg.Wait()
	before := 0
	for _, a := range attempts {
		if a.acked != "" {
			before++
		}
	}
	t.Logf("%d of %d orders were acknowledged before the kill", before, len(attempts))
	if before == len(attempts) {
		t.Error("the kill came after the last order: nothing was tested")
	}
	m.Boot()
	for _, a := range attempts {
		again := place(a)
		if again == "" || (a.acked != "" && again != a.acked) {
			t.Errorf("%s: acknowledged as %q, now %q", a.key, a.acked, again)
		}
	}
	for i, b := range buyers {
		var list kit.List[kit.Order]
		b.Get("/orders").Want(t, 200).Into(t, &list)
		if len(list.Items) != 4 {
			t.Errorf("buyer %d has %d orders, want 4", i, len(list.Items))
		}
	}
	if left := buyers[0].Find(t, fruit).SKUs[0].Available; left != sku.Available-int64(len(attempts)) {
		t.Errorf("stock went from %d to %d for %d orders", sku.Available, left, len(attempts))
	}
	m.Doctor()
}

// TestNotificationsThatMisbehave lets the bank send what banks send: three times,
// with a wrong amount, badly signed, late, or not at all.
func TestNotificationsThatMisbehave(t *testing.T) {
	m := kit.Start(t)
	shopper := m.SignIn("shopper")
	sku := shopper.Find(t, mug).SKUs[0].ID
	for _, scenario := range []string{"duplicate", "wrong_amount", "bad_signature", "old_timestamp", "silent"} {
		t.Run(scenario, func(t *testing.T) {
			o := shopper.Place(t, sku, 1)
			m.Decide(t, shopper.PayURL(t, o.ID), url.Values{"decision": {"approve"}, "scenario": {scenario}})
			shopper.Becomes(t, o.ID, "paid")
		})
	}
	m.Doctor()
}

func TestForgedNotificationsAreRefused(t *testing.T) {
	m := kit.Start(t)
	shopper := m.SignIn("shopper")
	o := shopper.Place(t, shopper.Find(t, mug).SKUs[0].ID, 1)
	shopper.PayURL(t, o.ID) // the payment is under way
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"id":"sbx_evt_x","type":"payment.succeeded","data":{"out_trade_no":"` + o.ID +
		`","amount":6900,"currency":"CNY","status":"succeeded"}}`)
	for name, header := range map[string]http.Header{
		"unsigned": {},
		"signed by a stranger": {
			"Sandbox-Timestamp": {"1795348800"}, "Sandbox-Nonce": {"n"}, "Sandbox-Key-Id": {"k"},
			"Sandbox-Signature": {base64.StdEncoding.EncodeToString(ed25519.Sign(stranger, body))},
		},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequest("POST", m.URL+"/api/v1/payments/sandbox/notify",
				strings.NewReader(string(body)))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = header
			req.Header.Set("Content-Type", "application/json")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusForbidden {
				t.Errorf("answered %d", res.StatusCode)
			}
		})
	}
	if got := shopper.Order(t, o.ID); got.Status != "pending_payment" {
		t.Errorf("the order is %s", got.Status)
	}
	m.Doctor()
}
