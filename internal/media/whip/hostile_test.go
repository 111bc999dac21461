package whip

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/media/stream"
)

func offerSDP(t *testing.T) string {
	t.Helper()
	pc := peer(t)
	track(t, pc, h264Capability(), "v")
	track(t, pc, opusCapability(), "a")
	return localOffer(t, pc)
}

// Sessions that never connect are bounded in number, and gone in 15 seconds.
func TestHalfOpen(t *testing.T) {
	manual := clock.NewManual(time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC))
	r := newRig(t, func(c *Config) { c.SessionsMax, c.PerCaller, c.Clock = 40, 100, manual })
	sdp := offerSDP(t)
	before := runtime.NumGoroutine()
	made, full := 0, 0
	for i := range 100 {
		switch status, body, _ := r.post(fmt.Sprintf("/whip/key-%d", i), sdp); status {
		case http.StatusCreated:
			made++
		case http.StatusServiceUnavailable:
			full++
		default:
			t.Fatalf("%d %s", status, body)
		}
	}
	if made != 40 || full != 60 {
		t.Errorf("%d made, %d refused", made, full)
	}
	t.Logf("%d goroutines for each half-open session", (runtime.NumGoroutine()-before)/made)
	manual.Advance(connectWithin)
	await(t, func() bool { n, _ := r.server.Counts(); return n == 0 })
}

func (r *rig) do(method, path string, header map[string]string, body string) *http.Response {
	r.t.Helper()
	req, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

func TestProtocol(t *testing.T) {
	r := newRig(t, nil)
	sdp := map[string]string{"Content-Type": "application/sdp"}
	made := r.do("POST", "/whip", map[string]string{"Content-Type": "application/sdp", "Authorization": "Bearer key-b"},
		offerSDP(t))
	at := made.Header.Get("Location")
	if made.StatusCode != http.StatusCreated || !strings.HasPrefix(at, "/whip/s/") || strings.Contains(at, "key-b") ||
		made.Header.Get("ETag") == "" {
		t.Fatalf("%d %v", made.StatusCode, made.Header)
	}
	trickle := map[string]string{"Content-Type": "application/trickle-ice-sdpfrag"}
	other := map[string]string{"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": `"else"`}
	const candidate = "a=mid:0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\n"
	for _, c := range []struct {
		method, path string
		header       map[string]string
		body         string
		want         int
	}{
		{"OPTIONS", "/whip/key-b", nil, "", 204},
		{"OPTIONS", at, nil, "", 204},
		{"GET", "/whip/key-b", nil, "", 405},
		{"GET", at, nil, "", 405},
		{"POST", "/whip/key-b", nil, "v=0", 415},
		{"PATCH", at, sdp, "", 415},
		{"PATCH", at, trickle, candidate, 204},
		{"PATCH", at, other, candidate, 412},
		{"PATCH", at, trickle, "a=ice-ufrag:new\r\na=ice-pwd:new\r\n", 422},
		{"PATCH", at, trickle, "a=candidate:nonsense\r\n", 400},
		{"PATCH", at, trickle, strings.Repeat(candidate, candidatesMax+1), 413},
		{"DELETE", "/whep" + strings.TrimPrefix(at, "/whip"), nil, "", 404},
		{"DELETE", at, nil, "", 200},
	} {
		resp := r.do(c.method, c.path, c.header, c.body)
		if resp.StatusCode != c.want || resp.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s %s %q: %d, want %d", c.method, c.path, c.body, resp.StatusCode, c.want)
		}
	}
	await(t, func() bool { n, _ := r.server.Counts(); return n == 0 })
	if resp := r.do("DELETE", at, nil, ""); resp.StatusCode != http.StatusNotFound {
		t.Errorf("second DELETE: %d", resp.StatusCode)
	}
}

func TestMayPlay(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.MayPlay = func(_ context.Context, id string, _ *http.Request) error {
			switch id {
			case "private":
				return errors.New("no")
			case "members":
				return fault.Unauthorized("live.sign_in")
			}
			return nil
		}
	})
	for id, want := range map[string]int{"private": 403, "members": 401, "gone": 404} {
		if status, _, _ := r.post("/whep/"+id, offerSDP(t)); status != want {
			t.Errorf("%s: %d, want %d", id, status, want)
		}
	}
}

// A newer publisher with the same key takes over once it is connected, and the
// old session ends. An offer alone sends nobody away.
func TestTakeOver(t *testing.T) {
	r := newRig(t, nil)
	publish := func() *session {
		t.Helper()
		before := r.server.session("same")
		pc := peer(t)
		track(t, pc, h264Capability(), "v")
		r.dial(pc, "/whip/key-same")
		await(t, func() bool { x := r.server.session("same"); return x != nil && x != before })
		return r.server.session("same")
	}
	publish()
	await(t, func() bool { n, _ := r.server.Counts(); return n == 1 })
	newer := publish()
	await(t, func() bool { n, _ := r.server.Counts(); return n == 1 })
	if x := r.server.session("same"); x != newer {
		t.Error("the newer session is not the one that stays")
	}
	if status, _, _ := r.post("/whip/key-same", offerSDP(t)); status != http.StatusCreated {
		t.Fatalf("an offer is answered %d", status)
	}
	if h, _ := r.hub.Stream("same"); r.server.session("same") != newer || newer.ctx.Err() != nil || !h.Live {
		t.Error("an offer alone took over")
	}
}

// Stopping twice is stopping once.
func TestCloseTwice(t *testing.T) {
	r := newRig(t, func(c *Config) { c.TCP = "127.0.0.1:0" })
	for range 2 {
		if err := r.server.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func FuzzOffer(f *testing.F) {
	f.Add("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-ufrag:abcd\r\n" +
		"a=ice-pwd:abcdefghijklmnopqrstuvwx\r\n" +
		"a=fingerprint:sha-256 " + strings.Repeat("AA:", 31) +
		"AA\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n" +
		"a=mid:0\r\na=setup:actpass\r\na=sendonly\r\na=rtcp-mux\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 " +
		"packetization-mode=1\r\na=rid:q send\r\na=simulcast:send q\r\n")
	f.Add("v=0\r\n")
	f.Add("")
	hub := stream.NewHub(stream.Config{Log: discard(), Clock: clock.Real{}, Store: &memory{}, Admission: openDoor{}})
	s := New(Config{Hub: hub, Log: discard(), Clock: clock.Real{}, UDP: "127.0.0.1:0"})
	if err := s.Listen(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := errors.Join(s.Close(context.Background()), hub.Shutdown(context.Background())); err != nil {
			f.Error(err)
		}
	})
	f.Fuzz(func(t *testing.T, sdp string) {
		o, err := readOffer([]byte(sdp), s.newCandidates())
		if err != nil {
			if status, _ := statusOf(err); status != http.StatusBadRequest {
				t.Errorf("%v gives %d", err, status)
			}
			return
		}
		if strings.Contains(o.sdp, "\na=simulcast:") {
			t.Error("simulcast was let through")
		}
		pc, err := s.connect(o, false)
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := answer(ctx, pc, o); err != nil && !errors.Is(err, errOffer) {
			t.Errorf("%v", err)
		}
		if err := pc.GracefulClose(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

func FuzzPictures(f *testing.F) {
	f.Add([]byte{nalSTAPA, 0, 4, nalSPS, 1, 2, 3, 0, 2, nalPPS, 1}, []byte{nalFUA, 0x80 | nalIDR, 1, 2},
		[]byte{nalFUA, 0x40 | nalIDR, 3})
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		h, foreign := newH264(), &frames{waiting: true, part: vp9Part}
		for i, payload := range [][]byte{a, b, c} {
			p := &rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(i), Marker: i == 2}, Payload: payload}
			startsKey(payload)
			opusSamples(payload)
			foreign.push(p, false, func(ivfFrame) {})
			h.push(p, false, func(p picture) {
				for d := p.data; len(d) > 0; {
					n := int(d[0])<<24 | int(d[1])<<16 | int(d[2])<<8 | int(d[3])
					d = d[4+n:] // panics if a length lies
				}
			})
		}
	})
}
