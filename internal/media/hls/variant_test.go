package hls_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hawker/internal/media/hls"
)

func variantsOf(t *testing.T, method string, all ...hls.Variant) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	hls.NewHandler().ServeVariants(w, httptest.NewRequestWithContext(t.Context(), method, "/live/room/index.m3u8", nil),
		all)
	return w
}

func TestVariants(t *testing.T) {
	source, small, late := newStage(t).live(3), newStage(t).live(3), newStage(t)
	small.init.Width, small.init.Height = 640, 360
	all := []hls.Variant{
		{Window: source.w, URI: "live.m3u8"}, {
			Window: small.w, URI: "360p/live.m3u8",
			Bandwidth: 700_000,
		}, {Window: late.w, URI: "180p/live.m3u8"},
	}
	got := variantsOf(t, http.MethodGet, all...).Body.String()
	for _, want := range []string{
		"RESOLUTION=1280x720,FRAME-RATE=30.000\nlive.m3u8\n",
		"BANDWIDTH=700000,CODECS=\"avc1.64001f\",RESOLUTION=640x360,FRAME-RATE=30.000\n360p/live.m3u8\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "180p") {
		t.Errorf("a rendition without media is listed:\n%s", got)
	}
	small.w.Withdraw()
	if got := variantsOf(t, http.MethodGet, all...).Body.String(); strings.Contains(got, "360p") {
		t.Errorf("a rendition that was withdrawn is listed:\n%s", got)
	}
	if got := variantsOf(t, http.MethodPost, all...); got.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST answers %d", got.Code)
	}
}

// Who waits for a playlist that is withdrawn is told at once; who fetches media
// that was announced still gets it.
func TestWithdraw(t *testing.T) {
	s := newStage(t).live(3)
	waiting := s.start("live.m3u8?_HLS_msn=106&_HLS_part=1")
	s.w.Withdraw()
	if w := <-waiting.done; w.Code != http.StatusNotFound {
		t.Errorf("who waited gets %d", w.Code)
	}
	for name, want := range map[string]int{
		"live.m3u8": 404, "live.m3u8?_HLS_msn=106&_HLS_part=1": 404,
		"index.m3u8": 404, "7/s105.m4s": 200, "7/p3.m4s": 200, "7/i0.mp4": 200,
	} {
		if got := s.get(name).Code; got != want {
			t.Errorf("%s answers %d, want %d", name, got, want)
		}
	}
	if _, _, ok := s.w.Edge(); ok {
		t.Error("a withdrawn window has an edge")
	}
}

func TestReportsAndFirstPart(t *testing.T) {
	s := newStage(t)
	other := newStage(t).live(2)
	s.w = hls.New(hls.Options{
		Clock: s.clock, PartTarget: partTarget, TargetDuration: target, FirstSequence: first, FirstPart: 40,
		Reports: func() []hls.Report {
			msn, part, ok := other.w.Edge()
			if !ok {
				return nil
			}
			return []hls.Report{{URI: "../live.m3u8", Segment: msn, Part: part}}
		},
	})
	s.live(2)
	list := s.get("live.m3u8").Body.String()
	for _, want := range []string{
		`URI="7/p40.m4s"`,
		"#EXT-X-RENDITION-REPORT:URI=\"../live.m3u8\",LAST-MSN=105,LAST-PART=0\n",
	} {
		if !strings.Contains(list, want) {
			t.Errorf("no %q in\n%s", want, list)
		}
	}
	if strings.Count(list, "#EXT-X-GAP") != 3 {
		t.Errorf("the first segment is not preceded by gaps:\n%s", list)
	}
	s.w.End()
	if list := s.get("live.m3u8").Body.String(); strings.Contains(list, "REPORT") {
		t.Errorf("reports after the end:\n%s", list)
	}
}
