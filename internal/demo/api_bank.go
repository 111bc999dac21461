package demo

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hawker/internal/analytics"
	"hawker/internal/distribution/distributioncopy"
	"hawker/internal/fulfilment"
	"hawker/internal/ledger/ledgercopy"
	"hawker/internal/payment"
	"hawker/internal/platform/multiply"
	"hawker/internal/sandbox"
)

// plan is how an order is copied, in each module that has something of it.
func (l Large) plan() multiply.Plan {
	return multiply.Join(l.Orders.Copied(), fulfilment.Copied(), payment.Copied(), ledgercopy.Plan(),
		distributioncopy.Plan(l.Orders.Number), analytics.Copied())
}

// paidAt are payments at a sandbox that is asked and tells nothing by itself.
func (l Large) paidAt(address string) *payment.Service {
	return payment.New(l.DB, l.Log, l.Orders, l.Distribution, map[string]payment.Provider{
		payment.SandboxName: payment.NewSandbox(payment.SandboxOptions{
			DB: l.DB, Box: l.Box, BaseURL: address, NotifyURL: func() string { return address + payment.SandboxNotify },
		}),
	})
}

const approveWithin = 5 * time.Second

// approve presses the button on the page of the sandbox.
func approve(ctx context.Context, payURL string) error {
	ctx, cancel := context.WithTimeout(ctx, approveWithin)
	defer cancel()
	form := url.Values{"decision": {"approve"}, "scenario": {sandbox.ScenarioSilent}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, payURL, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(req)
	if err != nil {
		return err
	}
	if err := res.Body.Close(); err != nil {
		return err
	}
	if res.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("the bank answered %s", res.Status)
	}
	return nil
}
