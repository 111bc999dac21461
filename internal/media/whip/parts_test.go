package whip

import (
	"bytes"
	"io"
	"log/slog"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestReorder(t *testing.T) {
	for _, c := range []struct {
		name     string
		in, want []uint16
		lostAt   []uint16
	}{
		{"in order over the wrap", []uint16{65534, 65535, 0, 1}, []uint16{65534, 65535, 0, 1}, nil},
		{"swapped", []uint16{1, 3, 2, 4}, []uint16{1, 2, 3, 4}, nil},
		{"twice", []uint16{1, 2, 2, 1, 3}, []uint16{1, 2, 3}, nil},
		{"jump", []uint16{1, 2, 9000, 9001}, []uint16{1, 2, 9000, 9001}, []uint16{9000}},
	} {
		o := reorder{wait: waitVideo}
		var got, lostAt []uint16
		for _, seq := range c.in {
			o.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: seq}}, func(p *rtp.Packet, lost bool) {
				got = append(got, p.SequenceNumber)
				if lost {
					lostAt = append(lostAt, p.SequenceNumber)
				}
			})
		}
		if !slices.Equal(got, c.want) || !slices.Equal(lostAt, c.lostAt) {
			t.Errorf("%s: %v, lost before %v", c.name, got, lostAt)
		}
	}
}

func TestReorderGivesUp(t *testing.T) {
	for name, step := range map[string]uint32{"by media time": 3000, "by number": 0} {
		o := reorder{wait: waitVideo}
		released := 0
		for i := range uint16(100) {
			if i == 10 {
				continue
			}
			o.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: i, Timestamp: uint32(i) * step}},
				func(_ *rtp.Packet, lost bool) {
					released++
					if lost != (released == 11) {
						t.Errorf("%s: packet %d, lost %v", name, released, lost)
					}
				})
		}
		if released != 99 || o.dropped != 1 {
			t.Errorf("%s: %d released, %d dropped", name, released, o.dropped)
		}
	}
}

func TestLineMovesTheSoundByReports(t *testing.T) {
	var l line
	l.arrive(trackVideo, 4_000_000_000, 100*time.Millisecond)
	l.arrive(trackAudio, 500, 300*time.Millisecond) // came late, was made at the same moment
	l.arrive(trackVideo, 4_000_000_000+videoRate, 0)
	l.arrive(trackAudio, 500+audioRate, 0)
	now := durationToNTP(1_800_000_000 * time.Second)
	if moved := l.report(trackVideo, now, 4_000_000_000); moved != 0 {
		t.Errorf("moved by one report: %v", moved)
	}
	if moved := l.report(trackAudio, now, 500); (moved + 200*time.Millisecond).Abs() > time.Millisecond {
		t.Errorf("moved by %v", moved)
	}
	v, a := l.at(trackVideo, 4_000_000_000+videoRate), l.at(trackAudio, 500+audioRate)
	if (v-a).Abs() > time.Millisecond || v != 1100*time.Millisecond {
		t.Errorf("picture at %v, sound at %v", v, a)
	}
	if moved := l.report(trackAudio, now+60<<32, 500); moved != 0 {
		t.Errorf("a report of a minute's difference moved the sound by %v", moved)
	}
}

// A busy sender notes a packet's time when it gets to it.
func TestLineBelievesThePunctualReport(t *testing.T) {
	var l line
	l.arrive(trackVideo, 0, 0)
	l.arrive(trackAudio, 0, 0)
	const start = 1_800_000_000 * time.Second
	l.report(trackVideo, durationToNTP(start), 0)
	if moved := l.report(trackAudio, durationToNTP(start+90*time.Millisecond),
		0); (moved - 90*time.Millisecond).Abs() > time.Millisecond {
		t.Errorf("moved by %v", moved)
	}
	if moved := l.report(trackAudio, durationToNTP(start+time.Second+time.Millisecond), audioRate); (moved +
		89*time.Millisecond).Abs() > time.Millisecond {
		t.Errorf("a punctual report moved the sound by %v", moved)
	}
	for i := range reportsKept - 1 {
		at := time.Duration(i + 2)
		if moved := l.report(trackAudio, durationToNTP(start+at*time.Second+70*time.Millisecond),
			uint32(at)*audioRate); moved != 0 {
			t.Errorf("a late report moved the sound by %v", moved)
		}
	}
}

func TestLineOverTheWrap(t *testing.T) {
	var l line
	l.arrive(trackVideo, 0xffffff00, 0)
	l.arrive(trackVideo, 0x000000a0, 0)
	if at := l.at(trackVideo, 0xa0); at != ticksToDuration(0x1a0, trackVideo) {
		t.Errorf("%v", at)
	}
}

func TestOggThereAndBack(t *testing.T) {
	var b bytes.Buffer
	w, err := newOggWriter(&b, 2)
	if err != nil {
		t.Fatal(err)
	}
	var want [][]byte
	for _, n := range []int{1, 254, 255, 256, 510, 1400} {
		p := bytes.Repeat([]byte{byte(n)}, n)
		want = append(want, p)
		if err := w.packet(p, 960); err != nil {
			t.Fatal(err)
		}
	}
	r := newOggReader(&b)
	for i := range len(want) + 2 {
		p, err := r.next()
		if err != nil || i >= 2 && !bytes.Equal(p, want[i-2]) {
			t.Errorf("packet %d: %v", i, err)
		}
	}
	if _, err := r.next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

func TestSilenceFillsAnyGap(t *testing.T) {
	w, err := newOggWriter(io.Discard, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, gap := range []int{0, 119, 120, 960, 1080, 4800, gapFill} {
		if filled, err := fillSilence(w, gap); err != nil || filled != gap/120*120 {
			t.Errorf("gap of %d: %d filled, %v", gap, filled, err)
		}
	}
}

// Samples that go into the child come out of it: gaps filled, none lost.
func TestChildLosesNoSample(t *testing.T) {
	var b bytes.Buffer
	w, err := newOggWriter(&b, soundChannels)
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for i, p := range opusPackets(t, "2") {
		if i%20 == 10 {
			n, err := fillSilence(w, 4800+360)
			if err != nil {
				t.Fatal(err)
			}
			want += n
		}
		n := opusSamples(p)
		if err := w.packet(p, n); err != nil {
			t.Fatal(err)
		}
		want += n
	}
	cmd := exec.Command("ffmpeg", append(liveInput("ogg"), "-ac", "1", "-ar", "48000", "-f", "s16le", "pipe:1")...)
	cmd.Stdin = &b
	var words strings.Builder
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil || len(out)/2 != want || words.Len() > 0 {
		t.Errorf("%d samples of %d: %v %s", len(out)/2, want, err, words.String())
	}
}
