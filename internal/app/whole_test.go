package app_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/app"
	"hawker/internal/platform/certs/certstest"
	"hawker/internal/platform/config"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
	"hawker/internal/watch"
)

// What modules bring has a name of its own: two tasks of one name would share a lease,
// two subscribers of one name a note of who has taken an event, two kinds of one name
// each other's jobs.
func TestWhatModulesBringIsOnceThere(t *testing.T) {
	t.Parallel()
	a := open(t, settings(t))
	defer closed(t, a)
	seen := map[string]string{}
	once := func(kind, name, of string) {
		t.Helper()
		if key := kind + " " + name; name == "" || seen[key] != "" {
			t.Errorf("%s %q is brought by %s and by %q", kind, name, of, seen[key])
		} else {
			seen[key] = of
		}
	}
	counts := map[string]int{}
	for _, m := range a.Modules() {
		for _, x := range m.Tasks {
			once("task", x.Name, m.Name)
			if x.Do == nil || x.Next == nil && x.Every <= 0 {
				t.Errorf("the task %s is never due, or does nothing", x.Name)
			}
			counts["tasks"]++
		}
		for _, x := range m.Jobs {
			once("kind", x.Name, m.Name)
			if x.Work == nil || x.Tries < 1 || x.Lease <= 0 || x.Workers < 0 {
				t.Errorf("jobs of the kind %s: %+v", x.Name, x.Options)
			}
			counts["kinds"]++
		}
		for _, x := range m.Runners {
			once("runner", x.Name, m.Name)
			counts["runners"]++
		}
		for _, x := range m.Subscriptions {
			once("subscriber", x.Consumer+" of "+x.Event, m.Name)
			if (x.Handle == nil) == (x.Notify == nil) || strings.ContainsAny(x.Consumer, " \t") {
				t.Errorf("%q hears of %s in both ways or in none", x.Consumer, x.Event)
			}
			counts["subscribers"]++
		}
		for _, x := range m.Routes {
			for _, method := range append(x.Methods, "") {
				if method != "" || len(x.Methods) == 0 {
					once("route", method+x.Pattern, m.Name)
				}
			}
			counts["routes"]++
		}
		for _, x := range m.Checks {
			once("check", x.Name, m.Name)
		}
	}
	for _, what := range []string{"tasks", "kinds", "runners", "subscribers", "routes"} {
		if counts[what] == 0 {
			t.Errorf("no %s at all: this proves nothing", what)
		}
	}
}

// Modules let go in the opposite order, each once, whatever one of them says; and what
// it says is heard.
func TestTheOrderOfTheEnd(t *testing.T) {
	t.Parallel()
	a := open(t, settings(t))
	var order []string
	boom := errors.New("the kettle is hot")
	for _, name := range []string{"first", "second", "third"} {
		a.Bring(module.Module{Name: name, Close: func(ctx context.Context) error {
			order = append(order, name)
			if _, limited := ctx.Deadline(); !limited {
				t.Error("an end that may last for ever")
			}
			if err := a.DB().Ping(ctx); err != nil {
				t.Errorf("%s ends after the database: %v", name, err)
			}
			if name == "second" {
				return boom
			}
			return nil
		}})
	}
	if err := a.Close(); !errors.Is(err, boom) {
		t.Errorf("it ended with %v", err)
	}
	if want := []string{"third", "second", "first"}; !slices.Equal(order, want) {
		t.Errorf("it ended in the order %v", order)
	}
	if a.DB().Ping(context.Background()) == nil {
		t.Error("the database is still open")
	}
}

// Who cannot take up what a crash left serves nobody: the error names the module, no
// later one is asked, no runner runs, and the ports are free again.
func TestWhatCannotBeTakenUp(t *testing.T) {
	t.Parallel()
	a := open(t, settings(t))
	boom := errors.New("the tape is torn")
	a.Bring(module.Module{
		Name: "tape", Recover: func(context.Context) error { return boom },
		Runners: []module.Runner{{Name: "tape", Run: func(context.Context) error { t.Error("it runs"); return nil }}},
	})
	a.Bring(module.Module{Name: "later", Recover: func(context.Context) error { t.Error("it was asked"); return nil }})
	if err := a.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	where := []string{a.HTTPAddr(), a.RTMPAddr()}
	if err := a.Run(t.Context()); !errors.Is(err, boom) || !strings.Contains(err.Error(), "tape") {
		t.Errorf("it ran: %v", err)
	}
	closed(t, a)
	for _, addr := range where {
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			t.Errorf("its port is still taken: %v", err)
			continue
		}
		ln.Close()
	}
}

// A request that is under way when the mall stops is answered; nobody new is let in.
func TestTheLastRequestIsAnswered(t *testing.T) {
	t.Parallel()
	a := open(t, settings(t))
	defer closed(t, a)
	in, out := make(chan struct{}), make(chan struct{})
	httpapi.Register(a.API(), httpapi.Operation{ID: "slow", Method: "GET", Path: "/slow", Access: httpapi.Anyone},
		func(context.Context, *struct{}) (*httpapi.Empty, error) {
			close(in)
			<-out
			return &httpapi.Empty{}, nil
		})
	stopped, stop := make(chan error, 1), run(t, a)
	where := "http://" + a.HTTPAddr() + "/api/v1/slow"
	answered := make(chan int, 1)
	go func() {
		res, err := http.Get(where)
		if err != nil {
			t.Error(err)
			answered <- 0
			return
		}
		res.Body.Close()
		answered <- res.StatusCode
	}()
	<-in
	go func() { stopped <- stop() }()
	for { // until the door is shut
		c, err := net.Dial("tcp", a.HTTPAddr())
		if err != nil {
			break
		}
		c.Close()
	}
	close(out)
	if status := <-answered; status != http.StatusNoContent {
		t.Errorf("the last request was answered %d", status)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// A caller's headers have a limit, and so has who sends none.
func TestHeadersHaveALimit(t *testing.T) {
	t.Parallel()
	a := open(t, settings(t))
	defer closed(t, a)
	stop := run(t, a)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+a.HTTPAddr()+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", strings.Repeat("x", 64<<10))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("64 KiB of cookies are answered %d", res.StatusCode)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// certificate makes files of a certificate of this machine.
func certificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	rawCert, rawKey := certstest.SelfSigned(t, "mall.example")
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for name, content := range map[string][]byte{cert: rawCert, key: rawKey} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(rawCert)
	return cert, key, pool
}

// Encoders may publish by TLS, by nothing older than 1.2.
func TestPublishingByTLS(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	var pool *x509.CertPool
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Live.RTMPS = free.Addr().String()
	free.Close()
	cfg.Live.TLSCert, cfg.Live.TLSKey, pool = certificate(t)
	a := open(t, cfg)
	defer closed(t, a)
	stop := run(t, a)
	for version, ok := range map[uint16]bool{tls.VersionTLS13: true, tls.VersionTLS12: true, tls.VersionTLS11: false} {
		conn, err := tls.Dial("tcp", cfg.Live.RTMPS, &tls.Config{
			RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS10, MaxVersion: version,
		})
		if (err == nil) != ok {
			t.Errorf("by version %x: %v", version, err)
		}
		if err == nil {
			conn.Close()
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// What a person reads first: where to go, what is dangerous, and no key that is not
// the demo's.
func TestTheFirstWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what       string
		change     func(c *config.Config)
		demo       bool
		has, lacks []string
	}{
		{
			"plain", func(*config.Config) {}, false,
			[]string{"/console/", "rtmp://", "SANDBOX"},
			[]string{"password", "!!!"},
		},
		{"demo", func(*config.Config) {}, true, []string{"hawker-demo", "merchant@hawker.demo", "/live/demo\n"}, nil},
		{
			"public",
			func(c *config.Config) { c.PublicURL, c.Payment.Sandbox = "https://mall.example", false },
			false,
			[]string{"https://mall.example/console/"},
			[]string{"SANDBOX", "http://127"},
		},
		{
			"every network", func(c *config.Config) { c.HTTP, c.RTMP = "0.0.0.0:0", "[::]:0" }, false,
			[]string{"http://127.0.0.1:", "rtmp://127.0.0.1:"},
			[]string{"[::]", "0.0.0.0"},
		},
		{"open", func(c *config.Config) { c.Live.OpenPublish = true }, false, []string{"OPEN PUBLISHING"}, nil},
	} {
		cfg := settings(t)
		c.change(&cfg)
		a := open(t, cfg)
		if err := a.Listen(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := a.Welcome(c.demo)
		for _, word := range c.has {
			if !strings.Contains(got, word) {
				t.Errorf("%s: no %q in %s", c.what, word, got)
			}
		}
		for _, word := range c.lacks {
			if strings.Contains(got, word) {
				t.Errorf("%s: %q in %s", c.what, word, got)
			}
		}
		closed(t, a)
	}
}

// A worker does the jobs of a mall, opens no port and ends when it is told to.
func TestAWorkerOpensNoPort(t *testing.T) {
	t.Parallel()
	a := open(t, settings(t))
	defer closed(t, a)
	var done atomic.Int64
	worked := make(chan struct{}, 1)
	a.Bring(module.Module{Name: "worker", Jobs: []jobs.Kind{{
		Name: "worker.test", Options: jobs.Options{Workers: 1, Lease: time.Minute, Tries: 1},
		Work: func(context.Context, jobs.Run) error {
			done.Add(1)
			worked <- struct{}{}
			return nil
		},
	}}, Runners: []module.Runner{{Name: "r", Run: func(context.Context) error { t.Error("it serves"); return nil }}}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Work(ctx) }()
	err := a.DB().Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return jobs.Enqueue(ctx, tx, jobs.Job{Kind: "worker.test"})
	})
	if err != nil {
		t.Fatal(err)
	}
	<-worked
	cancel()
	if err := <-ended; err != nil || done.Load() != 1 {
		t.Errorf("%d done, %v", done.Load(), err)
	}
}

// The doctor's report reads the same for people and programs, and names each check
// once.
func TestTheDoctorsReport(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	closed(t, open(t, cfg))
	r, err := app.Doctor(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range r.Findings {
		if seen[f.Check] || !strings.Contains(r.String(), "ok     "+f.Check+"\n") {
			t.Errorf("%q is named twice or not at all", f.Check)
		}
		seen[f.Check] = true
	}
	raw, err := json.Marshal(r)
	var back app.Report
	if err != nil || json.Unmarshal(raw, &back) != nil || fmt.Sprint(back) != fmt.Sprint(r) {
		t.Errorf("%v: %s", err, raw)
	}
	torn := app.Report{Findings: []watch.Finding{{Check: "tea is warm", Details: []string{"cup 7", "cup 8"}}}}
	if text := torn.String(); !strings.Contains(text, "BROKEN tea is warm\n") || strings.Count(text, "cup") != 2 {
		t.Errorf("%q", text)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := app.Doctor(ctx, cfg, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("who gave up got a report")
	}
}
