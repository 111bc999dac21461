package app_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"hawker/internal/app"
	"hawker/internal/base/clock"
)

// A mall that speaks TLS by itself shows everything by it, by HTTP/2, says that it always
// will, gives encoders the same certificate, and sends who comes without it there. What
// this machine asks of itself is answered as before.
func TestAMallByItsOwnTLS(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	cert, key, pool := certificate(t)
	cfg.HTTPS.Address, cfg.HTTPS.Cert, cfg.HTTPS.Key = "127.0.0.1:0", cert, key
	cfg.PublicURL, cfg.Limits.Patience = "https://mall.example", time.Second
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Live.RTMPS = free.Addr().String()
	free.Close()
	a := open(t, cfg)
	defer closed(t, a)
	stop := run(t, a)
	secure := &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "mall.example"},
	}
	client := http.Client{Transport: secure, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	t.Run("pages", func(t *testing.T) {
		res, err := client.Get("https://" + a.HTTPSAddr() + "/api/v1/config")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 200 || res.ProtoMajor != 2 ||
			!strings.Contains(res.Header.Get("Strict-Transport-Security"), "max-age=31536000") {
			t.Errorf("%s by %s, %v", res.Status, res.Proto, res.Header)
		}
	})
	t.Run("encoders", func(t *testing.T) {
		c, err := tls.Dial("tcp", cfg.Live.RTMPS, &tls.Config{RootCAs: pool, ServerName: "mall.example"})
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	})
	_, port, _ := net.SplitHostPort(a.HTTPSAddr())
	for _, c := range []struct{ method, host, path, want string }{
		{"GET", "mall.example", "/p/1?x=%2F", "301 https://mall.example:" + port + "/p/1?x=%2F"},
		{"POST", "mall.example:80", "/api/v1/orders", "308 https://mall.example:" + port + "/api/v1/orders"},
		{"GET", "127.0.0.1:80", "/healthz", "200 "},
		{"GET", "localhost", "/healthz", "200 "},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+a.HTTPAddr()+c.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = c.host
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := fmt.Sprint(res.StatusCode, " ", res.Header.Get("Location")); got != c.want {
			t.Errorf("%s %s%s: %s, want %s", c.method, c.host, c.path, got, c.want)
		}
	}
	t.Run("a body that never comes, beside others", func(t *testing.T) {
		slowly, write := io.Pipe()
		defer write.Close()
		slow := make(chan error, 1)
		go func() {
			res, err := client.Post("https://"+a.HTTPSAddr()+"/api/v1/auth/login", "application/json", slowly)
			if err == nil {
				res.Body.Close()
			}
			slow <- err
		}()
		answered := 0
		for over := false; !over; {
			select {
			case <-slow: // refused or cut, as it may be: it is over
				over = true
			case <-time.After(30 * time.Second):
				t.Fatal("it is waited for still")
			default:
				res, err := client.Post("https://"+a.HTTPSAddr()+"/api/v1/auth/login", "application/json",
					bytes.NewReader([]byte("{}")))
				if err != nil {
					t.Fatalf("another on the same connection: %v", err)
				}
				res.Body.Close()
				answered++
			}
		}
		if answered == 0 {
			t.Error("nobody else was answered meanwhile")
		}
	})
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// heard is a log that tells of its lines.
type heard struct{ lines chan string }

func (h heard) Enabled(context.Context, slog.Level) bool { return true }
func (h heard) WithAttrs([]slog.Attr) slog.Handler       { return h }
func (h heard) WithGroup(string) slog.Handler            { return h }

func (h heard) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "handshake") {
		h.lines <- r.Level.String() + " " + r.Message
	}
	return nil
}

// What strangers make a server say goes where all is said, in its form, and only to who
// asks for detail: nobody fills the log by handshakes that fail.
func TestHandshakesThatFailAreNoNews(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	cert, key, _ := certificate(t)
	cfg.HTTPS.Address, cfg.HTTPS.Cert, cfg.HTTPS.Key = "127.0.0.1:0", cert, key
	log := heard{make(chan string, 1)}
	a, err := app.Open(t.Context(), app.Options{Config: cfg, Log: slog.New(log), Clock: clock.Real{}})
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, a)
	stop := run(t, a)
	fmt.Fprint(call(t, "127.0.0.1", a.HTTPSAddr()), "no handshake at all\r\n\r\n")
	select {
	case got := <-log.lines:
		if !strings.HasPrefix(got, "DEBUG") {
			t.Error(got)
		}
	case <-time.After(time.Minute):
		t.Error("it was said elsewhere")
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
