package clip_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/clip"
	"hawker/internal/media/ffmpeg"
	"hawker/internal/media/hls"
	"hawker/internal/media/record"
	"hawker/internal/media/upload"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/events"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/supervise"
	"hawker/internal/replay"
	"hawker/internal/room"
	"hawker/internal/shelf"
	"hawker/internal/stage"
	"hawker/internal/stage/stagetest"
	"hawker/internal/video"
)

// cutter is clips over a room whose recording the test writes.
type cutter struct {
	*stagetest.Kit
	dir    string
	films  *blob.Disk
	clips  *clip.Service
	videos *video.Service
	bus    *events.Bus
	queue  *jobs.Queue
	room   id.Room
	facts  shelf.Explained
}

func open(t *testing.T, longest time.Duration) *cutter {
	t.Helper()
	k := &cutter{Kit: stagetest.Open(t), dir: t.TempDir()}
	blobs, err := blob.NewDisk(filepath.Join(k.dir, "media"))
	k.Must(err)
	t.Cleanup(func() { k.Must(blobs.Close()) })
	k.films, err = blob.NewDisk(filepath.Join(k.dir, "recordings"))
	k.Must(err)
	t.Cleanup(func() { k.Must(k.films.Close()) })
	uploads, err := upload.NewStore(filepath.Join(k.dir, "uploads"), k.Clock, video.Claims{DB: k.DB})
	k.Must(err)
	log := slog.New(slog.DiscardHandler)
	k.videos = video.New(video.Options{
		DB: k.DB, Log: log, Uploads: uploads, Blobs: blobs, Tool: ffmpeg.New("ffmpeg", k.Clock), Catalog: k.Products,
		WorkDir: filepath.Join(k.dir, "work"), DurationMax: time.Hour, Workers: 1,
	})
	k.clips = clip.New(clip.Options{
		DB: k.DB, Log: log, Archive: replay.Archive{Store: k.films}, Uploads: uploads, Videos: k.videos,
		Catalog: k.Products, Rooms: k.Rooms, Max: longest,
	})
	m := k.clips.Module()
	guard := supervise.New(log, k.Clock)
	k.bus, k.queue = events.NewBus(k.DB, guard, m.Subscriptions...), jobs.NewQueue(k.DB, guard, m.Jobs...)
	tea := k.Product(k.Shop, strings.Repeat("好茶", 60))
	k.room = k.Room(tea)
	k.facts = shelf.Explained{
		Pin: id.Make[id.Pin](k.DB), Room: k.room, Show: id.Make[id.Show](k.DB), Shop: k.Shop, Host: k.Host,
		Product: tea.ID, From: k.Clock.Now().Add(3 * time.Second), Until: k.Clock.Now().Add(8 * time.Second),
	}
	return k
}

// record writes a recording of the show: segments of a second, from a second on.
func (k *cutter) record(first, seconds int) { k.recordFrom(k.Clock.Now(), first, seconds) }

func (k *cutter) recordFrom(start time.Time, first, seconds int) {
	k.T.Helper()
	dir := path.Join(k.room.String(), k.facts.Show.String(), fmt.Sprintf("take-%03d", first))
	r := record.Start(record.Options{
		Archive: k.films, Dir: dir, StreamID: k.room.String(), Show: k.facts.Show.String(),
		TargetDuration: 2 * time.Second, Log: slog.New(slog.DiscardHandler),
	})
	init := &hls.Init{Generation: 1, Data: []byte("INIT ")}
	for n := first; n < first+seconds; n++ {
		r.Add(&hls.Segment{
			Init: init, Start: start.Add(time.Duration(n) * time.Second), Duration: time.Second, Sequence: int64(n),
			Parts: []hls.Part{{Data: hls.Body{fmt.Appendf(nil, "<%d>", n)}, Duration: time.Second}},
		})
	}
	if info := r.Close(); info.Err != nil || info.Segments != seconds {
		k.T.Fatalf("recorded %+v", info)
	}
}

// cut lets the fact arrive and the job be done.
func (k *cutter) cut(facts ...event.Event) error {
	k.T.Helper()
	k.Must(k.DB.Update(context.Background(), func(ctx context.Context, tx *sqldb.Tx) error {
		return events.Record(ctx, tx, facts...)
	}))
	k.Must(k.bus.Drain(context.Background()))
	return k.queue.Drain(context.Background())
}

// made are the drafts of the room with what was handed over of each.
func (k *cutter) made() (list []video.Video, media []string) {
	k.T.Helper()
	list, err := k.videos.ClipsOf(context.Background(), k.Shop, k.room)
	k.Must(err)
	for _, v := range list {
		f, err := os.Open(filepath.Join(k.dir, "uploads", v.Upload))
		k.Must(err)
		raw, err := io.ReadAll(f)
		k.Must(err)
		k.Must(f.Close())
		media = append(media, string(raw))
	}
	return list, media
}

func TestAStretchBecomesADraftOnce(t *testing.T) {
	t.Parallel()
	k := open(t, 0)
	k.record(0, 12)
	for range 2 { // an event that arrives twice, a job that is done twice
		k.Must(k.cut(k.facts))
	}
	list, media := k.made()
	if len(list) != 1 {
		t.Fatalf("%d drafts", len(list))
	}
	v := list[0]
	if v.State != video.Processing || v.Author != k.Host || v.Shop != k.Shop || v.Product != k.facts.Product ||
		v.Pin != k.facts.Pin || v.Room != k.room {
		t.Errorf("the draft is %+v", v)
	}
	if n := len([]rune(v.Caption)); n != min(video.CaptionMax, 120) || !strings.HasPrefix(v.Caption, "好茶") {
		t.Errorf("its caption has %d letters: %s", n, v.Caption)
	}
	if want := "INIT <3><4><5><6><7>"; media[0] != want {
		t.Errorf("its media are %q, want %q", media[0], want)
	}
	left, err := os.ReadDir(filepath.Join(k.dir, "uploads"))
	if err != nil || len(left) != 2 { // the file and what is said of it
		t.Errorf("%d files of uploads, %v", len(left), err)
	}
}

func TestWhatIsCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what    string
		longest time.Duration
		prepare func(k *cutter)
		want    string // "" for no clip
	}{
		{
			"a stretch longer than a clip keeps its beginning", 2 * time.Second, func(k *cutter) { k.record(0, 12) },
			"INIT <3><4>",
		},
		{"a cut in between: the longer piece", 0, func(k *cutter) { k.record(0, 5); k.record(5, 7) }, "INIT <5><6><7>"},
		{"a shop that wants none", 0, func(k *cutter) {
			k.record(0, 12)
			set, err := k.Rooms.SettingsOf(k.T.Context(), k.Shop)
			k.Must(err)
			set.Clips = false
			k.Must(k.Rooms.SaveSettings(k.T.Context(), k.Shop, set))
		}, ""},
	} {
		k := open(t, c.longest)
		c.prepare(k)
		k.Must(k.cut(k.facts))
		_, media := k.made()
		if got := strings.Join(media, "|"); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

// wait lets the time of the clock pass while a stretch is cut, and answers how much.
func (k *cutter) wait(meanwhile func()) time.Duration {
	k.T.Helper()
	began, timers, done := k.Clock.Now(), k.Timers.Load(), make(chan error, 1)
	go func() { done <- k.cut(k.facts) }()
	for k.Timers.Load() == timers { // until it has looked once and waits
		runtime.Gosched()
	}
	meanwhile()
	for {
		select {
		case err := <-done:
			k.Must(err)
			return k.Clock.Now().Sub(began)
		default:
			k.Clock.Advance(500 * time.Millisecond)
			runtime.Gosched()
		}
	}
}

// The end of a stretch is on the disk a moment after it was told of.
func TestARecordingThatIsStillWritten(t *testing.T) {
	t.Parallel()
	k := open(t, 0)
	start := k.Clock.Now()
	k.record(0, 6)
	k.wait(func() { k.recordFrom(start, 6, 4) })
	if _, media := k.made(); len(media) != 1 || media[0] != "INIT <3><4><5>" && media[0] != "INIT <6><7>" {
		t.Errorf("cut: %q", media)
	}
}

// What never comes is not waited for longer than for a segment: what is there of the
// stretch is cut, and of nothing nothing.
func TestARecordingThatBreaksOff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		seconds int
		want    string
	}{{6, "INIT <3><4><5>"}, {0, ""}, {3, ""}} {
		k := open(t, 0)
		if c.seconds > 0 {
			k.record(0, c.seconds)
		}
		if passed := k.wait(func() {}); passed < 12*time.Second {
			t.Errorf("of %d seconds: waited %s", c.seconds, passed)
		}
		if _, media := k.made(); strings.Join(media, "|") != c.want {
			t.Errorf("of %d seconds: %q, want %q", c.seconds, media, c.want)
		}
	}
}

// A room whose shows are not kept has no clips, even if bytes lie about.
func TestARoomThatKeepsNothing(t *testing.T) {
	t.Parallel()
	k := open(t, 0)
	st, err := k.Stage.Create(t.Context(), idem.Fresh("test"), stage.Plan{Plan: room.Plan{
		Shop: k.Shop, Host: k.Host, Title: "Bench", Unkept: true,
	}})
	k.Must(err)
	k.room, k.facts.Room = st.ID, st.ID
	k.record(0, 12)
	k.Must(k.cut(k.facts))
	if list, _ := k.made(); len(list) != 0 {
		t.Errorf("drafts: %+v", list)
	}
}

// A product, a room: whatever is gone by the time of the cut fails the job and leaves
// no file behind; the job is tried again.
func TestACutThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	k := open(t, 0)
	k.record(0, 12)
	rooms := k.facts.Room
	k.facts.Room = id.Make[id.Room](k.DB)
	k.Must(k.cut(k.facts))
	k.facts.Room = rooms
	if list, _ := k.made(); len(list) != 0 {
		t.Fatalf("drafts: %+v", list)
	}
	var tries int64
	k.Must(k.DB.Reader().QueryRow(t.Context(), "SELECT attempts FROM job").Scan(&tries))
	if tries != 1 {
		t.Errorf("tried %d times, want once and again later", tries)
	}
}
