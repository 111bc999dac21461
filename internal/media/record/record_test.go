package record_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"hawker/internal/media/hls"
	"hawker/internal/media/record"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/space"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)

// tape makes segments of one second with known bytes.
type tape struct {
	init *hls.Init
	n    int
}

func newTape() *tape { return &tape{init: &hls.Init{Generation: 1, Data: []byte("INIT-1")}} }

func (p *tape) next(discontinuity bool) *hls.Segment {
	s := &hls.Segment{
		Init: p.init, Start: start.Add(time.Duration(p.n) * time.Second), Discontinuity: discontinuity,
		Parts: []hls.Part{
			{Data: hls.Body{fmt.Appendf(nil, "<%d-a>", p.n)}, Duration: 500 * time.Millisecond},
			{Data: hls.Body{fmt.Appendf(nil, "<%d-b>", p.n)}, Duration: 500 * time.Millisecond},
		},
		Duration: time.Second, Sequence: int64(p.n),
	}
	p.n++
	return s
}

// archive is a store that can be broken.
type archive struct {
	blob.Store

	mu   sync.Mutex
	fail func(key string) error // of each Put
}

func newArchive(t *testing.T) *archive {
	t.Helper()
	d, err := blob.NewDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return &archive{Store: d}
}

func (a *archive) breaks(fail func(key string) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fail = fail
}

func (a *archive) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	a.mu.Lock()
	fail := a.fail
	a.mu.Unlock()
	if fail != nil {
		if err := fail(key); err != nil {
			return 0, err
		}
	}
	return a.Store.Put(ctx, key, r)
}

func (a *archive) fs() fs.FS { return blob.FS(context.Background(), a.Store) }

// files are the keys below a folder.
func (a *archive) files(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := a.List(t.Context(), dir+"/", "", 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		names = append(names, strings.TrimPrefix(i.Key, dir+"/"))
	}
	return names
}

func (a *archive) read(t *testing.T, key string) string {
	t.Helper()
	raw, err := fs.ReadFile(a.fs(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func begin(t *testing.T, to record.Archive, dir string, queue int) *record.Recorder {
	t.Helper()
	return record.Start(record.Options{
		Archive: to, Dir: dir, StreamID: "room", TargetDuration: 2 * time.Second,
		Log: slog.New(slog.DiscardHandler), QueueBytes: queue,
	})
}

func open(t *testing.T, from fs.FS, dir string) *record.Recording {
	t.Helper()
	rec, err := record.Open(from, dir)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// wait waits until the recorder has got so far.
func wait(t *testing.T, r *record.Recorder, ok func(record.Health) bool) {
	t.Helper()
	limit := time.Now().Add(time.Minute)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok(r.Health()) {
		if time.Now().After(limit) {
			t.Fatalf("health stays %+v", r.Health())
		}
		<-tick.C
	}
}

const threeSegments = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-MAP:URI="init-0001.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-11T20:00:00.000Z
#EXTINF:1.00000,
0001-000001-1794427200000000-1000000.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-11T20:00:01.000Z
#EXTINF:1.00000,
0001-000002-1794427201000000-1000000.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init-0002.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-11T20:00:02.000Z
#EXTINF:1.00000,
0002-000003-1794427202000000-1000000-d.m4s
#EXT-X-ENDLIST
`

func TestRecording(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	r, p := begin(t, a, "room/1", 0), newTape()
	r.Add(p.next(false))
	r.Add(p.next(false))
	p.init = &hls.Init{Generation: 2, Data: []byte("INIT-2")} // the publisher came back
	r.Add(p.next(true))
	wait(t, r, func(h record.Health) bool { return h.Bytes == 30 })
	under := open(t, a.fs(), "room/1")
	info := r.Close()
	if info.Segments != 3 || info.Duration != 3*time.Second || info.Bytes != 30 || !info.Start.Equal(start) ||
		info.Err != nil || info.Dir != "room/1" {
		t.Errorf("%+v", info)
	}
	r.Add(p.next(false)) // after the end: lost, and told
	if h := r.Health(); h.Active || h.Lost != 1 {
		t.Errorf("%+v", h)
	}
	closed := open(t, a.fs(), "room/1")
	for when, rec := range map[string]*record.Recording{"under way": under, "closed": closed} {
		got := string(rec.Playlist())
		if when == "under way" { // its target is what lasts longest so far
			got = strings.Replace(got, "TARGETDURATION:1", "TARGETDURATION:2", 1)
		}
		if got != threeSegments || rec.Info.Segments != 3 || rec.Info.Bytes != 30 || !rec.Info.Start.Equal(start) {
			t.Errorf("%s: %+v\n%s", when, rec.Info, got)
		}
	}
	if closed.Info.StreamID != "room" {
		t.Errorf("%+v", closed.Info)
	}
	if got := a.read(t, "room/1/init-0001.mp4"); got != "INIT-1" {
		t.Errorf("init segment %q", got)
	}
	if got := a.read(t, "room/1/0001-000002-1794427201000000-1000000.m4s"); got != "<1-a><1-b>" {
		t.Errorf("segment %q", got)
	}
}

// Whatever the archive has after a crash is played, with an index, without one and with
// one that is spoilt.
func TestAfterACrash(t *testing.T) {
	t.Parallel()
	whole := newArchive(t)
	r, p := begin(t, whole, "room/1", 0), newTape()
	for range 4 {
		r.Add(p.next(false))
	}
	r.Close()
	names := whole.files(t, "room/1") // segments, index, init
	for n := range 4 {
		for _, index := range []string{"", "{", `{"segments":[{"name":"../../secret.m4s","size":5}]}`} {
			left := newArchive(t)
			for _, name := range append(slices.Clone(names[:n+1]), "init-0001.mp4") {
				put(t, left, "room/1/"+name, whole.read(t, "room/1/"+name))
			}
			want := n + 1
			if index != "" {
				put(t, left, "room/1/index.json", index)
			}
			if strings.Contains(index, "secret") {
				want = 0
			}
			rec, err := record.Open(left.fs(), "room/1")
			if want == 0 {
				if !errors.Is(err, record.ErrEmpty) {
					t.Errorf("a path out of the folder was believed: %v", err)
				}
				continue
			}
			if err != nil || rec.Info.Segments != want || rec.Info.Duration != time.Duration(want)*time.Second {
				t.Errorf("%d segments, index %q: %+v, %v", n+1, index, rec, err)
			}
		}
	}
	if _, err := record.Open(whole.fs(), "room/2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
}

// Names that are none of ours are no segments.
func TestStrangersInTheFolder(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	put(t, a, "room/1/0001-000001-1794427200000000-1000000.m4s", "<media>")
	for _, name := range []string{
		"0001-000002-1794427201000000.m4s", "0001-000002--1-1000000.m4s", "0001-000002-1794427201000000-0.m4s",
		"0001-000002-1794427201000000-1000000-x.m4s", "x.m4s", "0001-0001-99999999999999999999-1.m4s", "film.mp4",
		"0001-000002-1794427201000000-1000000.m4s.txt",
	} {
		put(t, a, "room/1/"+name, "<stranger>")
	}
	put(t, a, "room/1/0001-000003-1794427201000000-1000000.m4s", "") // of nothing
	if rec := open(t, a.fs(), "room/1"); rec.Info.Segments != 1 || rec.Info.Bytes != 7 {
		t.Errorf("%+v", rec.Info)
	}
}

var errFull = errors.New("no room left")

// An archive that takes nothing stops nothing and is told; when it is back the
// recording goes on, and says where something is missing.
func TestArchiveFailure(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.breaks(func(string) error { return errFull })
	r, p := begin(t, a, "room/1", 0), newTape()
	r.Add(p.next(false))
	r.Add(p.next(false))
	wait(t, r, func(h record.Health) bool { return h.Lost == 2 && strings.Contains(h.Err, "no room left") })
	a.breaks(nil)
	r.Add(p.next(false))
	wait(t, r, func(h record.Health) bool { return h.Bytes == 10 })
	a.breaks(func(key string) error { // the init segment alone
		if strings.HasSuffix(key, "init-0002.mp4") {
			return errFull
		}
		return nil
	})
	p.init = &hls.Init{Generation: 2, Data: []byte("INIT-2")}
	r.Add(p.next(true))
	wait(t, r, func(h record.Health) bool { return h.Lost == 3 })
	a.breaks(func(key string) error { // the index alone
		if strings.HasSuffix(key, ".json") {
			return errFull
		}
		return nil
	})
	r.Add(p.next(false))
	info := r.Close()
	if info.Segments != 2 || info.Lost != 3 || !errors.Is(info.Err, errFull) {
		t.Errorf("%+v", info)
	}
	list := string(open(t, a.fs(), "room/1").Playlist())
	if strings.Count(list, "#EXT-X-DISCONTINUITY\n") != 1 || strings.Count(list, "#EXT-X-MAP") != 2 ||
		strings.Count(list, "-d.m4s\n") != 2 {
		t.Errorf("playlist:\n%s", list)
	}
}

// A recording that stops for want of room says that it is that: kept free for the books, none left, or no
// more for this account. Anything else is not taken for it.
func TestARecordingSaysThatTheDiskIsFull(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		full bool
	}{
		"none left":        {&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, true},
		"kept free":        {fmt.Errorf("keep: %w", space.ErrFull), true},
		"no more for us":   {syscall.EDQUOT, true},
		"something broken": {syscall.EIO, false},
	} {
		a := newArchive(t)
		a.breaks(func(string) error { return c.err })
		r, p := begin(t, a, "room/1", 0), newTape()
		r.Add(p.next(false))
		wait(t, r, func(h record.Health) bool { return h.Lost > 0 })
		if h := r.Health(); h.Full != c.full || h.Err == "" {
			t.Errorf("%s: %+v", name, h)
		}
		r.Close()
	}
}

// With an archive that hangs, memory stays bounded and Add never waits; where time is
// missing between two segments, the playlist says so.
func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	a, hold, held := newArchive(t), make(chan struct{}), make(chan struct{})
	var once sync.Once
	a.breaks(func(string) error {
		once.Do(func() { close(held) })
		<-hold
		return nil
	})
	r, p := begin(t, a, "room/1", 25), newTape()
	r.Add(p.next(false))
	<-held
	for range 1000 { // each of 10 bytes: two more wait
		r.Add(p.next(false))
	}
	if h := r.Health(); h.Lost != 998 || h.Err == "" {
		t.Errorf("%+v", h)
	}
	close(hold)
	wait(t, r, func(h record.Health) bool { return h.Bytes == 30 })
	r.Add(p.next(false))
	if info := r.Close(); info.Segments != 4 || info.Lost != 998 {
		t.Errorf("%+v", info)
	}
	list := string(open(t, a.fs(), "room/1").Playlist())
	if strings.Count(list, "#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-11-11T20:16:41.000Z\n") != 1 ||
		strings.Count(list, "#EXT-X-DISCONTINUITY\n") != 1 {
		t.Errorf("playlist:\n%s", list)
	}
}

// An archive that never answers keeps nobody who ends a show waiting for ever.
func TestCloseDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := begin(t, deaf{}, "room/1", 0), newTape()
		for range 50 {
			r.Add(p.next(false))
		}
		began := time.Now()
		if info := r.Close(); info.Segments != 0 || info.Lost != 50 || !errors.Is(info.Err, context.Canceled) {
			t.Errorf("%+v", info)
		}
		if d := time.Since(began); d > 30*time.Second {
			t.Errorf("waited %v", d)
		}
	})
}

// deaf takes nothing and answers nothing.
type deaf struct{}

func (deaf) Put(ctx context.Context, _ string, _ io.Reader) (int64, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func TestCut(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	r, p := begin(t, a, "room/1", 0), newTape()
	for range 3 {
		r.Add(p.next(false))
	}
	p.init = &hls.Init{Generation: 2, Data: []byte("INIT-2")}
	for range 3 {
		r.Add(p.next(false))
	}
	r.Add(p.next(true)) // the same init segment, after a break
	r.Close()
	rec := open(t, a.fs(), "room/1")
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	for name, tt := range map[string]struct {
		from, to int
		want     []string
	}{
		"one segment": {1200, 1300, []string{"INIT-1<1-a><1-b>"}},
		"two":         {900, 1100, []string{"INIT-1<0-a><0-b><1-a><1-b>"}},
		"across init segments": {1500, 4500, []string{
			"INIT-1<1-a><1-b><2-a><2-b>", "INIT-2<3-a><3-b><4-a><4-b>",
		}},
		"across a break": {5500, 9000, []string{"INIT-2<5-a><5-b>", "INIT-2<6-a><6-b>"}},
		"before":         {-5000, 0, nil}, "after": {7000, 8000, nil},
	} {
		var got []string
		for _, s := range rec.Cut(at(tt.from), at(tt.to)) {
			got = append(got, readSpan(t, s))
			if int(s.Size)+6 != len(got[len(got)-1]) || s.End.Sub(s.Start) != time.Duration(s.Size/10)*time.Second {
				t.Errorf("%s: %+v", name, s)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	span := rec.Cut(at(0), at(3000))[0]
	if err := a.Delete(t.Context(), "room/1/"+a.files(t, "room/1")[1]); err != nil {
		t.Fatal(err)
	}
	media, err := span.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer media.Close()
	if _, err := io.ReadAll(media); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a span whose segment is gone reads as %v", err)
	}
}

func readSpan(t *testing.T, s record.Span) string {
	t.Helper()
	r, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(iotest.HalfReader(r))
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func put(t *testing.T, a *archive, key, text string) {
	t.Helper()
	if _, err := a.Store.Put(t.Context(), key, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	for _, name := range []string{"20261112T1-2", "20261111T1-1"} {
		r, p := begin(t, a, "room/"+name, 0), newTape()
		r.Add(p.next(false))
		r.Close()
	}
	put(t, a, "room/20261110T1-0/init-0001.mp4", "INIT-1") // nothing else
	all, err := record.Scan(a.fs(), "room")
	if err != nil || len(all) != 2 || !strings.HasSuffix(all[0].Info.Dir, "T1-1") {
		t.Errorf("%v, %v", all, err)
	}
	if none, err := record.Scan(a.fs(), "nobody"); err != nil || none != nil {
		t.Errorf("%v, %v", none, err)
	}
}
