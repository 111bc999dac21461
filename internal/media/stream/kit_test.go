package stream_test

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hawker/internal/base/clock"
	"hawker/internal/media/flv"
	"hawker/internal/media/hls/hlscheck"
	"hawker/internal/media/record"
	"hawker/internal/media/stream"
	"hawker/internal/platform/blob"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// 1280 by 720 at 30 frames a second, High profile, as x264 writes it.
const avcRecord = "0164001fffe1001a6764001facd9405005bb0110000003001000000303c0f183196001000468efbcb0fdf8f800"

// 320 by 180 at 30 frames a second, HEVC Main, as x265 writes it.
const hevcRecord = "0101600000009000000000003cf000fcfdf8f800000f03a00001001840010c01ffff016000000300" +
	"90000003000003003c95" +
	"9409a10001002b42010101600000030090000003000003003ca00a080c1f3e595952930bc05a020000030002000003003c10" +
	"a2000100064401c073c189"

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func videoConfig() []byte { return append([]byte{0x17, 0, 0, 0, 0}, unhex(avcRecord)...) }
func audioConfig() []byte { return []byte{0xaf, 0, 0x11, 0x90} } // AAC-LC, 48 kHz, stereo

func videoBody(key bool, ctsMs int32, size int) []byte {
	b := []byte{0x27, 1, byte(ctsMs >> 16), byte(ctsMs >> 8), byte(ctsMs), 0, 0, byte(size >> 8), byte(size), 0x41}
	if key {
		b[0], b[9] = 0x17, 0x65
	}
	return append(b, make([]byte, size-1)...)
}

// hevcBody is an IDR or a trailing picture by Enhanced RTMP.
func hevcBody(key bool, ctsMs int32, size int) []byte {
	data := append([]byte{0, 0, byte(size >> 8), byte(size), 0x02, 1}, make([]byte, size-2)...)
	if key {
		data[4] = 0x26
	}
	return flv.VideoBody(flv.Video{Format: flv.HEVC, Key: key, Composition: ctsMs, Data: data})
}

func audioBody() []byte { return append([]byte{0xaf, 1}, make([]byte, 200)...) }

var errNo = errors.New("no")

// admitAll lets everybody publish under his own name.
type admitAll struct {
	part   time.Duration
	gap    time.Duration
	record bool
}

func (a admitAll) Admit(_ context.Context, r stream.PublishRequest) (stream.Grant, error) {
	if strings.HasPrefix(r.Name, "refused") {
		return stream.Grant{}, errNo
	}
	return stream.Grant{StreamID: r.Name, PartTarget: a.part, KeyframeGap: a.gap, Record: a.record}, nil
}

// partSetting is a shop that may change the length of its parts.
type partSetting struct{ length time.Duration }

func (p *partSetting) Admit(_ context.Context, r stream.PublishRequest) (stream.Grant, error) {
	return stream.Grant{StreamID: r.Name, PartTarget: p.length, KeyframeGap: 2 * time.Second}, nil
}

type memoryStore struct {
	mu     sync.Mutex
	states map[string]stream.State
	saves  int
	fail   bool
}

func (s *memoryStore) Load(_ context.Context, id string) (stream.State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail {
		return stream.State{}, errNo
	}
	return s.states[id], nil
}

func (s *memoryStore) Save(_ context.Context, id string, st stream.State) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail {
		return errNo
	}
	s.states[id] = st
	s.saves++
	return nil
}

func (s *memoryStore) break_(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = on
}

// events collects what an Observer is told.
type events struct {
	mu       sync.Mutex
	list     []string
	recorded []record.Info
	changed  chan struct{}
}

func newEvents() *events { return &events{changed: make(chan struct{}, 1)} }

func (e *events) add(s string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, s)
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

func (e *events) OnPublish(id string, g int64) { e.add("publish " + id + " " + string(rune('0'+g))) }

func (e *events) OnUnpublish(id string, g int64, _ error) {
	e.add("unpublish " + id + " " + string(rune('0'+g)))
}

func (e *events) OnRecorded(id string, _ int64, i record.Info) {
	e.mu.Lock()
	e.recorded = append(e.recorded, i)
	e.mu.Unlock()
	e.add("recorded " + id)
}

func (e *events) wait(t *testing.T, n int) []string {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		e.mu.Lock()
		got := append([]string(nil), e.list...)
		e.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-e.changed:
		case <-limit:
			t.Fatalf("only %d events of %d: %v", len(got), n, got)
		}
	}
}

// rig is a hub on a clock that the test moves.
type rig struct {
	t       *testing.T
	clock   *clock.Manual
	hub     *stream.Hub
	store   *memoryStore
	events  *events
	web     http.Handler
	follow  hlscheck.Follower
	list    *hlscheck.Playlist // newest seen
	blind   bool               // do not look after every frame
	sparing bool               // look at each state once, and into no part
	seen    []byte             // the newest state
	states  int                // that were seen

	inspected string // the newest part that was fetched
}

type rigOptions struct {
	part      time.Duration
	gap       time.Duration // that the app expects; -1: it knows nothing
	archive   record.Archive
	store     *memoryStore
	keeper    stream.Store     // instead of store
	admission stream.Admission // instead of admitAll
	clumsy    bool             // who is told panics at the first news
}

func newRig(t *testing.T, o rigOptions) *rig {
	t.Helper()
	if o.gap == 0 {
		o.gap = 2 * time.Second
	}
	if o.store == nil {
		o.store = &memoryStore{states: map[string]stream.State{}}
	}
	r := &rig{
		t: t, store: o.store, events: newEvents(),
		clock: clock.NewManual(time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)),
	}
	if o.admission == nil {
		o.admission = admitAll{o.part, o.gap, o.archive != nil}
	}
	if o.keeper == nil {
		o.keeper = o.store
	}
	var observer stream.Observer = r.events
	if o.clumsy {
		observer = &clumsyObserver{events: r.events}
	}
	r.hub = stream.NewHub(stream.Config{
		Clock: r.clock, Log: slog.New(slog.DiscardHandler), Store: o.keeper, Observer: observer,
		Admission: o.admission, Archive: o.archive,
	})
	r.web = r.hub.Handler()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := r.hub.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	return r
}

func (r *rig) get(path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.web.ServeHTTP(w, httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, path, nil))
	return w
}

// look judges the playlist as it is now.
func (r *rig) look() *hlscheck.Playlist {
	r.t.Helper()
	w := r.get("/live/room/live.m3u8")
	if w.Code != http.StatusOK {
		r.t.Fatalf("playlist: status %d", w.Code)
	}
	p, complaints := r.follow.Next(w.Body.Bytes())
	for _, c := range complaints {
		r.t.Errorf("at %s: %s", r.clock.Now().Format("04:05.000"), c)
	}
	if p == nil || r.t.Failed() {
		r.t.Fatalf("playlist:\n%s", w.Body)
	}
	r.list = p
	r.inspect(p)
	return p
}

// discontinuities counts the tags in the newest playlist.
func (r *rig) discontinuities() int64 {
	n := r.list.DiscontinuitySequence
	for _, s := range r.list.Segments {
		if s.Discontinuity {
			n++
		}
	}
	return n
}

// disk is an archive in a folder.
func disk(t *testing.T, dir string) *blob.Disk {
	t.Helper()
	d, err := blob.NewDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}
