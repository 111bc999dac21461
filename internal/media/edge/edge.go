// Package edge answers for media that another server has, the origin. Each piece is
// fetched from there once, however many ask for it here: whoever comes while it is on
// its way waits for the same answer, and a piece that may be kept lies in memory until
// it is old or the room is needed. So an origin is asked as if there were one viewer.
//
// It asks as a stranger: no cookie, no token and no address of a caller goes along.
// What the origin says to that is what everybody may have.
package edge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/span"
	"hawker/internal/media/hls"
)

// Config of a Puller.
type Config struct {
	Clock clock.Clock
	Log   *slog.Logger
	Bytes int64 // kept in memory; 0 means 256 MiB
	// Connect is how origins are reached; nil: as the system does.
	Connect func(ctx context.Context, network, address string) (net.Conn, error)
}

const (
	bytesDefault = 256 << 20
	pieceMax     = 64 << 20
	flightsMax   = 1024
	connsMax     = 256
	keyMax       = 512
	// An origin holds a request for three target durations at the most.
	answerWithin  = 30 * time.Second
	connectWithin = 2 * time.Second
)

// Puller is an edge's memory and what is on its way to it. It serves any number of
// origins.
type Puller struct {
	cfg     Config
	client  *http.Client
	kept    *store
	fetched atomic.Int64

	mu      sync.Mutex
	flights map[string]*flight
}

// flight is one request to an origin that some wait for.
type flight struct {
	done   chan struct{}
	answer *answer
	err    error
}

// answer is what an origin said.
type answer struct {
	status int
	header http.Header // what is passed on; its values are shared and read only
	body   []byte
	until  time.Time // may be kept so long; zero: not at all
}

// New makes a puller.
func New(c Config) *Puller {
	if c.Bytes <= 0 {
		c.Bytes = bytesDefault
	}
	if c.Connect == nil {
		c.Connect = (&net.Dialer{Timeout: connectWithin}).DialContext
	}
	return &Puller{
		cfg: c, kept: newStore(c.Bytes), flights: map[string]*flight{},
		client: &http.Client{
			Transport: span.Transport{Name: "origin", Tell: true, Base: &http.Transport{
				DialContext: c.Connect, MaxIdleConnsPerHost: connsMax, MaxConnsPerHost: flightsMax,
				IdleConnTimeout: answerWithin, ResponseHeaderTimeout: answerWithin, DisableCompression: true,
			}},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Fetched counts requests to origins.
func (p *Puller) Fetched() int64 { return p.fetched.Load() }

var (
	errBusy    = errors.New("edge: too much is on its way")
	errTooLong = errors.New("edge: a piece is too large")
)

// Serve answers r by what lies at the same path of origin, which is the start of an
// address ("http://10.0.0.7:8080"). An origin that does not answer is 503, for a moment.
func (p *Puller) Serve(rw http.ResponseWriter, r *http.Request, origin string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions {
		rw.Header().Set("Allow", "GET, HEAD, OPTIONS")
		http.Error(rw, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	key := r.URL.EscapedPath() + directives(r.URL.RawQuery)
	if len(key) > keyMax {
		http.Error(rw, http.StatusText(http.StatusRequestURITooLong), http.StatusRequestURITooLong)
		return
	}
	a, err := p.get(r.Context(), r.Method == http.MethodOptions, hls.AcceptsGzip(r), origin+key)
	switch {
	case r.Context().Err() != nil:
		return
	case err != nil:
		p.cfg.Log.Debug("edge: the origin does not answer", "origin", origin, "error", err)
		rw.Header().Set("Retry-After", "1")
		rw.Header().Set("Cache-Control", "no-store")
		http.Error(rw, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	a.write(rw, r)
}

// directives keeps what an origin looks at: anything else in a query would fetch the same
// piece again.
func directives(raw string) string {
	if raw == "" {
		return ""
	}
	var kept []string
	for pair := range strings.SplitSeq(raw, "&") {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "_HLS_") {
			kept = append(kept, pair)
		}
	}
	if len(kept) == 0 {
		return ""
	}
	return "?" + strings.Join(kept, "&")
}

// get gives an answer from memory, from a request that is on its way, or from one of its
// own. Whoever leaves ends nobody else's.
func (p *Puller) get(ctx context.Context, preflight, zip bool, address string) (*answer, error) {
	key := address
	if zip {
		key = "gzip " + key
	}
	if preflight {
		key = "options " + key
	}
	if a := p.kept.find(key, p.cfg.Clock.Now()); a != nil {
		return a, nil
	}
	f, err := p.board(ctx, key, address, preflight, zip)
	if err != nil {
		return nil, err
	}
	select {
	case <-f.done:
		return f.answer, f.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// board has whoever asks wait for a piece that is on its way, or sends for it: for all who will ask,
// in the trace of the first.
func (p *Puller) board(ctx context.Context, key, address string, preflight, zip bool) (*flight, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.flights[key]; f != nil {
		return f, nil
	}
	if len(p.flights) >= flightsMax {
		return nil, errBusy
	}
	f := &flight{done: make(chan struct{})}
	p.flights[key] = f
	go func() {
		f.answer, f.err = p.fetch(context.WithoutCancel(ctx), address, preflight, zip)
		if f.err == nil {
			p.kept.keep(key, f.answer) // before the flight is gone: nobody finds neither
		}
		p.mu.Lock()
		delete(p.flights, key)
		p.mu.Unlock()
		close(f.done)
	}()
	return f, nil
}

// fetch asks the origin.
func (p *Puller) fetch(ctx context.Context, address string, preflight, zip bool) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	method := http.MethodGet
	if preflight {
		method = http.MethodOptions
	}
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, err
	}
	if zip {
		req.Header.Set("Accept-Encoding", "gzip")
	}
	p.fetched.Add(1)
	res, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.ContentLength > pieceMax {
		return nil, errTooLong
	}
	body, err := read(res)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", req.URL.Path, err)
	}
	return newAnswer(res, body, p.cfg.Clock.Now()), nil
}

func read(res *http.Response) ([]byte, error) {
	if n := res.ContentLength; n >= 0 {
		body := make([]byte, n)
		_, err := io.ReadFull(res.Body, body)
		return body, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, pieceMax+1))
	if err == nil && len(body) > pieceMax {
		err = errTooLong
	}
	return body, err
}

// Origin reads the address of an origin as it is configured: a scheme and a host.
func Origin(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return "", fmt.Errorf("%q is no address of a server; want, say, https://live.example", text)
	}
	return u.Scheme + "://" + u.Host, nil
}

// seconds reads a number of a Cache-Control or Age header.
func seconds(text string) (time.Duration, bool) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, false
	}
	return time.Duration(n) * time.Second, true
}
