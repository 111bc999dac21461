// Package hlscheck is a strict judge of live playlists. It shares no code with
// package hls: Parse reads a media playlist, and a Follower that is shown one
// reload after another finds what would stop a real player: changed targets,
// parts too long or too short, sequences that go back, segments that change
// after they were announced, missing dates. It is for tests and measurements.
//
// The rules are those of draft-pantos-hls-rfc8216bis.
package hlscheck

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Part is one EXT-X-PART.
type Part struct {
	URI         string
	Duration    float64
	Independent bool
}

// Segment is one media segment, or the beginning of one if it is not Done.
type Segment struct {
	URI           string
	Duration      float64
	Date          time.Time
	Discontinuity bool
	Gap           bool
	Done          bool
	Map           string
	Parts         []Part
	Sequence      int64
}

// Playlist is a parsed media playlist.
type Playlist struct {
	Target                int
	PartTarget, HoldBack  float64
	CanBlock              bool
	Sequence              int64
	DiscontinuitySequence int64
	Segments              []Segment
	Hint                  string
	Ended                 bool
}

type parser struct {
	p   Playlist
	cur Segment
	mp  string
	err error
}

// Parse reads a media playlist.
func Parse(b []byte) (*Playlist, error) {
	x := parser{}
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for n := 0; lines.Scan(); n++ {
		l := lines.Text()
		if n == 0 && l != "#EXTM3U" {
			return nil, fmt.Errorf("first line is %q", l)
		}
		if strings.HasPrefix(l, "#") {
			x.tag(l)
		} else if l != "" {
			x.cur.URI, x.cur.Done = l, true
			x.push()
		}
		if x.err != nil {
			return nil, fmt.Errorf("line %d %q: %w", n+1, l, x.err)
		}
	}
	if len(x.cur.Parts) > 0 {
		x.push()
	}
	return &x.p, lines.Err()
}

func (x *parser) push() {
	x.cur.Sequence = x.p.Sequence + int64(len(x.p.Segments))
	x.cur.Map = x.mp
	x.p.Segments = append(x.p.Segments, x.cur)
	x.cur = Segment{}
}

func (x *parser) tag(l string) {
	name, value, _ := strings.Cut(l, ":")
	switch name {
	case "#EXT-X-TARGETDURATION":
		x.p.Target = int(x.integer(value))
	case "#EXT-X-MEDIA-SEQUENCE":
		x.p.Sequence = x.integer(value)
	case "#EXT-X-DISCONTINUITY-SEQUENCE":
		x.p.DiscontinuitySequence = x.integer(value)
	case "#EXT-X-SERVER-CONTROL":
		a := attributes(value)
		x.p.CanBlock = a["CAN-BLOCK-RELOAD"] == "YES"
		x.p.HoldBack = x.decimal(a["PART-HOLD-BACK"])
	case "#EXT-X-PART-INF":
		x.p.PartTarget = x.decimal(attributes(value)["PART-TARGET"])
	case "#EXT-X-MAP":
		x.mp = attributes(value)["URI"]
	case "#EXT-X-DISCONTINUITY":
		x.cur.Discontinuity = true
	case "#EXT-X-GAP":
		x.cur.Gap = true
	case "#EXT-X-PROGRAM-DATE-TIME":
		x.cur.Date, x.err = time.Parse(time.RFC3339Nano, value)
	case "#EXTINF":
		x.cur.Duration = x.decimal(strings.TrimSuffix(value, ","))
	case "#EXT-X-PART":
		a := attributes(value)
		x.cur.Parts = append(x.cur.Parts, Part{
			URI: a["URI"], Duration: x.decimal(a["DURATION"]), Independent: a["INDEPENDENT"] == "YES",
		})
	case "#EXT-X-PRELOAD-HINT":
		x.p.Hint = attributes(value)["URI"]
	case "#EXT-X-ENDLIST":
		x.p.Ended = true
	}
}

func (x *parser) integer(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		x.err = err
	}
	return n
}

func (x *parser) decimal(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || f < 0 {
		x.err = fmt.Errorf("bad decimal %q", s)
	}
	return f
}

func attributes(s string) map[string]string {
	m := map[string]string{}
	for s != "" {
		k, rest, ok := strings.Cut(s, "=")
		if !ok {
			break
		}
		var v string
		if strings.HasPrefix(rest, `"`) {
			v, rest, _ = strings.Cut(rest[1:], `"`)
			rest = strings.TrimPrefix(rest, ",")
		} else {
			v, rest, _ = strings.Cut(rest, ",")
		}
		m[k], s = v, rest
	}
	return m
}
