package stream_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hawker/internal/media/flv"
	"hawker/internal/media/hls/hlscheck"
	"hawker/internal/media/record"
	"hawker/internal/media/stream"
)

// staged admits everybody to a stage.
type staged struct{ at *stream.Stage }

func (s staged) Admit(_ context.Context, r stream.PublishRequest) (stream.Grant, error) {
	return stream.Grant{StreamID: r.Name, KeyframeGap: 2 * time.Second, Stage: *s.at, Ladder: []int{360}}, nil
}

const (
	rehearsal = "shw_rehearsal"
	public    = "shw_public"
)

// addresses are all those that the present playlists name.
func (r *rig) addresses() []string {
	r.t.Helper()
	var out []string
	for _, folder := range []string{"", "360p/"} {
		w := r.get("/live/room/" + folder + "live.m3u8")
		list, err := hlscheck.Parse(w.Body.Bytes())
		if w.Code != http.StatusOK || err != nil {
			continue
		}
		add := func(uri string) {
			if uri != "" && !slices.Contains(out, folder+uri) {
				out = append(out, folder+uri)
			}
		}
		for _, s := range list.Segments {
			if s.Gap {
				continue
			}
			add(s.Map)
			add(s.URI)
			for _, p := range s.Parts {
				add(p.URI)
			}
		}
	}
	return out
}

// hints are the addresses of the parts that the playlists announce.
func (r *rig) hints() (out []string) {
	r.t.Helper()
	for _, folder := range []string{"", "360p/"} {
		list, err := hlscheck.Parse(r.get("/live/room/" + folder + "live.m3u8").Body.Bytes())
		if err != nil || list.Hint == "" {
			r.t.Fatalf("no hint in %q: %v", folder, err)
		}
		out = append(out, folder+list.Hint)
	}
	return out
}

func isPrivate(h http.Header) bool {
	return h.Get("Cache-Control") == "private, no-store" && h.Get("Access-Control-Allow-Origin") == ""
}

// What was filmed in private is at no address once the stage is another one, and the other way round.
func TestStagesShareNoBytes(t *testing.T) {
	dir := t.TempDir()
	at := stream.Stage{Show: rehearsal, Private: true}
	r := newRig(t, rigOptions{archive: disk(t, dir), admission: staged{&at}})
	e := r.publish("room", shape{fps: 30, gop: 60})
	c := r.child()
	e.send(3100 * time.Millisecond)
	c.work()
	e.send(1600 * time.Millisecond) // the next key frame is 1.3 s away
	c.work()
	before, sequence := r.addresses(), r.list.Sequence
	hinted := r.hints() // parts that were to come: what comes now is another's
	if len(before) < 10 || !slices.ContainsFunc(before, func(s string) bool { return strings.HasPrefix(s, "360p/") }) {
		t.Fatalf("only %v", before)
	}
	if !r.hub.SetStage("room", stream.Stage{Show: public}) {
		t.Fatal("there is no such stream")
	}
	r.nothingAt(before, "before a new part")
	before = append(before, hinted...)
	if err := c.out.Picture(0, flv.Video{Key: true}); !errors.Is(err, stream.ErrStage) {
		t.Errorf("the rendition of the rehearsal: %v", err)
	}
	c = r.child()
	for range 4 {
		e.send(time.Second)
		c.work()
	}
	r.nothingAt(before, "afterwards")
	after := r.addresses()
	if !slices.ContainsFunc(after, func(s string) bool { return strings.HasPrefix(s, "360p/") }) {
		t.Errorf("no rendition of the show: %v", after)
	}
	for _, uri := range after {
		if slices.Contains(before, uri) {
			t.Errorf("%s was an address of the rehearsal", uri)
		}
		if w := r.get("/live/room/" + uri); w.Code != http.StatusOK || isPrivate(w.Header()) {
			t.Errorf("%s of the show: %d %v", uri, w.Code, w.Header())
		}
	}
	for _, s := range r.list.Segments {
		if s.Map != r.list.Segments[len(r.list.Segments)-1].Map {
			t.Errorf("the show changes its tracks: %+v", s)
		}
	}
	first := slices.IndexFunc(r.list.Segments, func(s hlscheck.Segment) bool { return !s.Gap })
	if s := r.list.Segments[first]; len(after) < 6 || !s.Discontinuity || !s.Parts[0].Independent ||
		s.Sequence <= sequence {
		t.Errorf("the show begins with %+v after %d", s, sequence)
	}
	r.hub.Close("room")
	r.oneShowAFolder(dir)
}

// nothingAt fails the test if anything is at these addresses, or a refusal says what it must not.
func (r *rig) nothingAt(addresses []string, when string) {
	r.t.Helper()
	for _, uri := range addresses {
		if w := r.get("/live/room/" + uri); w.Code != http.StatusNotFound {
			r.t.Errorf("%s: %s of the rehearsal: %d, %d bytes", when, uri, w.Code, w.Body.Len())
		}
	}
}

// oneShowAFolder looks at what the two stages recorded: each in its folder, with what was on air then.
func (r *rig) oneShowAFolder(dir string) {
	t := r.t
	r.events.wait(t, 4)
	r.events.mu.Lock()
	infos := slices.Clone(r.events.recorded)
	r.events.mu.Unlock()
	if len(infos) != 2 || infos[0].Show != rehearsal || infos[1].Show != public {
		t.Fatalf("recorded: %+v", infos)
	}
	for _, info := range infos {
		if path.Dir(info.Dir) != path.Join("room", info.Show) || info.Segments < 2 {
			t.Errorf("%+v", info)
		}
	}
	if end := infos[0].Start.Add(infos[0].Duration); end.After(infos[1].Start) {
		t.Errorf("the rehearsal's recording ends at %v, the show's begins at %v", end, infos[1].Start)
	}
	show := record.Show{From: os.DirFS(dir), StreamID: "room", Show: public}
	recs, err := show.Recordings()
	if err != nil || len(recs) != 1 || recs[0].Info.Segments != infos[1].Segments {
		t.Errorf("%v, %v", recs, err)
	}
	folder := path.Base(infos[0].Dir)
	files, err := os.ReadDir(filepath.Join(dir, infos[0].Dir))
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		for _, ranges := range []string{"", "bytes=0-99"} {
			rw, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/x", nil)
			req.Header.Set("Range", ranges)
			show.Serve(rw, req, folder+"/"+f.Name())
			if rw.Code != http.StatusNotFound {
				t.Errorf("%s of the rehearsal by the show's address: %d", f.Name(), rw.Code)
			}
		}
	}
}

// Every answer of private time says that it is for nobody else, whatever it answers.
func TestPrivateTimeSaysSo(t *testing.T) {
	at := stream.Stage{Private: true}
	r := newRig(t, rigOptions{archive: disk(t, t.TempDir()), admission: staged{&at}})
	e := r.publish("room", shape{fps: 30, gop: 30})
	all := func(when string, want bool) {
		t.Helper()
		names := append(r.addresses(), "index.m3u8", "live.m3u8", "live.m3u8?_HLS_msn=9999", "live.m3u8?_HLS_msn=x",
			"1/p9999.m4s",
			"1/s9999.m4s", "1/i99.mp4", "nothing", "480p/live.m3u8")
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPost} {
			for _, name := range names {
				w := httptest.NewRecorder()
				r.web.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/live/room/"+name, nil))
				if isPrivate(w.Header()) != want {
					t.Errorf("%s: %s %s: %d %v", when, method, name, w.Code, w.Header())
				}
			}
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		w := httptest.NewRecorder()
		r.web.ServeHTTP(w, httptest.NewRequestWithContext(gone, http.MethodGet, "/live/room/live.flv", nil))
		if isPrivate(w.Header()) != want {
			t.Errorf("%s: FLV: %d %v", when, w.Code, w.Header())
		}
	}
	e.send(3 * time.Second)
	all("in private", true)
	r.hub.SetStage("room", stream.Stage{Show: public})
	e.send(3 * time.Second)
	all("in public", false)
	r.hub.SetStage("room", stream.Stage{Private: true})
	e.send(3 * time.Second)
	all("in private again", true)
	e.pub.Close(errNo)
	all("while the publisher is away", true)
	r.hub.Close("room")
	all("at the end", true)
	if r.hub.SetStage("room", stream.Stage{Show: public}) {
		t.Error("a stream that has ended was set to another stage")
	}
	if h, _ := r.hub.Stream("room"); h.Recording.Active {
		t.Error("what has ended is recorded")
	}
	if left := r.addresses(); len(left) > 0 {
		t.Errorf("of private time that has ended there is still %v", left)
	}
}

// Readers of packets get what was theirs, and then have to ask again.
func TestReadersOfAStageAreLetGo(t *testing.T) {
	at := stream.Stage{Show: public}
	r := newRig(t, rigOptions{admission: staged{&at}})
	r.blind = true
	e := r.publish("room", shape{fps: 30, gop: 30})
	var told []string
	r.hub.WatchStages(func(id string) { told = append(told, id) })
	tap, err := r.hub.Tap(t.Context(), "room")
	if err != nil {
		t.Fatal(err)
	}
	defer tap.Close()
	e.send(1500 * time.Millisecond)
	number := r.hub.StageNumber("room")
	r.hub.SetStage("room", stream.Stage{Private: true})
	r.hub.SetStage("room", stream.Stage{Private: true}) // no change
	if len(told) != 1 || told[0] != "room" || r.hub.StageNumber("room") != number+1 {
		t.Errorf("told %v, number %d after %d", told, r.hub.StageNumber("room"), number)
	}
	e.send(2 * time.Second)
	last := uint32(0)
	for {
		p, err := tap.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		last = p.Time
	}
	fresh, err := r.hub.Tap(t.Context(), "room")
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	var kinds []stream.PacketKind
	for range 4 {
		p, err := fresh.Next(t.Context())
		if err != nil || p.Time <= last {
			t.Fatalf("%+v, %v; the stage before went on to %d", p, err, last)
		}
		kinds = append(kinds, p.Kind)
		if len(kinds) == 4 && !p.Key {
			t.Errorf("a reader begins with %+v", p)
		}
	}
	want := []stream.PacketKind{stream.PacketMeta, stream.PacketVideo, stream.PacketAudio, stream.PacketVideo}
	if !slices.Equal(kinds, want) {
		t.Errorf("a reader begins with %v", kinds)
	}
}

// A viewer that waits for the first part of one stage gets nothing of the next.
func TestNobodyWaitsIntoAnotherStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := stream.Stage{Show: public}
		r := newRig(t, rigOptions{admission: staged{&at}})
		r.blind = true
		e := r.publish("room", shape{fps: 30, gop: 30})
		status := make(chan int, 1)
		go func() { status <- r.get("/live/room/live.m3u8").Code }()
		synctest.Wait() // until it waits
		r.hub.SetStage("room", stream.Stage{Private: true})
		e.send(5 * time.Second)
		if code := <-status; code != http.StatusNotFound {
			t.Errorf("who waited for the show got %d of private time", code)
		}
	})
}

// Who was judged before the change gets nothing of what comes after it.
func TestWhoWasLetInBeforeTheChange(t *testing.T) {
	at := stream.Stage{Show: public}
	r := newRig(t, rigOptions{admission: staged{&at}})
	r.blind = true
	e := r.publish("room", shape{fps: 30, gop: 30})
	e.send(3 * time.Second)
	visit := r.hub.Enter("room")
	ask := func(name string) int {
		w := httptest.NewRecorder()
		visit.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/live/room/"+name, nil))
		return w.Code
	}
	if code := ask("live.m3u8"); code != http.StatusOK {
		t.Errorf("at the same stage: %d", code)
	}
	r.hub.SetStage("room", stream.Stage{Private: true})
	e.send(3 * time.Second)
	for _, name := range append(r.addresses(), "live.m3u8", "index.m3u8", "live.flv") {
		if code := ask(name); code != http.StatusNotFound {
			t.Errorf("%s at the next: %d", name, code)
		}
	}
}

// slowDoor answers when it is told to, with the stage of when it was asked.
type slowDoor struct {
	mu     sync.Mutex
	at     stream.Stage
	asked  chan struct{}
	answer chan struct{}
}

func (d *slowDoor) set(at stream.Stage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = at
}

func (d *slowDoor) Admit(_ context.Context, r stream.PublishRequest) (stream.Grant, error) {
	d.mu.Lock()
	at := d.at
	d.mu.Unlock()
	d.asked <- struct{}{}
	<-d.answer
	return stream.Grant{StreamID: r.Name, Stage: at}, nil
}

// A publisher that was asked before the change is asked again after it.
func TestAdmissionKnowsTheStage(t *testing.T) {
	a := &slowDoor{at: stream.Stage{Show: public}, asked: make(chan struct{}), answer: make(chan struct{})}
	r := newRig(t, rigOptions{admission: a})
	done := make(chan error, 1)
	go func() {
		_, err := r.hub.Publish(t.Context(), stream.PublishRequest{Name: "room"}, func(error) {})
		done <- err
	}()
	<-a.asked
	a.set(stream.Stage{Private: true})
	if r.hub.SetStage("room", stream.Stage{Private: true}) {
		t.Error("there is no stream yet")
	}
	a.answer <- struct{}{}
	<-a.asked
	a.answer <- struct{}{}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if w := r.get("/live/room/nothing"); !isPrivate(w.Header()) {
		t.Errorf("%v", w.Header())
	}
}
