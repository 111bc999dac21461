package site_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/config"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/site"
)

func built() fstest.MapFS {
	return fstest.MapFS{
		"mall/index.html": {Data: []byte("<p>mall</p>")}, "mall/index.html.gz": {Data: []byte("mall, small")},
		"mall/assets/a-1.js": {Data: []byte("go()")}, "mall/assets/a-1.js.br": {Data: []byte("go, smaller")},
		"mall/assets/a-1.js.gz": {Data: []byte("go, small")},
		"mall/icon.svg":         {Data: []byte("<svg/>")}, "mall/odd.zzzz": {Data: []byte("?")},
		"console/index.html": {Data: []byte("<p>console</p>")}, "console/assets/b-2.css": {Data: []byte("p{}")},
	}
}

type place struct {
	*httpapitest.Door
	db   *sqldb.DB
	now  *clock.Manual
	ring func(w http.ResponseWriter, r *http.Request, err error)
	away []string // servers that are
}

func open(t *testing.T, dist fs.FS, change ...func(c *config.Config)) *place {
	t.Helper()
	return openWith(t, dist, nil, change...)
}

func openWith(t *testing.T, dist fs.FS, cards map[string]site.Teller, change ...func(c *config.Config)) *place {
	t.Helper()
	db, now := sqltest.NewManual(t)
	p := &place{db: db, now: now}
	cfg := config.Default()
	cfg.Mall.Name, cfg.Mall.Currency, cfg.Mall.TimeZone = "茶市", "JPY", "Asia/Tokyo"
	cfg.Order.PayWithin, cfg.Distribution.AfterSale = 90*time.Second, 36*time.Hour
	for _, f := range change {
		f(&cfg)
	}
	m := site.API{
		Config: cfg, DB: db, Dist: dist, Log: slog.New(slog.DiscardHandler),
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("figures"))
		}),
		Problem: func(w http.ResponseWriter, r *http.Request, err error) { p.ring(w, r, err) }, Cards: cards,
		Degraded: func(context.Context) []string { return p.away },
	}
	p.Door = httpapitest.Open(t, now, m.Module())
	p.ring = p.API.WriteProblem
	return p
}

type answer struct {
	status       int
	header       http.Header
	text         string
	kind, keep   string
	encoded, loc string
}

func (p *place) get(method, path, encoding string) answer {
	p.T.Helper()
	r, err := http.NewRequestWithContext(p.T.Context(), method, p.Server.URL+path, nil)
	if err != nil {
		p.T.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", encoding)
	client := *p.Server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(r)
	if err != nil {
		p.T.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.T.Fatal(err)
	}
	h := res.Header
	return answer{
		res.StatusCode, h, string(raw), h.Get("Content-Type"), h.Get("Cache-Control"), h.Get("Content-Encoding"),
		h.Get("Location"),
	}
}

func TestEveryPathOfAnAppIsItsPage(t *testing.T) {
	t.Parallel()
	p := open(t, built())
	const year = "public, max-age=31536000, immutable"
	for _, c := range []struct {
		path, encoding string
		status         int
		text, keep     string
	}{
		{"/", "", 200, "<p>mall</p>", "no-cache"},
		{"/live/rom_1", "", 200, "<p>mall</p>", "no-cache"},
		{"/live/rom_1", "gzip, br", 200, "mall, small", "no-cache"},
		{"/console/", "gzip, br", 200, "<p>console</p>", "no-cache"},
		{"/console/orders/ord_1", "", 200, "<p>console</p>", "no-cache"},
		{"/assets/a-1.js", "", 200, "go()", year},
		{"/assets/a-1.js", "gzip", 200, "go, small", year},
		{"/assets/a-1.js", "gzip, br", 200, "go, smaller", year},
		{"/assets/a-1.js", "br;q=0, gzip;q=0.5", 200, "go, small", year},
		{"/assets/a-1.js", "br;q=0,gzip; q=0.000", 200, "go()", year},
		{"/console/assets/b-2.css", "br", 200, "p{}", year},
		{"/icon.svg", "", 200, "<svg/>", "public, max-age=3600"},
		{"/assets/a-2.js", "", 404, "404 page not found\n", "no-cache"},
		{"/console/assets/a-1.js", "", 404, "404 page not found\n", "no-cache"},
		{"/../console/index.html", "", 404, "404 page not found\n", "no-cache"},
	} {
		got := p.get("GET", c.path, c.encoding)
		if got.status != c.status || got.text != c.text || got.keep != c.keep {
			t.Errorf("%s (%s): %d %q kept %q, want %d %q %q", c.path, c.encoding, got.status, got.text, got.keep,
				c.status,
				c.text, c.keep)
		}
		if got.encoded == "" && got.status == 200 && got.header.Get("Vary") == "" {
			t.Errorf("%s: a cache may give it to whoever wants it compressed", c.path)
		}
	}
	for path, kind := range map[string]string{
		"/": "text/html", "/assets/a-1.js": "text/javascript", "/odd.zzzz": "application/octet-stream",
	} {
		if got := p.get("GET", path, "gzip"); !strings.HasPrefix(got.kind, kind) {
			t.Errorf("%s is %q, want %s", path, got.kind, kind)
		}
	}
}

func TestWhatIsNoPage(t *testing.T) {
	t.Parallel()
	p := open(t, built())
	if got := p.get("GET", "/console", ""); got.status != 301 || got.loc != "/console/" {
		t.Errorf("the console without its slash: %d to %q", got.status, got.loc)
	}
	if got := p.get("GET", "/api/v1/nothing", ""); got.status != 404 || !strings.Contains(got.text,
		"request.no_such_path") {
		t.Errorf("a path of the API that is not there: %d %s", got.status, got.text)
	}
	if got := p.get("HEAD", "/live/x", ""); got.status != 200 || got.text != "" || got.keep != "no-cache" {
		t.Errorf("a head: %+v", got)
	}
	if got := p.get("POST", "/live/x", ""); got.status != 405 {
		t.Errorf("a page that is posted to: %d", got.status)
	}
	bare := open(t, fstest.MapFS{})
	if got := bare.get("GET", "/", ""); got.status != 503 || !strings.Contains(got.text, "make web") {
		t.Errorf("a program without its front end: %d %s", got.status, got.text)
	}
	broken := open(t, unreadable{built()})
	if got := broken.get("GET", "/icon.svg", ""); got.status != 500 || strings.Contains(got.text, "the disk") {
		t.Errorf("a disk that fails: %d %s", got.status, got.text)
	}
}

type unreadable struct{ fs.FS }

func (u unreadable) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, ".svg") {
		return nil, errors.New("the disk says no")
	}
	return u.FS.Open(name)
}

func TestAClientLearnsOfTheInstallation(t *testing.T) {
	t.Parallel()
	p := open(t, built())
	got := p.Call(id.User{}, 200, "GET /config", nil)
	if text := got.Show("name", "currency", "currency_exponent", "after_sale_days", "pay_minutes", "time_zone",
		"languages"); text != "茶市 JPY 0 1.5 1.5 Asia/Tokyo [zh-CN en]" {
		t.Errorf("a client is told %s", text)
	}
}

// A supervisor restarts what is not well and sends nobody to what is not ready:
// a database that is away makes a node not ready, and not ill.
func TestANodeWithoutItsDatabaseIsNotReady(t *testing.T) {
	t.Parallel()
	p := open(t, built())
	p.away = []string{"redis"} // without which it does
	if got := p.get("GET", "/readyz", ""); got.status != 200 || got.text != "ok\ndegraded: redis\n" {
		t.Errorf("degraded: %+v", got)
	}
	p.away = nil
	if got := p.get("GET", "/readyz", ""); got.status != 200 || got.text != "ok\n" {
		t.Errorf("ready: %d %s", got.status, got.text)
	}
	var because error
	p.ring = func(w http.ResponseWriter, r *http.Request, err error) { because = err; p.API.WriteProblem(w, r, err) }
	gone, stop := context.WithCancel(t.Context())
	stop()
	r, _ := http.NewRequestWithContext(gone, "GET", "/readyz", nil)
	rw := &recorder{header: http.Header{}}
	p.API.ServeHTTP(rw, r)
	if rw.status != 503 || fault.Code(because) != "system.not_ready" {
		t.Errorf("a database that does not answer: %d, %v", rw.status, because)
	}
	if got := p.get("GET", "/healthz", ""); got.status != 200 || got.text != "ok\n" {
		t.Errorf("well: %d %q", got.status, got.text)
	}
}

// What the database said is kept for a second, good or bad: whoever asks often costs no commit each.
func TestADatabaseIsProvedOnceASecond(t *testing.T) {
	t.Parallel()
	p := open(t, built())
	ready := func(want int) {
		t.Helper()
		if got := p.get("GET", "/readyz", ""); got.status != want {
			t.Errorf("ready: %d %s, want %d", got.status, got.text, want)
		}
	}
	ready(200)
	if err := p.db.Close(); err != nil {
		t.Fatal(err)
	}
	p.now.Advance(999 * time.Millisecond)
	ready(200)
	p.now.Advance(time.Millisecond)
	ready(503)
	ready(503)
}

type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (*recorder) Write(raw []byte) (int, error) { return len(raw), nil }

// Figures are for who shows the token; to anybody else, and where none is set or they
// have an address of their own, nothing is there.
func TestFiguresAreNotForStrangers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		address, token, shown string
		want                  int
	}{
		{"", "", "", 404},
		{"", "", "Bearer ", 404},
		{"", "sesame", "", 404},
		{"", "sesame", "Bearer simsim", 404},
		{"", "sesame", "sesame", 404},
		{"", "sesame", "Bearer sesame", 200},
		{"127.0.0.1:9", "sesame", "Bearer sesame", 404},
	} {
		p := open(t, built(), func(x *config.Config) { x.Metrics.Address, x.Metrics.Token = c.address, c.token })
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.Server.URL+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.shown != "" {
			r.Header.Set("Authorization", c.shown)
		}
		res, err := p.Server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != c.want || (string(raw) == "figures") != (c.want == 200) {
			t.Errorf("%+v: %d %s", c, res.StatusCode, raw)
		}
	}
}
