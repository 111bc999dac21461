package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

func problemOf(t *testing.T, w *httptest.ResponseRecorder) (p httpapi.Problem) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%v: %d %s", err, w.Code, w.Body)
	}
	return p
}

// Whatever a stranger sends as a body is refused as what it is, with a problem that
// does not repeat it.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	a := door()
	deep := strings.Repeat(`{"a":`, 150) + "1" + strings.Repeat("}", 150)
	for _, c := range []struct {
		what, body string
		status     int
	}{
		{"as it should be", `{"password":"12345678","cups":1}`, 204},
		{"nothing", ``, 400},
		{"null", `null`, 422},
		{"a list", `[]`, 422},
		{"a text", `"marker"`, 422},
		{"another type", `{"password":123456789,"cups":1}`, 422},
		{"a number that is none", `{"password":"12345678","cups":"1"}`, 422},
		{"half a cup", `{"password":"12345678","cups":1.5}`, 422},
		{"more than there are numbers", `{"password":"12345678","cups":1e400}`, 400},
		{"an unknown member", `{"password":"12345678","cups":1,"marker":true}`, 422},
		{"a missing member", `{"cups":1}`, 422},
		{"nested where a text is", `{"password":{"marker":[[]]},"cups":1}`, 422},
		{"deep", deep, 422},
		{"cut off", `{"password":"mark`, 400},
		{"two in one", `{"password":"12345678","cups":1}{"marker":1}`, 400},
		{"bytes that are no text", "{\"password\":\"\xff\xfe\"", 400},
		{"too much", `{"password":"` + strings.Repeat("marker", 200) + `"}`, 413},
	} {
		w := call(a, "POST", "/pour", c.body, "Accept-Language", "en")
		if w.Code != c.status {
			t.Errorf("%s: %d %s, want %d", c.what, w.Code, w.Body, c.status)
			continue
		}
		if c.status == 204 {
			continue
		}
		if p := problemOf(t, w); p.Status != c.status || p.Code == "" || p.Detail == p.Code || p.RequestID == "" {
			t.Errorf("%s: %+v", c.what, p)
		}
		if c.what != "an unknown member" && strings.Contains(w.Body.String(), "marker") {
			t.Errorf("%s: the answer repeats it: %s", c.what, w.Body)
		}
	}
}

// A type that is not spoken here is said to be so, and a header that stands twice
// does not let anybody in as somebody else.
func TestHostileHeaders(t *testing.T) {
	t.Parallel()
	a := door()
	const body = `{"password":"12345678","cups":1}`
	for kind, status := range map[string]int{
		"application/json": 204, "application/json; charset=utf-8": 204, "": 204, "text/html": 415,
		"application/x-www-form-urlencoded": 415, "multipart/form-data; boundary=x": 415, "application/cbor": 415,
	} {
		w := call(a, "POST", "/pour", body, "Content-Type", kind)
		if w.Code != status {
			t.Errorf("%q: %d %s, want %d", kind, w.Code, w.Body, status)
		}
	}
	for _, c := range []struct {
		what   string
		values []string
		status int
	}{
		{"one", []string{"Bearer good"}, 204},
		{"a stranger's first", []string{"Bearer bad", "Bearer good"}, 401},
		{"no scheme", []string{"good"}, 401},
		{"another scheme", []string{"Basic good"}, 401},
		{"nothing behind it", []string{"Bearer "}, 401},
		{"more than a token", []string{"Bearer good good"}, 401},
	} {
		r := httptest.NewRequest("GET", httpapi.Prefix+"/mine", nil)
		for _, v := range c.values {
			r.Header.Add("Authorization", v)
		}
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s: %d, want %d", c.what, w.Code, c.status)
		}
	}
}

// A token in a header is asked before a cookie, and a session that ended makes a
// visitor even where a cookie of another stands beside it.
func TestWhichSessionCounts(t *testing.T) {
	t.Parallel()
	a := door()
	for _, c := range []struct {
		token, cookie string
		status        int
	}{
		{"Bearer good", "hawker_session=old", 204},
		{"Bearer old", "hawker_session=good", 401},
		{"", "hawker_session=good", 204},
		{"", "__Host-hawker_session=good", 401}, // of another installation on this host
		{"", "hawker_session=", 401},
		{"", "other=good", 401},
	} {
		if w := call(a, "GET", "/mine", "", "Authorization", c.token, "Cookie", c.cookie); w.Code != c.status {
			t.Errorf("%+v: %d %s", c, w.Code, w.Body)
		}
	}
}

// Every refusal is in the caller's language, also of what is refused before anybody
// is known and of what fell.
func TestEveryRefusalIsInTheCallersLanguage(t *testing.T) {
	t.Parallel()
	a := door()
	for _, c := range []struct {
		method, path, body string
		header             []string
	}{
		{"POST", "/pour", "{}", []string{"Sec-Fetch-Site", "cross-site"}},
		{"POST", "/pour", "{", nil},
		{"POST", "/pour", "{}", nil},
		{"GET", "/bug", "", nil},
		{"GET", "/wrong", "", nil},
		{"GET", "/gone", "", nil},
		{"GET", "/mine", "", nil},
		{"GET", "/mine", "", []string{"Authorization", "Bearer broken"}},
		{"GET", "/nowhere", "", nil},
		{"DELETE", "/pour", "", nil},
	} {
		said := map[string]bool{}
		for header, tag := range map[string]lang.Tag{"fr, en;q=0.9, zh;q=0.1": lang.English, "zh": lang.Chinese} {
			p := problemOf(t, call(a, c.method, c.path, c.body, append(c.header, "Accept-Language", header)...))
			if want := httpapi.Translate(tag, p.Code, p.Params); p.Detail != want {
				t.Errorf("%s %s in %s: %q, want %q", c.method, c.path, tag, p.Detail, want)
			}
			said[p.Detail] = true
		}
		if len(said) != 2 {
			t.Errorf("%s %s says the same in both: %v", c.method, c.path, said)
		}
	}
}

// Each code has a text in each language, with the same parameters.
func TestTextsOfEveryCode(t *testing.T) {
	t.Parallel()
	parameter := regexp.MustCompile(`\{[a-z_]*\}`)
	zh, en := httpapi.Texts(lang.Chinese), httpapi.Texts(lang.English)
	if a, b := slices.Sorted(maps.Keys(zh)), slices.Sorted(maps.Keys(en)); !slices.Equal(a, b) || len(a) < 100 {
		t.Errorf("%d codes in Chinese, %d in English", len(a), len(b))
	}
	han := regexp.MustCompile(`\p{Han}`)
	for code, text := range zh {
		a, b := parameter.FindAllString(text, -1), parameter.FindAllString(en[code], -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(slices.Compact(a), slices.Compact(b)) {
			t.Errorf("%s has %v in Chinese and %v in English", code, a, b)
		}
		if !han.MatchString(text) || han.MatchString(en[code]) || strings.TrimSpace(en[code]) != en[code] {
			t.Errorf("%s reads %q and %q", code, text, en[code])
		}
	}
}

// What a caller wrote may look like a parameter and stays what it is; a code without
// a text is shown as itself.
func TestParametersAreSetInOnce(t *testing.T) {
	t.Parallel()
	for code, text := range httpapi.Texts(lang.English) {
		found := regexp.MustCompile(`\{([a-z]+)\}`).FindStringSubmatch(text)
		if found == nil {
			continue
		}
		for range 5 { // a map has no order
			got := httpapi.Translate(lang.English, code, map[string]string{found[1]: "{other}", "other": "not meant"})
			if !strings.Contains(got, "{other}") || strings.Contains(got, "not meant") {
				t.Fatalf("%s: %q", code, got)
			}
		}
	}
	if got := httpapi.Translate(lang.English, "tea.unheard_of", map[string]string{"x": "y"}); got != "tea.unheard_of" {
		t.Errorf("a code without a text reads %q", got)
	}
}

// failing is an API with a route that falls at different moments.
func failing(t *testing.T) (*httpapi.API, *tally) {
	t.Helper()
	p, seen := people{id.FromInt[id.User](7)}, &tally{}
	a := httpapi.New(httpapi.Deps{
		Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}, Limiter: cache.NewMemoryLimiter(clock.Real{}), Sign: p,
		Staff: p, Metrics: seen,
	})
	route := func(path string, fn http.HandlerFunc) {
		a.Mount(httpapi.Route{Pattern: path, Access: httpapi.Anyone, Handler: fn})
	}
	cached := func(w http.ResponseWriter) {
		for name, value := range map[string]string{
			"Cache-Control": "public, max-age=31536000, immutable", "Content-Encoding": "gzip", "Etag": `"1"`,
			"Content-Length": "5", "Content-Type": "image/png", "Last-Modified": "Sun, 22 Nov 2026 12:00:00 GMT",
		} {
			w.Header().Set(name, value)
		}
	}
	route("/early", func(w http.ResponseWriter, _ *http.Request) { cached(w); panic("before a word") })
	route("/refused", func(w http.ResponseWriter, r *http.Request) {
		cached(w)
		a.WriteProblem(w, r, errors.Join(errors.New("no"), fault.Unavailable("request.too_many")))
	})
	route("/late", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		_, err := w.Write([]byte("half of it"))
		panic(err)
	})
	route("/gone", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	route("/left", func(w http.ResponseWriter, r *http.Request) { a.WriteProblem(w, r, context.Canceled) })
	return a, seen
}

// An answer that is not given leaves none of its headers on the refusal: nobody keeps
// a failure for a year or unpacks it.
func TestARefusalIsNotTheAnswerThatWasMeant(t *testing.T) {
	t.Parallel()
	a, _ := failing(t)
	for path, status := range map[string]int{"/early": 500, "/refused": 503} {
		w := ask(a, "GET", path)
		h := w.Result().Header
		if w.Code != status || problemOf(t, w).Status != status || h.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %v %s", path, w.Code, h, w.Body)
		}
		if h.Get("Content-Encoding")+h.Get("Etag")+h.Get("Content-Length")+h.Get("Last-Modified") != "" ||
			h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: left of the answer that was meant: %v", path, h)
		}
	}
}

// An answer that breaks in the middle is broken off, so that its reader knows; it is
// counted all the same.
func TestHalfAnAnswerIsBrokenOff(t *testing.T) {
	t.Parallel()
	a, seen := failing(t)
	server := httptest.NewServer(a)
	defer server.Close()
	for _, path := range []string{"/late", "/gone"} {
		res, err := server.Client().Get(server.URL + path)
		if err == nil {
			var body []byte
			body, err = io.ReadAll(res.Body)
			res.Body.Close()
			if strings.Contains(string(body), "problem") {
				t.Errorf("%s ends as a problem: %q", path, body)
			}
		}
		if err == nil {
			t.Errorf("%s looks whole", path)
		}
	}
	if w := ask(a, "GET", "/left"); w.Code != 499 || problemOf(t, w).Code != "request.cancelled" {
		t.Errorf("who left: %d %s", w.Code, w.Body)
	}
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if len(seen.seen) != 3 {
		t.Errorf("counted %q", seen.seen)
	}
}
