package app_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hawker/internal/app"
	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/inventory"
	"hawker/internal/platform/config"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// settings are those of an installation in a folder of the test's, on free ports.
func settings(t *testing.T) config.Config {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.HTTP, cfg.RTMP, cfg.Payment.SandboxAddr = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	cfg.Live.WebRTCUDP = "127.0.0.1:0"
	return cfg
}

func open(t *testing.T, cfg config.Config) *app.App {
	t.Helper()
	sqltest.WriteMigrated(t, filepath.Join(cfg.Data, "hawker.db"))
	a, err := app.Open(t.Context(), app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// sockets are the addresses on which this process listens, as the kernel knows them.
func sockets(t *testing.T) (out []string) {
	t.Helper()
	mine := map[string]bool{}
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not show a process its files")
	}
	for _, f := range files {
		if to, err := os.Readlink("/proc/self/fd/" + f.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			mine[strings.Trim(strings.TrimPrefix(to, "socket:"), "[]")] = true
		}
	}
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6"} {
		raw, err := os.ReadFile("/proc/self/net/" + table)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(raw)) {
			f := strings.Fields(line)
			listens := len(f) > 9 && (f[3] == "0A" || strings.HasPrefix(table, "udp"))
			if listens && mine[f[9]] {
				out = append(out, table+" "+f[1])
			}
		}
	}
	return out
}

// What Open makes runs nothing and opens no port, and Close leaves nothing behind.
func TestNothingRunsBeforeRun(t *testing.T) {
	ignore := caches(goleak.IgnoreCurrent())
	before := sockets(t)
	a := open(t, settings(t))
	if after := sockets(t); len(after) > len(before) {
		t.Errorf("it listens on %v before it runs", after)
	}
	for _, busy := range leaks(ignore...) {
		t.Errorf("before it runs there is a goroutine in %s", busy)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := goleak.Find(ignore...); err != nil {
		t.Errorf("after its end: %v", err)
	}
}

// caches adds the housekeepers of caches, which live as long as the process.
func caches(other goleak.Option) []goleak.Option {
	return []goleak.Option{other, goleak.IgnoreAnyFunction("github.com/maypok86/otter/v2.periodicCleanUp[...]")}
}

// leaks are goroutines that work: a database has its writer and the keeper of the
// node's number, and the hub's messenger waits for somebody to publish.
func leaks(ignore ...goleak.Option) (out []string) {
	err := goleak.Find(ignore...)
	if err == nil {
		return nil
	}
	for part := range strings.SplitSeq(err.Error(), "Goroutine ") {
		waits := strings.Contains(part, "/sqldb.") || strings.Contains(part, "stream.(*notices).run")
		if strings.Contains(part, "hawker/internal/") && !waits {
			out = append(out, part[:min(len(part), 400)])
		}
	}
	return out
}

// The sections of the description are the modules that bring operations: one that
// falls out of the list takes its doors with it.
func TestEveryModuleBringsItsDoors(t *testing.T) {
	t.Parallel()
	a := open(t, settings(t))
	defer closed(t, a)
	raw, err := a.API().OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			ID   string   `json:"operationId"`
			Tags []string `json:"tags"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	sections, ids := map[string]int{}, map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if len(op.Tags) != 1 || op.ID == "" || ids[op.ID] {
				t.Errorf("%s %s is %q in %v", method, path, op.ID, op.Tags)
				continue
			}
			sections[op.Tags[0]]++
			ids[op.ID] = true
		}
	}
	for _, name := range []string{
		"account", "analytics", "auction", "audience", "cart", "catalog", "chat", "checkout", "deadletter",
		"distribution",
		"fulfilment", "ingest", "ledger", "luckybag", "moderation", "notify", "order", "payment", "promotion", "room",
		"shelf", "show", "shop", "site", "social", "studio", "video",
	} {
		if sections[name] == 0 {
			t.Errorf("%s brings no operation; there are %v", name, sections)
		}
	}
	var patterns []string
	for _, r := range a.API().Routes() {
		patterns = append(patterns, r.Pattern)
	}
	for _, want := range []string{
		"/live/{room}/*", "/replay/{room}/*", "/whip", "/whep/{room}", "/healthz", "/metrics",
		"/*",
	} {
		if !slices.Contains(patterns, want) {
			t.Errorf("%s is not served; there are %q", want, patterns)
		}
	}
}

func closed(t *testing.T, a *app.App) {
	t.Helper()
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// run serves until the test stops it; the error is that of Run.
func run(t *testing.T, a *app.App) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	if err := a.Listen(ctx); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	return func() error {
		cancel()
		return <-done
	}
}

func get(t *testing.T, url string) (status int, text string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

// brewed is a fact that the clumsy module hears.
type brewed struct{ Cups int }

func (brewed) EventName() string { return "tea.brewed" }

func (brewed) EventKey() string { return "tea" }

// clumsy panics in whatever it brings, and counts how often it was called.
func clumsy(calls map[string]*atomic.Int64) module.Module {
	trip := func(where string) error {
		calls[where].Add(1)
		panic("spilt in " + where)
	}
	return module.Module{
		Name: "clumsy",
		Subscriptions: []events.Subscription{
			events.On("clumsy.handler", "tea.brewed", func(context.Context, *sqldb.Tx, brewed) error {
				return trip(
					"handler")
			}),
			events.Tell("clumsy.notifier", "tea.brewed", func(context.Context, brewed) error {
				return trip(
					"notifier")
			}),
		},
		Jobs: []jobs.Kind{{
			Name: "clumsy.job", Options: jobs.Options{Workers: 1, Lease: time.Minute, Tries: 2},
			Work: func(context.Context, jobs.Run) error { return trip("job") },
		}},
		Tasks: []schedule.Task{{Name: "clumsy.task", Every: time.Second, Do: func(context.Context) error {
			return trip("task")
		}}},
		Runners: []module.Runner{{Name: "clumsy.runner", Run: func(context.Context) error { return trip("runner") }}},
	}
}

// A panic in a runner, a task, a job or whoever is told of an event is caught and
// counted, neighbours hear what they should, and the program serves on.
func TestAPanicEndsNobodyElse(t *testing.T) {
	cfg := settings(t)
	cfg.Metrics.Address = "127.0.0.1:0"
	a := open(t, cfg)
	defer closed(t, a)
	calls := map[string]*atomic.Int64{}
	for _, where := range []string{"handler", "notifier", "job", "task", "runner"} {
		calls[where] = &atomic.Int64{}
	}
	a.Bring(clumsy(calls))
	heard := make(chan int, 1)
	a.Bring(module.Module{Name: "steady", Subscriptions: []events.Subscription{
		events.Tell("steady", "tea.brewed", func(_ context.Context, e brewed) error { heard <- e.Cups; return nil }),
	}})
	httpapi.Register(a.API(), httpapi.Operation{
		ID: "clumsy", Method: "GET", Path: "/clumsy", Access: httpapi.Anyone,
	}, func(context.Context, *struct{}) (*httpapi.Empty, error) { panic("spilt at the door") })
	stop := run(t, a)
	where := "http://" + a.HTTPAddr()
	err := a.DB().Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		if err := jobs.Enqueue(ctx, tx, jobs.Job{Kind: "clumsy.job", Key: "one", Payload: 1}); err != nil {
			return err
		}
		return events.Record(ctx, tx, brewed{3})
	})
	if err != nil {
		t.Fatal(err)
	}
	if cups := <-heard; cups != 3 {
		t.Errorf("the neighbour heard of %d cups", cups)
	}
	for _, c := range []string{"handler", "notifier", "job", "task", "runner"} {
		for calls[c].Load() == 0 {
			select {
			case <-t.Context().Done():
				t.Fatalf("the %s is not called", c)
			default:
				runtime.Gosched()
			}
		}
	}
	if status, text := get(t, where+"/api/v1/clumsy"); status != 500 || strings.Contains(text, "spilt") {
		t.Errorf("a panic at the door: %d %s", status, text)
	}
	if status, text := get(t, where+"/readyz"); status != 200 {
		t.Errorf("not ready: %d %s", status, text)
	}
	if status, _ := get(t, where+"/metrics"); status != 404 {
		t.Errorf("the figures are shown to everybody: %d", status)
	}
	if _, text := get(t, "http://"+a.FiguresAddr()+"/metrics"); !strings.Contains(text, "hawker_panics ") ||
		strings.Contains(text, "hawker_panics 0") {
		t.Error("no panic was counted")
	}
	if err := stop(); err != nil {
		t.Errorf("it stopped with %v", err)
	}
	if c, err := net.DialTimeout("tcp", strings.TrimPrefix(where, "http://"), time.Second); err == nil {
		t.Error("its port is still open", c.Close())
	}
}

// What cannot be opened says why, and lets go of what had been opened before it.
func TestWhatCannotBeOpened(t *testing.T) {
	ignore := caches(goleak.IgnoreCurrent())
	for _, c := range []struct {
		what, want string
		change     func(cfg *config.Config)
	}{
		{"a zone that is not there", "Mars", func(c *config.Config) { c.Mall.TimeZone = "Mars/Olympus" }},
		{"a key that is no key", "master key", func(c *config.Config) {
			if err := os.MkdirAll(filepath.Dir(c.MasterKeyPath()), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(c.MasterKeyPath(), []byte("short"), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"a database of a kind that is not known", "database", func(c *config.Config) { c.Database.URL = "oracle:x" }},
	} {
		cfg := settings(t)
		c.change(&cfg)
		a, err := app.Open(t.Context(), app.Options{
			Config: cfg, Log: slog.New(slog.DiscardHandler),
			Clock: clock.Real{},
		})
		if err == nil {
			t.Errorf("%s: opened", c.what)
			closed(t, a)
			continue
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want a word about %q", c.what, err, c.want)
		}
	}
	if err := goleak.Find(ignore...); err != nil {
		t.Errorf("what was half opened stays: %v", err)
	}
}

// A port that somebody else has is said by its name, and the others are let go.
func TestAPortThatIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, change := range map[string]func(*config.Config){
		"http address": func(c *config.Config) { c.HTTP = taken.Addr().String() },
		"rtmp address": func(c *config.Config) { c.RTMP = taken.Addr().String() },
		"rtmps": func(c *config.Config) {
			c.Live.RTMPS, c.Live.TLSCert, c.Live.TLSKey = "127.0.0.1:0", "no",
				"no"
		},
	} {
		cfg, before := settings(t), len(sockets(t))
		change(&cfg)
		a := open(t, cfg)
		if err := a.Listen(t.Context()); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		closed(t, a)
		if after := sockets(t); len(after) > before {
			t.Errorf("%s: still listening on %v", name, after)
		}
	}
}

// An installation that is opened a second time finds everything as it was, and its
// doctor has nothing to say.
func TestAnInstallationIsOpenedAgain(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	if _, err := app.Doctor(t.Context(), cfg, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("the doctor of nothing is content")
	}
	for range 2 {
		closed(t, open(t, cfg))
	}
	r, err := app.Doctor(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil || !r.Healthy || len(r.Findings) < 8 {
		t.Errorf("%v\n%s", err, r)
	}
	a := open(t, cfg)
	err = a.DB().Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error { // as no program would
		return inventory.Open(ctx, tx, id.Make[id.Shop](tx), id.Make[id.SKU](tx), 5, id.User{})
	})
	if err == nil {
		err = a.DB().Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE stock SET available = available + 1")
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	closed(t, a)
	if r, err = app.Doctor(t.Context(), cfg, slog.New(slog.DiscardHandler)); err != nil || r.Healthy ||
		!strings.Contains(r.String(), "BROKEN") {
		t.Errorf("stock from nowhere: %v\n%s", err, r)
	}
}
