package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"hawker/internal/base/id"
	"hawker/internal/demo"
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

func (b *Bench) visitor() client { return visitorOf(b.server) }

// visitorOf is somebody who is not signed in.
func visitorOf(s *server) client {
	return client{base: "http://" + s.http + "/api/v1", http: &http.Client{
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

// signedIn is somebody of the demo, and the shops where they work.
func signedIn(ctx context.Context, s *server, email string) (client, []string, error) {
	c := visitorOf(s)
	var in struct {
		Token string `json:"token"`
	}
	err := c.want(ctx, "POST", "/auth/login", map[string]string{"email": email, "password": demo.Password}, &in)
	if err != nil {
		return c, nil, err
	}
	c.token = in.Token
	var me struct {
		Shops []struct {
			ID string `json:"id"`
		} `json:"shops"`
	}
	if err := c.want(ctx, "GET", "/me", nil, &me); err != nil {
		return c, nil, err
	}
	var shops []string
	for _, sh := range me.Shops {
		shops = append(shops, sh.ID)
	}
	return c, shops, nil
}
