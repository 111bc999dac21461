package edge_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/media/edge"
)

// origin answers as it is told, and counts.
type origin struct {
	*httptest.Server
	asked  atomic.Int64
	answer func(w http.ResponseWriter, r *http.Request)
}

func newOrigin(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) *origin {
	t.Helper()
	o := &origin{answer: answer}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.asked.Add(1)
		o.answer(w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

func puller(most int64) *edge.Puller {
	return edge.New(edge.Config{Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler), Bytes: most})
}

func ask(p *edge.Puller, o *origin, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rw := httptest.NewRecorder()
	p.Serve(rw, r, o.URL)
	return rw
}

// What may be kept is fetched once, and what may not be each time; whatever a player does not mean
// by a query fetches nothing anew.
func TestWhatIsKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what   string
		header []string
		paths  []string
		want   int64
	}{
		{"a piece", []string{"Cache-Control", "public, max-age=60, immutable"}, []string{"/p1.m4s", "/p1.m4s"}, 1},
		{"with somebody's query", []string{"Cache-Control", "max-age=60"}, []string{"/p1.m4s?x=1", "/p1.m4s?x=2"}, 1},
		{
			"two lists",
			[]string{"Cache-Control", "max-age=60"},
			[]string{"/l?_HLS_msn=1", "/l?_HLS_msn=2", "/l?_HLS_msn=1"},
			2,
		},
		{"for shared caches", []string{"Cache-Control", "max-age=0, s-maxage=60"}, []string{"/a", "/a"}, 1},
		{"old when it comes", []string{"Cache-Control", "max-age=60", "Age", "60"}, []string{"/a", "/a"}, 2},
		{"private", []string{"Cache-Control", "private, no-store"}, []string{"/a", "/a"}, 2},
		{"not to be kept", []string{"Cache-Control", "no-store, max-age=60"}, []string{"/a", "/a"}, 2},
		{"somebody's", []string{"Cache-Control", "max-age=60", "Set-Cookie", "a=b"}, []string{"/a", "/a"}, 2},
		{
			"of as many kinds as there are languages",
			[]string{"Cache-Control", "max-age=60", "Vary", "Accept-Language"},
			[]string{"/a", "/a"},
			2,
		},
		{"nothing said", nil, []string{"/a", "/a"}, 2},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
				for i := 0; i < len(c.header); i += 2 {
					w.Header().Set(c.header[i], c.header[i+1])
				}
				fmt.Fprint(w, r.URL.Path)
			})
			p := puller(0)
			for _, path := range c.paths {
				rw := ask(p, o, "GET", path)
				if want, _, _ := strings.Cut(path, "?"); rw.Code != 200 || rw.Body.String() != want {
					t.Errorf("%s: %d %q", path, rw.Code, rw.Body)
				}
				if rw.Header().Get("Set-Cookie") != "" {
					t.Error("a cookie is passed on")
				}
			}
			if got := o.asked.Load(); got != c.want {
				t.Errorf("the origin was asked %d times, want %d", got, c.want)
			}
		})
	}
}

// Whoever asks here is not known there.
func TestNothingOfACallerGoesAlong(t *testing.T) {
	t.Parallel()
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Cookie", "Authorization", "X-Forwarded-For", "Referer"} {
			if v := r.Header.Get(name); v != "" {
				t.Errorf("%s: %q", name, v)
			}
		}
		fmt.Fprint(w, "all")
	})
	p := puller(0)
	ask(p, o, "GET", "/a", "Cookie", "s=1", "Authorization", "Bearer x", "X-Forwarded-For", "192.0.2.1", "Referer", "/me")
	if rw := ask(p, o, "POST", "/a"); rw.Code != http.StatusMethodNotAllowed || o.asked.Load() != 1 {
		t.Errorf("a write is answered %d", rw.Code)
	}
	for what, want := range map[string]struct{ span, body string }{
		"a part": {"bytes=1-", "ll"}, "all": {"", "all"},
	} {
		if rw := ask(p, o, "GET", "/a", "Range", want.span); rw.Body.String() != want.body {
			t.Errorf("%s: %d %q", what, rw.Code, rw.Body)
		}
	}
	if rw := ask(p, o, "HEAD", "/a"); rw.Body.Len() != 0 || rw.Header().Get("Content-Length") != "3" {
		t.Errorf("a head has %d bytes and says %v", rw.Body.Len(), rw.Header())
	}
}

// Many who wait for what is not there yet make one request, and one of them who leaves takes it from
// nobody.
func TestManyWaitForOne(t *testing.T) {
	t.Parallel()
	come, asked := make(chan struct{}), make(chan struct{}, 200)
	o := newOrigin(t, func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		<-come
		w.Header().Set("Cache-Control", "max-age=60") // for who comes when it is there already
		fmt.Fprint(w, "part")
	})
	p := puller(0)
	first, leave := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		p.Serve(httptest.NewRecorder(), httptest.NewRequestWithContext(first, "GET", "/p", nil), o.URL)
	})
	<-asked // it is on its way
	for range 100 {
		group.Go(func() {
			if rw := ask(p, o, "GET", "/p"); rw.Code != 200 || rw.Body.String() != "part" {
				t.Errorf("%d %q", rw.Code, rw.Body)
			}
		})
	}
	leave()
	close(come)
	group.Wait()
	if n := o.asked.Load(); n != 1 {
		t.Errorf("the origin was asked %d times", n)
	}
}

// An origin that is away is told as a moment's failure, which nobody keeps.
func TestAnOriginThatIsAway(t *testing.T) {
	t.Parallel()
	o := newOrigin(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		w.Header().Set("Content-Length", "10")
		fmt.Fprint(w, "half") // and the connection ends
	})
	p := puller(0)
	for range 2 {
		rw := ask(p, o, "GET", "/a")
		if rw.Code != http.StatusServiceUnavailable || rw.Header().Get("Retry-After") == "" ||
			rw.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%d %v", rw.Code, rw.Header())
		}
	}
	o.answer = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "whole") }
	if rw := ask(p, o, "GET", "/a"); rw.Body.String() != "whole" {
		t.Errorf("when it is back: %d %q", rw.Code, rw.Body)
	}
}

// What was asked for longest ago makes room.
func TestMemoryHasALimit(t *testing.T) {
	t.Parallel()
	o := newOrigin(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = w.Write(make([]byte, 100<<10))
	})
	p := puller(350 << 10) // three of them
	for _, path := range []string{"/1", "/2", "/3", "/1", "/4", "/1", "/2"} {
		ask(p, o, "GET", path)
	}
	if n := o.asked.Load(); n != 5 { // 1, 2, 3, 4, and 2 again
		t.Errorf("the origin was asked %d times, want 5", n)
	}
}

// What was kept is old when its time is over.
func TestWhatIsKeptGrowsOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		p := edge.New(edge.Config{
			Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler), Connect: inMemory(t, func(w http.ResponseWriter) {
				asked++
				w.Header().Set("Cache-Control", "max-age=1")
				fmt.Fprint(w, asked)
			}),
		})
		get := func() string {
			rw := httptest.NewRecorder()
			p.Serve(rw, httptest.NewRequest("GET", "/list", nil), "http://origin")
			return rw.Body.String()
		}
		first := get()
		time.Sleep(900 * time.Millisecond) // of the bubble's clock
		second := get()
		time.Sleep(200 * time.Millisecond)
		if third := get(); first != "1" || second != "1" || third != "2" {
			t.Errorf("%s, %s, %s", first, second, third)
		}
	})
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"http://10.0.0.7:8080": "http://10.0.0.7:8080", "https://live.example/": "https://live.example",
		"live.example": "", "ftp://live.example": "", "http://live.example/path": "", "http://": "",
	} {
		if got, err := edge.Origin(text); got != want || (err != nil) != (want == "") {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
}
