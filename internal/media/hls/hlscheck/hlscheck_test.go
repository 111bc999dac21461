package hlscheck_test

import (
	"strings"
	"testing"

	"hawker/internal/media/hls/hlscheck"
)

const good = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.602
#EXT-X-PART-INF:PART-TARGET=0.534
#EXT-X-MEDIA-SEQUENCE:10
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-MAP:URI="i.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-11T20:00:00.000Z
#EXT-X-PART:DURATION=0.50000,URI="p1",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.50000,URI="p2"
#EXTINF:1.00000,
s10
#EXT-X-PROGRAM-DATE-TIME:2026-11-11T20:00:01.000Z
#EXT-X-PART:DURATION=0.50000,URI="p3",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p4"
`

func complain(t *testing.T, bodies ...string) string {
	t.Helper()
	var f hlscheck.Follower
	var all []string
	for _, b := range bodies {
		_, c := f.Next([]byte(b))
		all = append(all, c...)
	}
	return strings.Join(all, "; ")
}

func TestGoodPlaylist(t *testing.T) {
	next := good[:strings.Index(good, "#EXT-X-PRELOAD")] +
		"#EXT-X-PART:DURATION=0.50000,URI=\"p4\"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p5\"\n"
	if c := complain(t, good, good, next); c != "" {
		t.Error(c)
	}
}

// Every rule can fail.
func TestComplaints(t *testing.T) {
	for want, change := range map[string][2]string{
		"EXTINF 2.6 over":        {"#EXTINF:1.00000", "#EXTINF:2.60000"},
		"over PART-TARGET":       {"0.50000,URI=\"p2\"", "0.60000,URI=\"p2\""},
		"under 85 %":             {"0.50000,URI=\"p1\",INDEPENDENT=YES", "0.40000,URI=\"p1\""},
		"parts sum to":           {"#EXTINF:1.00000", "#EXTINF:1.10000"},
		"less than three parts":  {"PART-HOLD-BACK=1.602", "PART-HOLD-BACK=1.0"},
		"has no PROGRAM-DATE":    {"#EXT-X-PROGRAM-DATE-TIME:2026-11-11T20:00:00.000Z\n", ""},
		"off the end of the one": {"T20:00:01.000Z", "T20:00:01.500Z"},
		"has no EXT-X-MAP":       {"#EXT-X-MAP:URI=\"i.mp4\"\n", ""},
		"no full segment":        {"#EXTINF:1.00000,\ns10\n", ""},
		"first line is":          {"#EXTM3U\n", ""},
		"bad decimal":            {"DURATION=0.50000,URI=\"p3\"", "DURATION=-1,URI=\"p3\""},
		"PART-TARGET 0":          {"PART-TARGET=0.534", "PART-TARGET=0"},
	} {
		if c := complain(t, strings.Replace(good, change[0], change[1], 1)); !strings.Contains(c, want) {
			t.Errorf("want a complaint with %q, got %q", want, c)
		}
	}
}

func TestComplaintsAboutChanges(t *testing.T) {
	for want, change := range map[string][2]string{
		"targets changed":                  {"PART-TARGET=0.534", "PART-TARGET=0.520"},
		"MEDIA-SEQUENCE went back":         {"MEDIA-SEQUENCE:10", "MEDIA-SEQUENCE:9"},
		"DISCONTINUITY-SEQUENCE went back": {"DISCONTINUITY-SEQUENCE:3", "DISCONTINUITY-SEQUENCE:2"},
		"discontinuity number was 3":       {"DISCONTINUITY-SEQUENCE:3", "DISCONTINUITY-SEQUENCE:4"},
		"segment 10 changed":               {"\ns10\n", "\nx10\n"},
		"hint was p4": {
			"#EXT-X-PRELOAD",
			"#EXT-X-PART:DURATION=0.50000,URI=\"p9\"\n#EXT-X-PRELOAD",
		},
	} {
		if c := complain(t, good, strings.Replace(good, change[0], change[1], 1)); !strings.Contains(c, want) {
			t.Errorf("want a complaint with %q, got %q", want, c)
		}
	}
	if c := complain(t, good+"#EXT-X-ENDLIST\n", good); !strings.Contains(c, "ENDLIST was taken back") {
		t.Errorf("got %q", c)
	}
}
