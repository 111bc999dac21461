package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hawker/internal/base/id"
)

const (
	workers = 4
	ordersN = 200
	flashN  = 200
	flashOf = 20
)

// errAnswer is an answer that the flow did not want; it ends the run.
var errAnswer = errors.New("unexpected answer")

type client struct {
	base  string
	token string
	http  *http.Client
}

// do calls an operation below /api/v1 and decodes the answer into out.
func (c client) do(ctx context.Context, method, path string, body, out any) (status int, err error) {
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, reader)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", id.Token())
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	raw, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return 0, err
	}
	if out != nil && res.StatusCode/100 == 2 {
		err = json.Unmarshal(raw, out)
	}
	return res.StatusCode, err
}

// want is do for answers that must succeed.
func (c client) want(ctx context.Context, method, path string, body, out any) error {
	status, err := c.do(ctx, method, path, body, out)
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("%w: %s %s answered %d", errAnswer, method, path, status)
	}
	return err
}

func (b *Bench) visitor() client {
	return client{base: "http://" + b.server.http + "/api/v1", http: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: flashN, MaxIdleConns: flashN},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (b *Bench) buyer(ctx context.Context, n int) (client, string, error) {
	c := b.visitor()
	var s struct {
		Token string `json:"token"`
	}
	name := fmt.Sprintf("bench%d", n)
	err := c.want(ctx, "POST", "/auth/register", map[string]string{
		"email":    name + "@example.com",
		"password": "bench bench", "display_name": name,
	}, &s)
	if err != nil {
		return c, "", err
	}
	c.token = s.Token
	var a struct {
		ID string `json:"id"`
	}
	err = c.want(ctx, "POST", "/me/addresses", map[string]string{
		"name": "B", "phone": "13800000000", "region": "R",
		"detail": "D",
	}, &a)
	return c, a.ID, err
}

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
	for _, r := range []struct {
		name, path, goal string
		c                client
	}{
		{"an empty answer (the floor)", "/healthz", "", floor},
		{"product list", "/products?limit=20", "≥ 2000 a core", c},
		{"product detail", "/products/" + product, "≥ 2000 a core", c},
	} {
		err := b.rate(ctx, r.name, r.goal, window, func(ctx context.Context) error {
			return r.c.want(ctx, "GET", r.path,
				nil, nil)
		})
		if err != nil {
			return err
		}
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

// rate runs one request over and over in a closed loop.
func (b *Bench) rate(ctx context.Context, name, goal string, window time.Duration,
	one func(ctx context.Context) error,
) error {
	before, err := cpu(b.server.cmd.Process.Pid)
	if err != nil {
		return err
	}
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
	if err := errors.Join(failed, ctx.Err()); err != nil {
		return err
	}
	after, err := cpu(b.server.cmd.Process.Pid)
	if err != nil {
		return err
	}
	slices.Sort(took)
	n := float64(len(took))
	b.add(Figure{"shop", name + ": requests a CPU second", n / (after - before).Seconds(), "1/CPU s", goal})
	b.add(Figure{"shop", name + ": p99", float64(quantile(took, 0.99).Microseconds()) / 1000, "ms", ""})
	return nil
}

func (b *Bench) stock(ctx context.Context, sku string, delta int) error {
	c := b.visitor()
	var s struct {
		Token string `json:"token"`
	}
	if err := c.want(ctx, "POST", "/auth/login", map[string]string{
		"email":    "merchant@hawker.demo",
		"password": "hawker-demo",
	}, &s); err != nil {
		return err
	}
	c.token = s.Token
	var me struct {
		Shops []struct {
			ID string `json:"id"`
		} `json:"shops"`
	}
	if err := c.want(ctx, "GET", "/me", nil, &me); err != nil {
		return err
	}
	return c.want(ctx, "POST", "/merchant/"+me.Shops[0].ID+"/skus/"+sku+"/stock", map[string]any{
		"delta":  delta,
		"reason": "bench",
	}, nil)
}

// orders measures one order from the wish to paid, with everything that follows
// from it: the CPU counts until the last event has been handled.
func (b *Bench) orders(ctx context.Context, sku string) error {
	if err := b.stock(ctx, sku, ordersN); err != nil {
		return err
	}
	c, address, err := b.buyer(ctx, 0)
	if err != nil {
		return err
	}
	if err := b.placeAndPay(ctx, c, sku, address); err != nil { // the first waits for the bank to start
		return err
	}
	before, err := cpu(b.server.cmd.Process.Pid)
	if err != nil {
		return err
	}
	start := time.Now()
	for range ordersN - 1 {
		if err := b.placeAndPay(ctx, c, sku, address); err != nil {
			return err
		}
	}
	took := time.Since(start)
	if err := b.settled(ctx, c); err != nil {
		return err
	}
	after, err := cpu(b.server.cmd.Process.Pid)
	n := float64(ordersN - 1)
	b.add(Figure{
		"shop", "order placed and paid: server CPU each", float64((after - before).Microseconds()) / 1000 / n,
		"ms", "≤ 5 ms",
	})
	b.add(Figure{"shop", "order placed and paid: one buyer, one after another", n / took.Seconds(), "1/s", ""})
	return err
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
		"shop", fmt.Sprintf("rush of %d for %d: sold", flashN, flashOf), float64(sold.Load()), "units",
		"= 20",
	})
	b.add(Figure{"shop", "rush: clean refusals", float64(refused.Load()), "409s", "= 180"})
	b.add(Figure{"shop", "rush: anything else", float64(other.Load()), "answers", "= 0"})
	b.add(Figure{"shop", "rush: attempts", flashN / took.Seconds(), "1/s", "≥ 1000"})
	return nil
}
