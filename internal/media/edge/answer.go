package edge

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// passed are the headers of an answer that a viewer's player looks at.
func passed() []string {
	return []string{
		"Content-Type", "Content-Encoding", "Cache-Control", "Vary", "ETag", "Last-Modified", "Retry-After",
		"Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Access-Control-Allow-Methods",
		"Access-Control-Allow-Headers", "Access-Control-Max-Age", "Accept-Ranges", "Location",
		"X-Content-Type-Options", "Cross-Origin-Resource-Policy",
	}
}

func newAnswer(res *http.Response, body []byte, now time.Time) *answer {
	a := &answer{status: res.StatusCode, header: http.Header{}, body: body}
	for _, name := range passed() {
		if v := res.Header.Values(name); len(v) > 0 {
			a.header[http.CanonicalHeaderKey(name)] = v
		}
	}
	if res.StatusCode != http.StatusNoContent {
		a.header["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	if kept := freshFor(res.Header); kept > 0 {
		a.until = now.Add(kept)
	}
	return a
}

// freshFor is how long a shared cache may keep an answer (RFC 9111, 4.2.1): s-maxage before
// max-age, less what it has lain elsewhere. What sets a cookie is nobody else's.
func freshFor(h http.Header) time.Duration {
	if len(h["Set-Cookie"]) > 0 || h.Get("Vary") != "" && !strings.EqualFold(h.Get("Vary"), "Accept-Encoding") {
		return 0
	}
	var age, shared time.Duration
	found := false
	for part := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), "=")
		value = strings.Trim(value, `"`)
		switch name {
		case "no-store", "private", "no-cache":
			return 0
		case "max-age":
			age, _ = seconds(value)
		case "s-maxage":
			shared, found = seconds(value)
		}
	}
	if found {
		age = shared
	}
	lain, _ := seconds(h.Get("Age"))
	return age - lain
}

// write passes an answer on. A part of it may be asked for.
func (a *answer) write(rw http.ResponseWriter, r *http.Request) {
	h := rw.Header()
	for name, values := range a.header {
		h[name] = values
	}
	if a.status == http.StatusOK && r.Header.Get("Range") != "" && a.header.Get("Content-Encoding") == "" {
		delete(h, "Content-Length")
		http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(a.body))
		return
	}
	rw.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = rw.Write(a.body) // a viewer that is gone is told nothing
	}
}
