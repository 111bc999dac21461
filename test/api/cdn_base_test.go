package api_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"hawker/test/kit"
)

// cdnOf is a server that passes on below /NAME of an address of its own what a mall says to strangers.
func cdnOf(t *testing.T) (base string, of *atomic.Pointer[url.URL]) {
	t.Helper()
	of = &atomic.Pointer[url.URL]{}
	s := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.Header.Del("Authorization")
		_, rest, _ := strings.Cut(strings.TrimPrefix(r.In.URL.Path, "/"), "/")
		r.Out.URL.Path = "/" + rest
		r.SetURL(of.Load())
	}})
	t.Cleanup(s.Close)
	return s.URL, of
}

var (
	bare  = regexp.MustCompile(`"(/media/(?:pictures|videos)/[^"]*|/replay/[^"]*|/live/[^"/]*/index.m3u8)"`)
	based = regexp.MustCompile(`"(http://[^"]*/(?:img|film|again|now)/[^"]*)"`)
)

// told are the addresses that a guest is told of at a CDN; of what is for everybody there is no other.
func told(t *testing.T, m *kit.Mall, paths ...string) (out []string) {
	t.Helper()
	for _, path := range paths {
		body := string(m.Visitor().Get(path).Want(t, http.StatusOK).Body)
		if found := bare.FindAllString(body, -1); len(found) > 0 {
			t.Errorf("%s tells of %v", path, found)
		}
		for _, found := range based.FindAllStringSubmatch(body, -1) {
			out = append(out, found[1])
		}
	}
	return out
}

// fetchable wants every address of a kind to be there for the pages of any site, and one at the least.
func fetchable(t *testing.T, addresses []string, kind string) {
	t.Helper()
	n := 0
	for _, address := range addresses {
		if !strings.HasPrefix(address, kind) {
			continue
		}
		n++
		res, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if open := res.Header.Get("Access-Control-Allow-Origin"); res.StatusCode != http.StatusOK || open != "*" {
			t.Errorf("%s: %d for pages of %q", address, res.StatusCode, open)
		}
	}
	if n == 0 {
		t.Errorf("nothing is told of at %s, but %v", kind, addresses)
	}
}

// TestACDNForEachKind: what everybody may have is told of by the CDN's address and is there for any page; what
// not everybody may have is told of by the mall's own.
func TestACDNForEachKind(t *testing.T) {
	base, origin := cdnOf(t)
	m := kit.Start(t, "HAWKER_VIDEO_WORKERS=1", "HAWKER_CDN_PICTURES="+base+"/img", "HAWKER_CDN_VIDEOS="+base+"/film",
		"HAWKER_CDN_REPLAYS="+base+"/again", "HAWKER_CDN_LIVE="+base+"/now")
	at, err := url.Parse(m.URL)
	if err != nil {
		t.Fatal(err)
	}
	origin.Store(at)
	host, guest := m.SignIn("merchant"), m.Visitor()
	p := host.Find(t, "马克杯")
	room := host.OpenRoom(t, map[string]any{"product_ids": []string{p.ID}})
	enter, rooms := "/live/rooms/"+room.ID, "/merchant/"+host.Shop(t)+"/rooms/"
	stop := m.Stream(t, room.Stream.PublishURL)
	var feed kit.List[film]
	m.Eventually("a film is public", func() bool {
		guest.Get("/feed").Want(t, http.StatusOK).Into(t, &feed)
		return len(feed.Items) > 0
	})
	m.Eventually("the show is recorded", func() bool {
		return strings.Contains(string(guest.Fetch("/replay/"+room.ID+"/index.m3u8").Body), ".m4s")
	})
	list := told(t, m, "/products", "/products/"+p.ID, "/feed", "/live/rooms", enter, enter+"/shelf")
	fetchable(t, list, base+"/img/media/pictures/")
	fetchable(t, list, base+"/film/media/videos/")
	fetchable(t, list, base+"/now/live/"+room.ID)
	stop()
	host.Post(rooms+room.ID+"/end", nil).Want(t, http.StatusOK)
	fetchable(t, told(t, m, enter), base+"/again/replay/"+room.ID)

	page := guest.Fetch("/p/"+p.ID).Want(t, http.StatusOK)
	policy := page.Header.Get("Content-Security-Policy")
	for _, of := range []string{"img-src", "media-src", "connect-src"} {
		if _, rest, _ := strings.Cut(policy, of+" "); !strings.Contains(strings.Split(rest, ";")[0], base) {
			t.Errorf("pages may not fetch from %s by %s: %s", base, of, policy)
		}
	}
	if !strings.Contains(string(page.Body), `"og:image" content="`+base+"/img/media/pictures/") {
		t.Error("the page's card has another picture")
	}

	hides := feed.Items[0].ID
	host.Post("/videos/"+hides+"/unpublish", nil).Want(t, http.StatusOK)
	if body := string(host.Get("/videos/"+hides).Want(t, http.StatusOK).Body); strings.Contains(body, "/film/") ||
		!strings.Contains(body, `"/media/private/`) {
		t.Errorf("a hidden film is told of as %s", body)
	}
	secret := host.OpenRoom(t, map[string]any{"mode": "rehearsal"})
	if body := string(host.Get("/live/rooms/"+secret.ID).Want(t, http.StatusOK).Body); strings.Contains(body, "/now/") {
		t.Errorf("a rehearsal is told of as %s", body)
	}
}
