package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hawker/internal/demo"
)

const (
	workers = 4
	ordersN = 200
	flashN  = 200

	orderRounds = 4 // into which orders are cut
	flashOf     = 20
)

// shop measures reading, ordering and a rush.
func (b *Bench) shop(ctx context.Context, window time.Duration) error {
	c := b.visitor()
	var products struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if err := c.want(ctx, "GET", "/products", nil, &products); err != nil {
		return err
	}
	product := products.Items[0].ID
	floor := client{base: "http://" + b.server.http, http: c.http}
	var asked atomic.Int64
	uncached := view{client: c, path: "/products?limit=20", cursor: noProduct, asked: &asked}
	empty := 0.0
	for _, r := range []struct {
		name, goal string
		c          client
		path       func() string
	}{
		{"an empty answer (the floor)", "", floor, func() string { return "/healthz" }},
		{"product list", "≥ 2000 a core", c, func() string { return "/products?limit=20" }},
		{"product list, a page that no cache has", "", c, uncached.spelled},
		{"product detail", "≤ 2 × an empty answer", c, func() string { return "/products/" + product }},
	} {
		f, err := b.rate(ctx, window, func(ctx context.Context) error {
			return r.c.want(ctx, "GET", r.path(), nil, nil)
		})
		if err != nil {
			return err
		}
		f.rate.Name, f.rate.Goal, f.p99.Name = r.name+": requests a CPU second", r.goal, r.name+": p99"
		if empty == 0 {
			empty = f.rate.Value
		} else {
			f.rate.Ratio, f.rate.To = empty/f.rate.Value, "an empty answer's CPU"
		}
		b.add(f.rate)
		b.add(f.p99)
	}
	sku, err := b.sku(ctx, c, product)
	if err != nil {
		return err
	}
	if err := b.orders(ctx, sku); err != nil {
		return err
	}
	return b.flash(ctx, sku)
}

func (b *Bench) sku(ctx context.Context, c client, product string) (string, error) {
	var detail struct {
		SKUs []struct {
			ID string `json:"id"`
		} `json:"skus"`
	}
	err := c.want(ctx, "GET", "/products/"+product, nil, &detail)
	if err != nil {
		return "", err
	}
	return detail.SKUs[0].ID, nil
}

// rates are what a request repeated over and over comes to.
type rates struct{ rate, p99 Figure }

const rateRounds = 3 // into which a window is cut

// rate runs one request over and over in a closed loop.
func (b *Bench) rate(ctx context.Context, window time.Duration, one func(ctx context.Context) error) (r rates,
	err error,
) {
	var perCPU []float64
	var all []time.Duration
	for range rateRounds {
		before, err := ran(b.server.cmd.Process.Pid)
		if err != nil {
			return r, err
		}
		took, err := loop(ctx, window/rateRounds, one)
		if err != nil {
			return r, err
		}
		after, err := ran(b.server.cmd.Process.Pid)
		if err != nil {
			return r, err
		}
		perCPU, all = append(perCPU, float64(len(took))/(after-before).Seconds()), append(all, took...)
	}
	slices.Sort(all)
	r.rate = Figure{Area: "shop", Unit: "1/CPU s"}.repeated(perCPU)
	r.p99 = Figure{Area: "shop", Value: float64(quantile(all, 0.99).Microseconds()) / 1000, Unit: "ms"}
	return r, nil
}

// loop has some workers ask again and again for a time, and answers how long each answer took.
func loop(ctx context.Context, window time.Duration, one func(ctx context.Context) error) ([]time.Duration, error) {
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	start := time.Now()
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for time.Since(start) < window && ctx.Err() == nil {
				at := time.Now()
				err := one(ctx)
				mu.Lock()
				took = append(took, time.Since(at))
				if err != nil {
					failed = err
				}
				stop := failed != nil
				mu.Unlock()
				if stop {
					return
				}
			}
		})
	}
	wg.Wait()
	return took, errors.Join(failed, ctx.Err())
}

func (b *Bench) stock(ctx context.Context, sku string, delta int) error {
	c, shops, err := signedIn(ctx, b.server, demo.Merchant)
	if err != nil {
		return err
	}
	return c.want(ctx, "POST", "/merchant/"+shops[0]+"/skus/"+sku+"/stock", map[string]any{
		"delta":  delta,
		"reason": "bench",
	}, nil)
}

// orders measures one order from the wish to paid, with everything that follows
// from it: the CPU counts until the last event has been handled.
func (b *Bench) orders(ctx context.Context, sku string) error {
	if err := b.stock(ctx, sku, ordersN+1); err != nil {
		return err
	}
	c, address, err := b.buyer(ctx, 0)
	if err != nil {
		return err
	}
	if err := b.placeAndPay(ctx, c, sku, address); err != nil { // the first waits for the bank to start
		return err
	}
	start := time.Now()
	var each []float64
	for range orderRounds {
		ms, err := b.orderRound(ctx, c, sku, address)
		if err != nil {
			return err
		}
		each = append(each, ms)
	}
	took := time.Since(start)
	floor, err := b.orderFloor(ctx)
	if err != nil {
		return fmt.Errorf("the floor of an order: %w", err)
	}
	b.add(Figure{
		Area: "shop", Name: "two commits of an order's rows, look-ups, requests (the floor)", Value: floor, Unit: "ms",
	})
	f := Figure{
		Area: "shop", Name: "order placed and paid: server CPU each", Unit: "ms", Goal: "≤ 2.5 × its floor",
	}.repeated(each)
	b.add(f.of(floor, "its floor"))
	n := float64(orderRounds * (ordersN / orderRounds))
	b.add(Figure{
		Area: "shop", Name: "order placed and paid: one buyer, one after another", Value: n / took.Seconds(), Unit: "1/s",
	})
	return nil
}

// orderRound places and pays some orders and answers what each cost the server, in ms.
func (b *Bench) orderRound(ctx context.Context, c client, sku, address string) (float64, error) {
	before, err := ran(b.server.cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	const n = ordersN / orderRounds
	for range n {
		if err := b.placeAndPay(ctx, c, sku, address); err != nil {
			return 0, err
		}
	}
	if err := b.settled(ctx, c); err != nil {
		return 0, err
	}
	after, err := ran(b.server.cmd.Process.Pid)
	return float64((after - before).Microseconds()) / 1000 / n, err
}

func (b *Bench) placeAndPay(ctx context.Context, c client, sku, address string) error {
	var placed struct {
		Orders []struct {
			ID string `json:"id"`
		} `json:"orders"`
	}
	wish := map[string]any{"items": []map[string]any{{"sku_id": sku, "quantity": 1}}, "address_id": address}
	if err := c.want(ctx, "POST", "/orders", wish, &placed); err != nil {
		return err
	}
	var pay struct {
		Action struct {
			URL string `json:"url"`
		} `json:"action"`
	}
	path := "/orders/" + placed.Orders[0].ID + "/pay"
	for { // the bank starts beside the mall
		status, err := c.do(ctx, "POST", path, map[string]string{"provider": "sandbox", "return_url": "/"}, &pay)
		if err != nil {
			return err
		}
		if status == http.StatusOK {
			break
		}
		if status != http.StatusServiceUnavailable {
			return fmt.Errorf("%w: pay answered %d", errAnswer, status)
		}
	}
	req, err := http.NewRequestWithContext(ctx, "POST", pay.Action.URL,
		strings.NewReader(url.Values{"decision": {"approve"}}.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// settled waits until every order is paid: the bank's notifications come later.
func (b *Bench) settled(ctx context.Context, c client) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		var waiting struct {
			Items []json.RawMessage `json:"items"`
		}
		if err := c.want(ctx, "GET", "/orders?status=pending_payment", nil, &waiting); err != nil ||
			len(waiting.Items) == 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("orders stay unpaid: %w", ctx.Err())
		}
	}
}

// flash lets a crowd want few units at once.
func (b *Bench) flash(ctx context.Context, sku string) error {
	c, address, err := b.buyer(ctx, 1)
	if err != nil {
		return err
	}
	wish := func(n int) map[string]any {
		return map[string]any{"items": []map[string]any{{"sku_id": sku, "quantity": n}}, "address_id": address}
	}
	for _, n := range []int{100, 10, 1} { // empty the shelf, then lay out what the crowd fights for
		for {
			status, err := c.do(ctx, "POST", "/orders", wish(n), nil)
			if err != nil {
				return err
			}
			if status != http.StatusCreated {
				break
			}
		}
	}
	if err := b.stock(ctx, sku, flashOf); err != nil {
		return err
	}
	var sold, refused, other atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for range flashN {
		wg.Go(func() {
			switch status, err := c.do(ctx, "POST", "/orders", wish(1), nil); {
			case err == nil && status == http.StatusCreated:
				sold.Add(1)
			case err == nil && status == http.StatusConflict:
				refused.Add(1)
			default:
				other.Add(1)
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	b.add(Figure{
		Area: "shop", Name: fmt.Sprintf("rush of %d for %d: sold", flashN, flashOf),
		Value: float64(sold.Load()), Unit: "units", Goal: "= 20",
	})
	b.add(Figure{
		Area: "shop", Name: "rush: clean refusals", Value: float64(refused.Load()), Unit: "409s", Goal: "= 180",
	})
	b.add(Figure{
		Area: "shop", Name: "rush: anything else", Value: float64(other.Load()), Unit: "answers", Goal: "= 0",
	})
	b.add(Figure{Area: "shop", Name: "rush: attempts", Value: flashN / took.Seconds(), Unit: "1/s", Goal: "≥ 1000"})
	return nil
}
