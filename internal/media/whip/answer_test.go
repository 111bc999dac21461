package whip

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/media/stream"
)

// section is one m= section of an offer.
func section(kind, port, mid string, codecs ...string) string {
	var b strings.Builder
	var types []string
	for i := range codecs {
		types = append(types, fmt.Sprint(96+i))
	}
	fmt.Fprintf(&b, "m=%s %s UDP/TLS/RTP/SAVPF %s\r\nc=IN IP4 0.0.0.0\r\na=mid:%s\r\na=sendonly\r\na=rtcp-mux\r\n",
		kind, port,
		strings.Join(types, " "), mid)
	b.WriteString("a=setup:actpass\r\n")
	if port == "0 bundled" {
		b.WriteString("a=bundle-only\r\n")
	}
	for i, c := range codecs {
		name, fmtp, _ := strings.Cut(c, " ")
		fmt.Fprintf(&b, "a=rtpmap:%d %s\r\n", 96+i, name)
		if fmtp != "" {
			fmt.Fprintf(&b, "a=fmtp:%d %s\r\n", 96+i, fmtp)
		}
	}
	return strings.ReplaceAll(b.String(), " 0 bundled ", " 0 ")
}

func sdpOf(sections ...string) string {
	mids := make([]string, len(sections))
	for i := range sections {
		mids[i] = fmt.Sprint(i)
	}
	return "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE " + strings.Join(mids, " ") +
		"\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 " +
		strings.Repeat("AA:", 31) + "AA\r\n" + strings.Join(sections, "")
}

const (
	modeOne = "H264/90000 packetization-mode=1;profile-level-id=42e01f"
	opus    = "opus/48000/2"
)

// What is answered to whom publishes and to whom watches: each section with a codec
// that we go on with, or none of it.
func TestWhatIsAnswered(t *testing.T) {
	r := newRig(t, nil)
	for _, c := range []struct {
		what, offer string
		want        string // sections and codecs of the answer, or a code
		status      int
	}{
		{
			"picture and sound", sdpOf(section("video", "9", "0", modeOne), section("audio", "9", "1", opus)),
			"video H264, audio opus", 201,
		},
		{
			"all in one bundle", sdpOf(section("audio", "9", "0", opus), section("video", "0 bundled", "1", modeOne)),
			"audio opus, video H264", 201,
		},
		{
			"sound in the bundle", sdpOf(section("video", "9", "0", modeOne), section("audio", "0 bundled", "1", opus)),
			"video H264, audio opus", 201,
		},
		{
			"H.264 among others", sdpOf(section("video", "9", "0", "VP8/90000", "VP9/90000 profile-id=0", modeOne)),
			"video H264", 201,
		},
		{
			"H.264 in one packet only", sdpOf(section("video", "9", "0", "H264/90000 packetization-mode=0",
				"VP8/90000")),
			"video VP8", 201,
		},
		{"VP9", sdpOf(section("video", "9", "0", "VP9/90000 profile-id=0")), "video VP9", 201},
		{"AV1", sdpOf(section("video", "9", "0", "AV1/90000")), "video AV1", 201},
		{"sound alone", sdpOf(section("audio", "9", "0", opus)), "audio opus", 201},
		{"a codec of another time", sdpOf(section("video", "9", "0", "H263/90000")), "no_common_codec", 406},
		{"sound of telephones", sdpOf(section("audio", "9", "0", "PCMU/8000")), "no_common_codec", 406},
		{
			"a picture and sound of telephones",
			sdpOf(section("video", "9", "0", modeOne), section("audio", "9", "1", "PCMU/8000")), "no_common_codec", 406,
		},
		{"all rejected", sdpOf(section("video", "0", "0", modeOne)), "bad_offer", 400},
		{"nothing", sdpOf(), "bad_offer", 400},
		{"words alone", sdpOf("m=text 9 RTP/AVP 98\r\na=mid:0\r\n"), "bad_offer", 400},
		{
			"no name of ICE", strings.ReplaceAll(sdpOf(section("audio", "9", "0", opus)), "a=ice-ufrag:abcd\r\n", ""),
			"bad_offer", 400,
		},
	} {
		status, body, location := r.post("/whip/key-answers", c.offer)
		if status != c.status {
			t.Errorf("%s: %d %.200s", c.what, status, body)
			continue
		}
		if status != http.StatusCreated {
			if !strings.Contains(body, `"webrtc.`+c.want+`"`) {
				t.Errorf("%s: %s, want %s", c.what, body, c.want)
			}
			continue
		}
		if got := answered(t, body); got != c.want {
			t.Errorf("%s: answered %s, want %s", c.what, got, c.want)
		}
		r.delete(location)
	}
	await(t, func() bool { n, _ := r.server.Counts(); return n == 0 })
}

// answered lists the sections of an answer that are taken, with their first codec.
func answered(t *testing.T, body string) string {
	t.Helper()
	var d sdp.SessionDescription
	if err := d.Unmarshal([]byte(body)); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range d.MediaDescriptions {
		if m.MediaName.Port.Value == 0 {
			continue
		}
		codec := ""
		for _, a := range m.Attributes {
			if a.Key == "rtpmap" && codec == "" {
				_, codec, _ = strings.Cut(a.Value, " ")
				codec, _, _ = strings.Cut(codec, "/")
			}
		}
		out = append(out, m.MediaName.Media+" "+codec)
		if _, ok := m.Attribute("recvonly"); !ok {
			t.Errorf("a publisher is answered with something else than receiving: %v", m.MediaName)
		}
	}
	if !strings.Contains(body, "a=candidate:") {
		t.Error("no address to send to")
	}
	return strings.Join(out, ", ")
}

// Layers of one picture are never asked for: what is offered of them is left out.
func TestOneLayerOfAPicture(t *testing.T) {
	t.Parallel()
	layers := "a=rid:h send\r\na=rid:q send\r\na=simulcast:send h;q\r\n"
	o, err := readOffer([]byte(sdpOf(section("video", "9", "0", modeOne)+layers, section("audio", "9", "1", opus))),
		&candidates{})
	if err != nil || !o.video || !o.audio || !o.h264 || !o.opus || o.ufrag != "abcd" {
		t.Fatalf("%+v, %v", o, err)
	}
	for _, word := range []string{"simulcast", "a=rid"} {
		if strings.Contains(o.sdp, word) {
			t.Errorf("%s is still in it:\n%s", word, o.sdp)
		}
	}
	if got := o.videoCodecs(true); len(got) != 4 || slices.ContainsFunc(got, func(c webrtc.RTPCodecParameters) bool {
		return c.MimeType != webrtc.MimeTypeH264
	}) {
		t.Errorf("viewers are offered %+v", got)
	}
	foreign := offer{video: true, codecs: []string{"AV1", "VP8", "H265"}}
	if own, others := foreign.videoCodecs(true), foreign.videoCodecs(false); len(own) != 0 || len(others) != 2 {
		t.Errorf("without H.264: %d for viewers, %d for publishers", len(own), len(others))
	}
}

// Each thing that can go wrong has a status that a client acts by, and a word.
func TestEachTroubleHasItsStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{errTooLarge, 413, "too_large"},
		{errMedia, 415, "wrong_type"},
		{errNoKey, 401, "no_key"},
		{fmt.Errorf("read: %w", errOffer), 400, "bad_offer"},
		{errors.Join(errOffer, errors.New("x")), 400, "bad_offer"},
		{errRestart, 422, "no_restart"},
		{errCodec, 406, "no_common_codec"},
		{errBFrames, 406, "not_in_order"},
		{errNotPlayable, 406, "not_playable"},
		{stream.ErrNoStream, 404, "not_live"},
		{errFull, 503, "full"},
		{stream.ErrTooMany, 503, "full"},
		{ErrShutdown, 503, "stopping"},
		{stream.ErrShutdown, 503, "stopping"},
		{errors.New("no"), 403, "refused"},
		{fault.Unauthorized("live.sign_in"), 401, "live.sign_in"},
		{fmt.Errorf("admit: %w", fault.Forbidden("live.banned")), 403, "live.banned"},
		{fault.NotFound("live.not_found"), 404, "live.not_found"},
		{fault.TooMany("live.many"), 429, "live.many"},
		{fault.Unavailable("live.busy"), 503, "live.busy"},
	} {
		if status, code := statusOf(c.err); status != c.status || code != c.code {
			t.Errorf("%v: %d %s, want %d %s", c.err, status, code, c.status, c.code)
		}
	}
}

// What viewers get goes on without a step back when one source follows another, and in
// the time that passed between them.
func TestSourcesAreJoined(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var s splice
		now := began
		var last *rtp.Packet
		for n := range rapid.IntRange(1, 5).Draw(rt, "sources") {
			source := fmt.Sprint("source ", n)
			seq, ts := rapid.Uint16().Draw(rt, "number"), rapid.Uint32().Draw(rt, "time")
			wait := time.Duration(rapid.IntRange(0, 20_000).Draw(rt, "between")) * time.Millisecond
			now = now.Add(wait)
			for i := range rapid.IntRange(1, 20).Draw(rt, "packets") {
				got := s.rewrite(source, &rtp.Packet{
					Header: rtp.Header{
						SequenceNumber: seq + uint16(i), Timestamp: ts + uint32(i)*3000,
						Marker: i%2 == 0,
					},
					Payload: []byte{byte(i)},
				}, now, videoRate)
				if last != nil && got.SequenceNumber != last.SequenceNumber+1 {
					rt.Fatalf("number %d after %d", got.SequenceNumber, last.SequenceNumber)
				}
				step := uint32(3000)
				if i == 0 {
					step = uint32(wait.Milliseconds() * 90)
				}
				if last != nil && got.Timestamp-last.Timestamp != step {
					rt.Fatalf("the picture moved by %d ticks, want %d", got.Timestamp-last.Timestamp, step)
				}
				if got.Marker != (i%2 == 0) || len(got.Payload) != 1 || got.Payload[0] != byte(i) {
					rt.Fatalf("packet %d is %+v", i, got)
				}
				last = got
			}
		}
	})
}
