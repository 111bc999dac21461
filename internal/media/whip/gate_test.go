package whip

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var began = time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)

// log is what a gate let through: v or a and the time in ms.
type gateLog struct {
	gate
	out []string
}

func (l *gateLog) push(ms int, track int, at int) {
	name := fmt.Sprintf("%c%d", "va"[track], at)
	l.gate.push(began.Add(time.Duration(ms)*time.Millisecond), track,
		heldFrame{uint32(at), func() { l.out = append(l.out, name) }})
}

func TestTracksBeginTogether(t *testing.T) {
	both := gate{coming: [2]bool{true, true}}
	for _, tt := range []struct {
		name string
		gate gate
		push func(*gateLog)
		want string
	}{
		{"sound in a burst, then the picture in one", both, func(l *gateLog) {
			for at := 0; at <= 900; at += 300 {
				l.push(920, trackAudio, at)
			}
			l.push(1020, trackVideo, 320)
			l.push(1021, trackVideo, 353)
			l.push(1022, trackVideo, 880)
		}, "v320 a300 v353 a600 v880 a900"},
		{"as it comes, sound first", both, func(l *gateLog) {
			l.push(0, trackAudio, 0)
			l.push(1, trackVideo, 20)
			l.push(2, trackAudio, 21)
		}, "v20 a0 a21"},
		{"pictures wait for late sound", both, func(l *gateLog) {
			for at := 0; at <= 900; at += 300 {
				l.push(at, trackVideo, at)
			}
			l.push(920, trackAudio, 10)
			l.push(921, trackAudio, 500)
		}, "v0 a10 v300 a500 v600"},
		{"the sound of before the picture is left out", both, func(l *gateLog) {
			l.push(0, trackAudio, 0)
			l.push(0, trackAudio, 478)
			l.push(0, trackAudio, 479)
			l.push(500, trackVideo, 500)
		}, "v500 a479"},
		{"no sound for two seconds", gate{coming: [2]bool{true, false}}, func(l *gateLog) {
			l.push(0, trackVideo, 0)
			l.push(2000, trackVideo, 2000)
			l.push(2001, trackVideo, 2001)
		}, "v0 v2000 v2001"},
		{"no picture for two seconds", gate{coming: [2]bool{false, true}}, func(l *gateLog) {
			l.push(0, trackAudio, 0)
			l.push(2000, trackAudio, 2000)
			l.push(2001, trackAudio, 2001)
		}, "a0 a2000 a2001"},
		{"a child that is slow to start gets six", both, func(l *gateLog) {
			l.push(0, trackAudio, 0)
			l.push(6000, trackAudio, 6000)
		}, ""},
		{"and no more", both, func(l *gateLog) {
			l.push(0, trackAudio, 0)
			l.push(6001, trackAudio, 6001)
			l.push(6002, trackVideo, 10)
		}, "a0 a6001 v10"},
	} {
		l := &gateLog{gate: tt.gate}
		tt.push(l)
		if got := strings.Join(l.out, " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
