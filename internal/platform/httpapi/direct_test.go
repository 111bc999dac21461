package httpapi_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/conns"
	"hawker/internal/platform/httpapi"
)

// pictures mounts a direct route over the rooms of a house.
func pictures(t *testing.T, public string, serve http.HandlerFunc) (*httpapi.API, *tally, house) {
	t.Helper()
	n := id.FromInt[id.Room]
	h := house{shop: id.FromInt[id.Shop](1), open: n(1), warm: n(2), dry: n(3), staff: id.FromInt[id.User](7)}
	seen := &tally{}
	a := httpapi.New(httpapi.Deps{
		Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}, Limiter: cache.NewMemoryLimiter(clock.Real{}),
		Sign: people{h.staff}, Staff: h, Rooms: h, Metrics: seen, PublicURL: public,
		Cookies: httpapi.CookiePolicy{Secure: strings.HasPrefix(public, "https:")},
	})
	a.Mount(httpapi.Route{
		Pattern: "/live/{room}/*", Access: httpapi.RoomVisitor, Unlisted: true, Direct: true,
		Enter: func(httpapi.Subject) http.Handler { return serve },
	})
	return a, seen, h
}

// What everybody may have goes out before the router, which would have named the request;
// whatever else there is to say is said by the router, as for any other route.
func TestWhatGoesBeforeTheRouter(t *testing.T) {
	t.Parallel()
	a, seen, h := pictures(t, "https://mall.example", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "lost") {
			http.Error(w, "lost", http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte("picture"))
	})
	const counted = " /live/{room}/* "
	for _, c := range []struct {
		what, method, path string
		header             []string
		status             int
		direct, private    bool
		count              string
	}{
		{"an open room", "GET", "/live/" + h.open.String() + "/p1.m4s", nil, 200, true, false, "GET" + counted + "200"},
		{"its head", "HEAD", "/live/" + h.open.String() + "/p1.m4s", nil, 200, true, false, "HEAD" + counted + "200"},
		{"a preflight", "OPTIONS", "/live/" + h.open.String() + "/x", nil, 200, true, false, "OPTIONS" + counted + "200"},
		{"what is lost", "GET", "/live/" + h.open.String() + "/lost", nil, 404, true, false, "GET" + counted + "404"},
		{"no room at all", "GET", "/live/stream/p1.m4s", nil, 200, true, false, "GET" + counted + "200"},
		{
			"staff in an open room", "GET", "/live/" + h.open.String() + "/p1.m4s",
			[]string{"Authorization", "Bearer good"},
			200, true, false, "GET" + counted + "200",
		},
		{"a rehearsal", "GET", "/live/" + h.dry.String() + "/p1.m4s", nil, 404, false, true, "GET" + counted + "404"},
		{"a warm-up", "GET", "/live/" + h.warm.String() + "/p1.m4s", nil, 404, false, true, "GET" + counted + "404"},
		{
			"staff in a rehearsal", "GET", "/live/" + h.dry.String() + "/p1.m4s",
			[]string{"Authorization", "Bearer good"},
			200, false, true, "GET" + counted + "200",
		},
		{"no such room", "GET", "/live/rom_0000000000009/x", nil, 404, false, true, "GET" + counted + "404"},
		{"an escaped address", "GET", "/live/stream%2fx/y", nil, 200, false, false, "GET" + counted + "200"},
		{"the room's page", "GET", "/live/" + h.open.String(), nil, 404, false, true, "other 404"},
		{
			"a write from another site", "POST", "/live/" + h.open.String() + "/x",
			[]string{"Sec-Fetch-Site", "cross-site"},
			403, false, true, "other 403",
		},
	} {
		before := len(seen.seen)
		rw := ask(a, c.method, c.path, c.header...)
		got := rw.Result().Header
		if direct := got.Get("X-Request-Id") == ""; rw.Code != c.status || direct != c.direct {
			t.Errorf("%s: %d, directly %v", c.what, rw.Code, direct)
		}
		if private := strings.Contains(got.Get("Cache-Control"), "no-store"); private != c.private {
			t.Errorf("%s: Cache-Control %q", c.what, got.Get("Cache-Control"))
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "cross-origin",
			"Strict-Transport-Security": "max-age=31536000",
		} {
			if got.Get(name) != want {
				t.Errorf("%s: %s is %q", c.what, name, got.Get(name))
			}
		}
		if !slices.Equal(seen.seen[before:], []string{c.count}) {
			t.Errorf("%s is counted as %q", c.what, seen.seen[before:])
		}
	}
}

// Who answers is asked before the caller is judged: what they were let in for is what was
// there then.
func TestWhatIsThereIsAskedBeforeTheCallerIs(t *testing.T) {
	t.Parallel()
	var order []string
	n := id.FromInt[id.Room]
	h := house{shop: id.FromInt[id.Shop](1), open: n(1)}
	a := httpapi.New(httpapi.Deps{
		Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}, Limiter: cache.NewMemoryLimiter(clock.Real{}),
		Sign: people{h.staff}, Staff: h, Metrics: quiet{},
		Rooms: doorkeeper(func() { order = append(order, "judged") }),
	})
	a.Mount(httpapi.Route{
		Pattern: "/live/{room}/*", Access: httpapi.RoomVisitor, Direct: true,
		Enter: func(httpapi.Subject) http.Handler {
			order = append(order, "entered")
			return http.NotFoundHandler()
		},
	})
	ask(a, "GET", "/live/"+h.open.String()+"/x")
	if want := []string{"entered", "judged"}; !slices.Equal(order, want) {
		t.Errorf("%q", order)
	}
}

// doorkeeper opens every room, and says so.
type doorkeeper func()

func (d doorkeeper) Door(context.Context, id.Room) (httpapi.RoomDoor, error) {
	d()
	return httpapi.RoomDoor{Mode: httpapi.RoomOpen}, nil
}

// A picture that panics ends alone: counted, told of like any failure if nothing has gone
// out, and else broken off.
func TestAPictureThatPanics(t *testing.T) {
	t.Parallel()
	a, seen, h := pictures(t, "", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "late") {
			w.WriteHeader(http.StatusOK)
		}
		panic("it fell")
	})
	rw := ask(a, "GET", "/live/"+h.open.String()+"/early")
	if rw.Code != 500 || strings.Contains(rw.Body.String(), "fell") {
		t.Errorf("%d %s", rw.Code, rw.Body)
	}
	func() {
		defer func() {
			if p := recover(); p != http.ErrAbortHandler {
				t.Errorf("%v", p)
			}
		}()
		ask(a, "GET", "/live/"+h.open.String()+"/late")
	}()
	want := []string{"GET /live/{room}/* 500", "GET /live/{room}/* 200"}
	if !slices.Equal(seen.seen, want) {
		t.Errorf("counted: %q", seen.seen)
	}
}

// What only staff may have, or is named in another way, cannot be declared direct.
func TestWhatCannotGoBeforeTheRouter(t *testing.T) {
	t.Parallel()
	enter := func(httpapi.Subject) http.Handler { return http.NotFoundHandler() }
	for what, r := range map[string]httpapi.Route{
		"signed in":  {Pattern: "/live/{room}/*", Access: httpapi.RoomVisitorSignedIn, Enter: enter},
		"the lobby":  {Pattern: "/live/{room}/*", Access: httpapi.RoomLobby, Enter: enter},
		"a shop's":   {Pattern: "/live/{shop}/*", Access: httpapi.RoomVisitor, Enter: enter},
		"no subject": {Pattern: "/live/*", Access: httpapi.RoomVisitor, Enter: enter},
		"no Enter":   {Pattern: "/live/{room}/*", Access: httpapi.RoomVisitor, Handler: http.NotFoundHandler()},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is served before the router", what)
				}
			}()
			r.Direct = true
			door().Mount(r)
		}()
	}
}

// Whatever the pieces of a body are, and over whatever connection, they arrive whole and
// in their order, and the answer after them too.
func TestPiecesArriveWhole(t *testing.T) {
	t.Parallel()
	var sent [][]byte
	for i := range 400 {
		sent = append(sent, bytes.Repeat([]byte{byte(i)}, i*i%977))
	}
	a, _, h := pictures(t, "", func(w http.ResponseWriter, r *http.Request) {
		from, _ := strconv.Atoi(r.URL.Query().Get("from"))
		body := net.Buffers(slices.Clone(sent[from:]))
		w.Header().Set("Content-Length", strconv.Itoa(len(bytes.Join(sent[from:], nil))))
		_, _ = w.(io.ReaderFrom).ReadFrom(&body)
	})
	for _, kind := range []string{"plain", "limited", "tls", "http2"} {
		server := httptest.NewUnstartedServer(a)
		if kind == "limited" {
			server.Listener = conns.Limit(server.Listener, conns.Limits{}, slog.New(slog.DiscardHandler))
			server.Config.ConnContext = conns.WithConn
		}
		server.EnableHTTP2 = kind == "http2"
		if kind == "tls" || kind == "http2" {
			server.StartTLS()
		} else {
			server.Start()
		}
		for _, from := range []int{0, 399, 380, 7} {
			res, err := server.Client().Get(server.URL + "/live/" + h.open.String() + "/x?from=" + strconv.Itoa(from))
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if _, err := got.ReadFrom(res.Body); err != nil || !bytes.Equal(got.Bytes(), bytes.Join(sent[from:], nil)) {
				t.Errorf("%s from %d: %v, %d bytes", kind, from, err, got.Len())
			}
			res.Body.Close()
		}
		server.Close()
	}
}
