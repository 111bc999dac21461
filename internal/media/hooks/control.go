package hooks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Control tells servers in front to send a publisher away, by the interfaces that they have for
// it: SRS's HTTP API (DELETE /api/v1/clients/{id}) and nginx-rtmp's control module
// (drop/publisher, ngx_rtmp_control_module.c). An address may have a user and a password.
type Control struct {
	SRS   string // of the API, such as http://127.0.0.1:1985; empty: it is not told
	Nginx string // of the location with rtmp_control, such as http://127.0.0.1:8081/control
}

// ErrNoControl is a server that cannot be told anything.
var ErrNoControl = errors.New("hooks: no control address of this server is set")

const controlWithin = 2 * time.Second

// Drop sends the publisher of a stream away: client is Event.Client's name of it.
func (c Control) Drop(ctx context.Context, server, name, client string) error {
	base, method := c.SRS, http.MethodDelete
	if server == NginxRTMP {
		base, method = c.Nginx, http.MethodGet
	}
	if base == "" {
		return ErrNoControl
	}
	address := strings.TrimSuffix(base, "/")
	if server == NginxRTMP {
		address += "/drop/publisher?" + url.Values{"name": {name}, "clientid": {client}}.Encode()
	} else {
		address += "/api/v1/clients/" + url.PathEscape(client[strings.LastIndexByte(client, '/')+1:])
	}
	ctx, cancel := context.WithTimeout(ctx, controlWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return errors.New("hooks: no address of a server's control")
	}
	transport := &http.Transport{DisableKeepAlives: true} // without the environment's proxies
	caller := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	res, err := caller.Do(req)
	var told *url.Error
	if errors.As(err, &told) {
		err = told.Err // the address may hold a password
	}
	if err != nil {
		return err
	}
	_ = res.Body.Close() // what it says beside the status differs by version
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("hooks: %s answers %d to a drop", server, res.StatusCode)
	}
	return nil
}
