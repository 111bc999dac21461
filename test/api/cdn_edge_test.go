package api_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"hawker/test/kit"
)

// origin stands between an edge and the mall and counts what is asked for.
type origin struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string]int
}

func newOrigin(t *testing.T, m *kit.Mall) *origin {
	t.Helper()
	at, err := url.Parse(m.URL)
	if err != nil {
		t.Fatal(err)
	}
	o := &origin{asked: map[string]int{}}
	pass := httputil.NewSingleHostReverseProxy(at)
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.asked[r.URL.RequestURI()]++
		o.mu.Unlock()
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *origin) count(uri string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked[uri]
}

// cdn is the shipped nginx before a mall, and a way to ask it.
type cdn struct {
	t      *testing.T
	addr   string
	client *http.Client
	*origin
}

func newCDN(t *testing.T) (*kit.Mall, *cdn) {
	t.Helper()
	const modules = "/usr/lib/nginx/modules"
	nginx := program(t, "nginx", modules+"/ngx_http_lua_module.so")
	web := port(t)
	m := behind(t, web)
	o, dir := newOrigin(t, m), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	cert, key := certificate(t, dir)
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	front(t, nginx, nil, "-p", dir, "-e", filepath.Join(dir, "logs", "error.log"), "-c", shipped(t, "nginx-edge.conf",
		map[string]string{
			"modules/n": modules + "/n", "user www-data;": user, "worker_processes auto;": "worker_processes 1;\ndaemon off;",
			"/run/nginx.pid": filepath.Join(dir, "nginx.pid"), "/var/log/nginx/": dir + "/", "/var/cache/nginx/": dir + "/",
			"127.0.0.1:8080": o.Listener.Addr().String(), "0.0.0.0:443": web, "listen [::]:443 ssl http2;": "",
			"worker_rlimit_nofile 65536;": "", "worker_connections 16384;": "worker_connections 256;",
			"/etc/ssl/shop.example.pem": cert, "/etc/ssl/shop.example.key": key,
		}))
	c := &cdn{t: t, addr: web, origin: o, client: &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: "localhost"},
	}}}
	m.Eventually("the edge answers", func() bool {
		res, err := c.client.Get("https://" + web + "/healthz")
		if err == nil {
			res.Body.Close()
		}
		return err == nil && res.StatusCode == http.StatusOK
	})
	return m, c
}

// get asks the edge; header are names and values.
func (c *cdn) get(path string, header ...string) kit.Answer {
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, "https://"+c.addr+path, nil)
	if err != nil {
		return kit.Answer{Err: err}
	}
	req.Host = "localhost"
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := c.client.Do(req)
	if err != nil {
		return kit.Answer{Err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return kit.Answer{Status: res.StatusCode, Header: res.Header, Body: body, Err: err}
}

// crowd asks for the same at once and wants the same answer, for which the mall is asked once.
func (c *cdn) crowd(path string) kit.Answer {
	c.t.Helper()
	const viewers = 40
	answers := make([]kit.Answer, viewers)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = c.get(path) })
	}
	all.Wait()
	for _, a := range answers {
		a.Want(c.t, http.StatusOK)
		if !bytes.Equal(a.Body, answers[0].Body) {
			c.t.Errorf("of %s there are several", path)
		}
	}
	if n := c.count(path); n != 1 {
		c.t.Errorf("%d viewers ask for %s: the mall is asked %d times", viewers, path, n)
	}
	return answers[0]
}

var (
	hinted   = regexp.MustCompile(`PRELOAD-HINT:TYPE=PART,URI="([^"]+)"`)
	sequence = regexp.MustCompile(`EXT-X-MEDIA-SEQUENCE:(\d+)`)
	standing = regexp.MustCompile(`(?m)^\d+/s\d+\.m4s$`)
)

// TestAnEdgeAsksOnce has viewers wait at the edge for what is not made yet.
func TestAnEdgeAsksOnce(t *testing.T) {
	m, edge := newCDN(t)
	merchant := m.SignIn("merchant")
	room := merchant.OpenRoom(t, nil)
	m.Stream(t, room.Stream.PublishURL)
	folder := "/live/" + room.ID + "/"
	m.Eventually("the show plays", func() bool {
		return standing.Match(merchant.Fetch(folder + "live.m3u8").Body)
	})
	list := string(edge.get(folder + "live.m3u8").Body)
	edge.crowd(folder + hinted.FindStringSubmatch(list)[1])
	// What comes is named like what is: the segment after the newest, not begun yet.
	segments := standing.FindAllString(list, -1)
	newest := segments[len(segments)-1]
	next := nextSegment(t, list)
	reload := edge.crowd(folder + "live.m3u8?_HLS_msn=" + next)
	if !strings.Contains(string(reload.Body), newest) {
		t.Errorf("a reload does not go on: %s", reload.Body)
	}
	if a := edge.crowd(folder + newest); a.Header.Get("Cache-Control") != "public, max-age=60, immutable" {
		t.Errorf("a segment: %v", a.Header)
	}
	for _, odd := range []string{"?_HLS_msn=1&_HLS_msn=2", "?_HLS_part=1&_HLS_msn=1", "?x=1"} {
		edge.get(folder + "live.m3u8" + odd)
		if a := edge.get(folder + "live.m3u8" + odd); a.Header.Get("X-Cache") != "BYPASS" ||
			edge.count(folder+"live.m3u8"+odd) != 2 {
			t.Errorf("%s is kept: %v", odd, a.Header)
		}
	}
}

// nextSegment is the number of the one after the newest whole segment of a playlist.
func nextSegment(t *testing.T, list string) string {
	t.Helper()
	first := sequence.FindStringSubmatch(list)
	if first == nil {
		t.Fatalf("no sequence: %s", list)
	}
	n, err := strconv.Atoi(first[1])
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(n + len(standing.FindAllString(list, -1)) + 1)
}

// TestAnEdgeKeepsNothingOfAnybody asks it for what is somebody's own.
func TestAnEdgeKeepsNothingOfAnybody(t *testing.T) {
	m, edge := newCDN(t)
	merchant := m.SignIn("merchant")
	staff := []string{"Authorization", "Bearer " + merchant.Token}
	room := merchant.OpenRoom(t, map[string]any{"mode": "warmup"})
	m.Stream(t, room.Stream.PublishURL)
	folder := "/live/" + room.ID + "/"
	m.Eventually("staff see the warm-up", func() bool {
		return standing.Match(edge.get(folder+"live.m3u8", staff...).Body)
	})
	list := edge.get(folder+"live.m3u8", staff...)
	hidden := addresses(folder, list)
	for _, path := range append(hidden, folder+"live.m3u8") {
		a := edge.get(path, staff...)
		if a.Status == http.StatusOK && a.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: %v", path, a.Header)
		}
		edge.get(path).Want(t, http.StatusNotFound)
	}
	merchant.Post("/merchant/"+merchant.Shop(t)+"/rooms/"+room.ID+"/mode", map[string]string{"mode": "open"}).
		Want(t, http.StatusOK)
	m.Eventually("everybody sees the show", func() bool { return standing.Match(edge.get(folder + "live.m3u8").Body) })
	for _, path := range hidden {
		if a := edge.get(path); a.Status == http.StatusOK {
			t.Errorf("a guest gets %s of behind the curtain", path)
		}
	}
	mine := edge.get("/api/v1/me", staff...).Want(t, http.StatusOK)
	edge.get("/api/v1/me").Want(t, http.StatusUnauthorized)
	if mine.Header.Get("X-Cache") != "" {
		t.Error("answers of the API go by the cache")
	}
	// A cookie neither parts what is everybody's nor is answered from it.
	page := "/favicon.svg"
	for _, cookie := range []string{"hawker_session=a", "hawker_session=b"} {
		if a := edge.get(page, "Cookie", cookie).Want(t, http.StatusOK); a.Header.Get("Set-Cookie") != "" {
			t.Errorf("a cookie is set: %v", a.Header)
		}
	}
}

// TestAnEdgePassesOn asks it for pages, sockets, uploads, pieces of files and both kinds of text.
func TestAnEdgePassesOn(t *testing.T) {
	m, edge := newCDN(t)
	works(t, m, edge.addr)
	var rooms kit.List[struct {
		Cover string `json:"cover_url"`
	}]
	m.Visitor().Get("/live/rooms").Want(t, http.StatusOK).Into(t, &rooms)
	cover := rooms.Items[0].Cover
	whole := edge.get(cover).Want(t, http.StatusOK)
	for range 2 {
		if a := edge.get(cover, "Range", "bytes=10-19"); a.Status != http.StatusPartialContent ||
			!bytes.Equal(a.Body, whole.Body[10:20]) {
			t.Errorf("a range: %d, %q", a.Status, a.Body)
		}
	}
	if n := edge.count(cover); n != 1 {
		t.Errorf("a picture is asked for %d times", n)
	}
	index := string(edge.get("/").Want(t, http.StatusOK).Body)
	script := regexp.MustCompile(`/assets/[^"]+\.js`).FindString(index)
	for _, coding := range []string{"gzip", "gzip, deflate, br", "identity", "gzip;q=0"} {
		want := ""
		if strings.HasPrefix(coding, "gzip") && coding != "gzip;q=0" {
			want = "gzip"
		}
		if a := edge.get(script, "Accept-Encoding", coding); a.Header.Get("Content-Encoding") != want {
			t.Errorf("asked for %q: %q", coding, a.Header.Get("Content-Encoding"))
		}
	}
	if n := edge.count(script); n != 2 {
		t.Errorf("a script is asked for %d times", n)
	}
}
