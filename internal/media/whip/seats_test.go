package whip

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
)

// with adds candidates to the first section of an offer.
func with(sdp string, lines ...string) string {
	at := strings.Index(sdp, "a=candidate:")
	return sdp[:at] + strings.Join(lines, "") + sdp[at:]
}

// One caller has as many seats as one may have, of both kinds together, however many are
// free; others sit down meanwhile, and a seat is free again when its session ends.
func TestOneCallerTakesNotAllSeats(t *testing.T) {
	manual := clock.NewManual(time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC))
	r := newRig(t, func(c *Config) {
		c.Clock, c.PerCaller = manual, 3
		c.Caller = func(r *http.Request) string { return r.URL.Query().Get("from") }
	})
	sdp := offerSDP(t)
	var last string
	for i, want := range []int{201, 201, 201, 429, 429} {
		status, body, at := r.post(fmt.Sprintf("/whip/key-%d?from=one", i), sdp)
		if status != want {
			t.Errorf("session %d of one caller: %d %s, want %d", i, status, body, want)
		}
		if status == 201 {
			last = at
		}
	}
	if status, body, _ := r.post("/whip/other?from=two", sdp); status != 201 {
		t.Errorf("another caller: %d %s", status, body)
	}
	if status, _, _ := r.post("/whep/key-9?from=one", sdp); status != 429 {
		t.Errorf("watching with no seat left: %d", status)
	}
	for range 9 { // refused for another reason: it takes no seat
		if status, body, _ := r.post("/whep/nobody?from=three", sdp); status != 404 {
			t.Errorf("a stream that is not there: %d %s", status, body)
		}
	}
	r.do("DELETE", last, nil, "")
	await(t, func() bool { status, _, _ := r.post("/whip/again?from=one", sdp); return status == 201 })
	manual.Advance(connectWithin)
	await(t, func() bool {
		n, _ := r.server.Counts()
		r.server.mu.Lock()
		defer r.server.mu.Unlock()
		return n == 0 && len(r.server.seats) == 0
	})
}

func TestSessionsComeAtARate(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Allow = func(*http.Request) error { return fault.TooMany("request.too_many") }
	})
	for _, path := range []string{"/whip/key", "/whep/key"} {
		if status, _, _ := r.post(path, "v=0"); status != http.StatusTooManyRequests {
			t.Errorf("%s: %d", path, status)
		}
	}
	if resp := r.do("OPTIONS", "/whip/key", nil, ""); resp.StatusCode != http.StatusNoContent {
		t.Errorf("a browser that asks first: %d", resp.StatusCode)
	}
}

func naming(addr string, n int) string {
	return fmt.Sprintf("a=candidate:1 1 udp 2130706431 %s %d typ host\r\n", addr, n)
}

// What an offer names and what comes after it are counted together; whatever leads into
// a network of ours or to many is not called, and counts for nothing.
func TestCandidatesAreFewAndOutside(t *testing.T) {
	r := newRig(t, nil)
	sdp := offerSDP(t)
	named := strings.Count(sdp, "a=candidate:")
	var inside, many []string
	for _, a := range []string{
		"10.0.0.1", "192.168.1.1", "169.254.169.254", "224.0.0.1", "fd00::1", "ff02::1",
		"0.0.0.0",
	} {
		inside = append(inside, naming(a, 9))
	}
	for i := range 400 {
		many = append(many, naming(fmt.Sprintf("198.51.100.%d", i%250), 1000+i))
	}
	status, body, at := r.post("/whip/key", with(sdp, inside...))
	if status != http.StatusCreated {
		t.Fatal(status, body)
	}
	session := func(at string) *candidates {
		r.server.mu.Lock()
		defer r.server.mu.Unlock()
		return r.server.sessions[at[strings.LastIndexByte(at, '/')+1:]].named
	}
	if got := session(at).n; got != named {
		t.Errorf("%d are kept, want the %d of our own", got, named)
	}
	trickle := map[string]string{"Content-Type": fragmentType}
	for i := named; i < candidatesMax; i++ {
		if resp := r.do("PATCH", at, trickle, naming("198.51.100.1", i+1)); resp.StatusCode != http.StatusNoContent {
			t.Errorf("candidate %d: %d", i, resp.StatusCode)
		}
	}
	for body, want := range map[string]int{
		naming("198.51.100.1", 99): http.StatusRequestEntityTooLarge, strings.Join(inside, ""): http.StatusNoContent,
		"a=candidate:1 1 tcp 1 198.51.100.1 22 typ host tcptype passive\r\n": http.StatusNoContent,
		"a=candidate:1 1 udp 1 inner.example 22 typ host\r\n":                http.StatusNoContent,
	} {
		if resp := r.do("PATCH", at, trickle, body); resp.StatusCode != want {
			t.Errorf("%q: %d, want %d", body, resp.StatusCode, want)
		}
	}
	_, _, at = r.post("/whip/other", with(sdp, many...))
	if got := session(at).n; got != candidatesMax {
		t.Errorf("of 400 in an offer %d are kept", got)
	}
}

// Whoever listens on the loopback alone may be called from there, nobody else.
func TestWhoMayBeCalledBack(t *testing.T) {
	for _, c := range []struct {
		inner, to string
		may       bool
	}{
		{"127.0.0.1", "127.0.0.1", true},
		{"0.0.0.0", "127.0.0.1", false},
		{"0.0.0.0", "::1", false},
		{"0.0.0.0", "192.168.1.1", false},
		{"192.168.1.7", "192.168.1.8", true},
		{"192.168.1.7", "127.0.0.1", false},
		{"::", "fd00::1", false},
		{"::", "fe80::1", false},
		{"::", "64:ff9b::7f00:1", false},
		{"::", "100.64.0.1", false},
		{"::", "2606:4700::1", true},
		{"0.0.0.0", "8.8.8.8", true},
		{"0.0.0.0", "255.255.255.255", false},
	} {
		x := candidates{inner: netip.MustParseAddr(c.inner)}
		if got := x.may(netip.MustParseAddr(c.to)); got != c.may {
			t.Errorf("%s from %s: %v", c.to, c.inner, got)
		}
	}
}
