package ladder_test

import (
	"maps"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"hawker/internal/media/hls/hlscheck"
	"hawker/internal/media/ladder"
)

const frame = 1.0 / 30

var all = []string{"live.m3u8", "180p/live.m3u8", "120p/live.m3u8"}

// Every rendition has the same segments under the same numbers and dates as the
// stream itself, which begin with the same picture, and the same sound.
func TestRenditionsAreCutAlike(t *testing.T) {
	t.Parallel()
	tags := clip(t, "640x360")
	n := newNode(t, ladder.Config{})
	n.publish("room", tags)
	n.eventually("three renditions", func() bool { return slices.Equal(n.variants("room"), all) })
	_, multi := n.get("room/index.m3u8")
	for _, want := range []string{
		"RESOLUTION=640x360,FRAME-RATE=30.000\nlive.m3u8",
		"RESOLUTION=320x180,FRAME-RATE=30.000\n180p/", "RESOLUTION=214x120,FRAME-RATE=30.000\n120p/", `,mp4a.40.2"`,
	} {
		if !strings.Contains(multi, want) {
			t.Errorf("no %q in\n%s", want, multi)
		}
	}
	views := make([]*viewer, len(all))
	var wg sync.WaitGroup
	for i, path := range all {
		views[i] = n.view("room/" + path)
		wg.Go(func() { views[i].until(8) })
	}
	wg.Wait()
	for i, v := range views[1:] {
		alike(t, all[i+1], views[0].seen, v.seen)
	}
	_, list := n.get("room/live.m3u8")
	_, small := n.get("room/120p/live.m3u8")
	if !strings.Contains(list, `#EXT-X-RENDITION-REPORT:URI="180p/live.m3u8",LAST-MSN=`) || !strings.Contains(small,
		`#EXT-X-RENDITION-REPORT:URI="../live.m3u8",LAST-MSN=`) {
		t.Errorf("no reports in\n%s\n%s", list, small)
	}
	common := slices.Sorted(maps.Keys(views[0].seen))
	s := common[len(common)-1]
	want := n.packets(views[0], s)
	for i, v := range views[1:] {
		got := n.packets(v, s)
		if math.Abs(got.first-want.first) > frame || got.pictures != want.pictures || got.sounds != want.sounds ||
			got.pictures < 20 || !got.key {
			t.Errorf("%s, segment %d: %+v, the stream has %+v", all[i+1], s, got, want)
		}
		if math.Abs(got.first-want.first) > 0.0015 {
			t.Errorf("%s is %.4f s off", all[i+1], got.first-want.first)
		}
	}
}

func alike(t *testing.T, name string, want, got map[int64]hlscheck.Segment) {
	t.Helper()
	common := 0
	for msn, a := range want {
		b, ok := got[msn]
		if !ok {
			continue
		}
		common++
		if !a.Date.Equal(b.Date) || a.Duration != b.Duration || a.Discontinuity != b.Discontinuity ||
			len(a.Parts) != len(b.Parts) {
			t.Errorf("%s: segment %d is %+v, the stream's is %+v", name, msn, b, a)
			continue
		}
		for k := range a.Parts {
			if a.Parts[k].Independent != b.Parts[k].Independent || a.Parts[k].Duration != b.Parts[k].Duration {
				t.Errorf("%s: part %d of %d is %+v, the stream's is %+v", name, k, msn, b.Parts[k], a.Parts[k])
			}
		}
	}
	if common < 4 {
		t.Errorf("%s shares only %d segments", name, common)
	}
}

// content is what ffprobe finds in a segment.
type content struct {
	first            float64
	key              bool
	pictures, sounds int
}

func (n *node) packets(v *viewer, msn int64) (c content) {
	n.t.Helper()
	dir := v.path[:strings.LastIndexByte(v.path, '/')+1]
	s := v.seen[msn]
	_, head := n.get(dir + s.Map)
	code, media := n.get(dir + s.URI)
	if code != http.StatusOK {
		n.t.Fatalf("%s%s: status %d", dir, s.URI, code)
	}
	path := filepath.Join(n.t.TempDir(), "s.mp4")
	if err := os.WriteFile(path, []byte(head+media), 0o600); err != nil {
		n.t.Fatal(err)
	}
	c.first = math.Inf(1)
	for l := range strings.Lines(run(n.t, "ffprobe", "-show_entries", "packet=codec_type,pts_time,flags", "-of",
		"csv=p=0", path)) {
		f := strings.Split(strings.TrimSpace(l), ",")
		if f[0] == "audio" {
			c.sounds++
			continue
		}
		at, err := strconv.ParseFloat(f[1], 64)
		if err != nil {
			n.t.Fatal(err)
		}
		if c.pictures == 0 {
			c.first, c.key = at, strings.HasPrefix(f[2], "K")
		}
		c.pictures++
	}
	return c
}

// A killed child costs its renditions for a moment and the stream nothing.
func TestKilledChild(t *testing.T) {
	t.Parallel()
	tags := clip(t, "640x360")
	n := newNode(t, ladder.Config{})
	n.publish("room", tags)
	n.eventually("three renditions", func() bool { return slices.Equal(n.variants("room"), all) })
	source, small := n.view("room/live.m3u8"), n.view("room/120p/live.m3u8")
	source.until(3)
	var wg sync.WaitGroup
	wg.Go(func() { source.until(14) }) // through all of it
	small.next()
	status, _ := n.ladder.Status("room")
	if status.State != ladder.Running || status.PID == 0 {
		t.Fatalf("%+v", status)
	}
	if err := syscall.Kill(status.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for small.next() == http.StatusOK { // it waits, and is told at once
	}
	if code, _ := n.get("room/120p/live.m3u8"); code != http.StatusNotFound {
		t.Errorf("status %d", code)
	}
	if got := n.variants("room"); !slices.Equal(got, all[:1]) {
		t.Errorf("%q is listed", got)
	}
	n.eventually("the renditions are back", func() bool { return slices.Equal(n.variants("room"), all) })
	if now, _ := n.ladder.Status("room"); now.Tries != 1 || now.PID == status.PID || now.Reason != "lost" {
		t.Errorf("%+v", now)
	}
	back := n.view("room/120p/live.m3u8")
	back.until(6)
	wg.Wait()
	alike(t, "120p", source.seen, back.seen)
	for i, msn := range slices.Sorted(maps.Keys(source.seen)) {
		if source.seen[msn].Discontinuity {
			t.Errorf("segment %d is a discontinuity", msn)
		}
		if _, ok := source.seen[msn+1]; !ok && i < len(source.seen)-1 {
			t.Errorf("segment %d is missing", msn+1)
		}
	}
}

// The same child goes on when the publisher comes back, and the renditions end
// with the stream.
func TestCutAndEnd(t *testing.T) {
	t.Parallel()
	tags := clip(t, "640x360")
	n := newNode(t, ladder.Config{}, 120)
	two := []string{all[0], all[2]}
	off := n.publish("room", tags)
	n.eventually("two renditions", func() bool { return slices.Equal(n.variants("room"), two) })
	before, _ := n.ladder.Status("room")
	source, small := n.view("room/live.m3u8"), n.view("room/120p/live.m3u8")
	var wg sync.WaitGroup
	wg.Go(func() { source.until(3) })
	wg.Go(func() { small.until(3) })
	wg.Wait()
	off()
	n.publish("room", tags)
	wg.Go(func() { source.until(9) })
	wg.Go(func() { small.until(9) })
	wg.Wait()
	alike(t, "120p", source.seen, small.seen)
	if !slices.ContainsFunc(slices.Collect(maps.Values(small.seen)), func(s hlscheck.Segment) bool {
		return s.Discontinuity
	}) {
		t.Error("no discontinuity")
	}
	if after, _ := n.ladder.Status("room"); after.PID != before.PID || after.Tries != 0 {
		t.Errorf("%+v, it was %+v", after, before)
	}
	n.hub.Close("room")
	n.eventually("the end", func() bool {
		_, b := n.get("room/120p/live.m3u8")
		return strings.Contains(b, "#EXT-X-ENDLIST")
	})
	n.eventually("no child", func() bool { _, ok := n.ladder.Status("room"); return !ok })
}

// One child at a time: the second stream waits for its turn, and plays meanwhile.
func TestRoomForOne(t *testing.T) {
	t.Parallel()
	tags := clip(t, "640x360")
	n := newNode(t, ladder.Config{StreamsMax: 1}, 120)
	n.publish("first", tags)
	n.eventually("renditions of the first", func() bool { return len(n.variants("first")) == 2 })
	n.publish("plain", tags)
	n.publish("second", tags)
	n.eventually("the second waits", func() bool {
		s, ok := n.ladder.Status("second")
		return ok &&
			s.State == ladder.Waiting
	})
	n.view("second/live.m3u8").until(3)
	if got := n.variants("second"); len(got) != 1 {
		t.Errorf("%q", got)
	}
	n.hub.Close("first")
	n.eventually("renditions of the second", func() bool { return len(n.variants("second")) == 2 })
	if _, ok := n.ladder.Status("plain"); ok || len(n.variants("plain")) != 1 {
		t.Error("a ladder that nobody asked for")
	}
}

// A program that is not there, or gives nothing, costs the stream nothing.
func TestBrokenProgram(t *testing.T) {
	t.Parallel()
	tags := clip(t, "320x180")
	n := newNode(t, ladder.Config{Program: "/nowhere/ffmpeg"}, 120)
	n.publish("room", tags)
	n.eventually("it is tried again", func() bool {
		s, _ := n.ladder.Status("room")
		return s.Tries >= 2 &&
			s.Reason == "missing"
	})
	n.view("room/live.m3u8").until(4)
	if code, _ := n.get("room/120p/live.m3u8"); code != http.StatusNotFound {
		t.Errorf("status %d", code)
	}
}

// A child that cannot keep up is ended, and started again with one rung less;
// whoever watches the stream itself notices nothing.
func TestSlowChild(t *testing.T) {
	t.Parallel()
	tags := clip(t, "640x360")
	program := filepath.Join(t.TempDir(), "slow")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexec ffmpeg -readrate 0.4 \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	n := newNode(t, ladder.Config{Program: program})
	n.publish("room", tags)
	source := n.view("room/live.m3u8")
	var wg sync.WaitGroup
	wg.Go(func() { source.until(14) })
	n.eventually("it is found to be slow", func() bool { s, _ := n.ladder.Status("room"); return s.Reason == "slow" })
	n.eventually("it is tried with the smaller one alone", func() bool {
		return slices.Equal(n.variants("room"),
			[]string{all[0], all[2]})
	})
	wg.Wait()
	for msn, s := range source.seen {
		if s.Discontinuity {
			t.Errorf("segment %d is a discontinuity", msn)
		}
	}
}
