package ladder_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hawker/internal/base/clock"
	"hawker/internal/media/flv"
	"hawker/internal/media/hls/hlscheck"
	"hawker/internal/media/ladder"
	"hawker/internal/media/rtmp"
	"hawker/internal/media/stream"
	"hawker/internal/media/stream/streamtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk admits everybody and keeps states.
type desk struct {
	mu     sync.Mutex
	states map[string]stream.State
	sizes  []int
}

func (d *desk) Admit(_ context.Context, r stream.PublishRequest) (stream.Grant, error) {
	g := stream.Grant{StreamID: r.Name, KeyframeGap: time.Second}
	if !strings.HasPrefix(r.Name, "plain") {
		g.Ladder = d.sizes
	}
	return g, nil
}

func (d *desk) Load(_ context.Context, id string) (stream.State, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.states[id], nil
}

func (d *desk) Save(_ context.Context, id string, s stream.State) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.states[id] = s
	return nil
}

// node is a hub with a ladder on real sockets.
type node struct {
	t          *testing.T
	hub        *stream.Hub
	ladder     *ladder.Ladder
	rtmp, http string
}

func newNode(t *testing.T, c ladder.Config, sizes ...int) *node {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Fatalf("ffmpeg is not on the PATH; install Debian's package ffmpeg (make test does): %v", err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	if sizes == nil {
		sizes = []int{720, 180, 120}
	}
	d := &desk{states: map[string]stream.State{}, sizes: sizes}
	hub := stream.NewHub(stream.Config{Clock: clock.Real{}, Log: log, Admission: d, Store: d})
	c.Hub, c.Clock, c.Log = hub, clock.Real{}, log
	n := &node{t: t, hub: hub, ladder: ladder.New(c)}
	in, web := streamtest.Serve(t, hub, hub.Handler(), log)
	n.rtmp, n.http = in+"/live/", web+"/live/"
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = n.ladder.Run(ctx) })
	t.Cleanup(func() { // before the servers and the hub
		cancel()
		wg.Wait()
	})
	return n
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, append([]string{"-hide_banner", "-loglevel", "error"}, args...)...).
		CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// clip makes 6 s with B-frames and sound, as encoders send them.
func clip(t *testing.T, size string) []flv.Tag {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip.flv")
	run(t, "ffmpeg", "-f", "lavfi", "-i", "testsrc2=r=30:s="+size, "-f", "lavfi", "-i", "sine=f=440:r=48000", "-t", "6",
		"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "30", "-sc_threshold", "0", "-pix_fmt", "yuv420p",
		"-c:a", "aac", "-ac", "2", "-f", "flv", path)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tags, err := flv.ReadFile(f)
	if err != nil {
		t.Fatal(err)
	}
	return tags
}

// publish keeps a clip on air until off is called.
func (n *node) publish(name string, tags []flv.Tag) (off func()) {
	n.t.Helper()
	c, err := rtmp.Dial(n.t.Context(), n.rtmp+name)
	if err != nil {
		n.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(n.t.Context())
	done := make(chan struct{})
	go func() { _ = c.Loop(ctx, tags); close(done) }() // its verdict after a cut says nothing
	off = sync.OnceFunc(func() { cancel(); c.Cut(); <-done })
	n.t.Cleanup(off)
	return off
}

func (n *node) get(path string) (int, string) {
	n.t.Helper()
	res, err := http.Get(n.http + path)
	if err != nil {
		n.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

var uri = regexp.MustCompile(`(?m)^[^#\n].*$`)

// variants are the addresses that the multivariant playlist lists.
func (n *node) variants(name string) []string {
	code, body := n.get(name + "/index.m3u8")
	if code != http.StatusOK {
		return nil
	}
	return uri.FindAllString(body, -1)
}

// eventually polls until ok, or fails the test.
func (n *node) eventually(what string, ok func() bool) {
	n.t.Helper()
	limit := time.After(2 * time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-limit:
			n.t.Fatalf("not within two minutes: %s", what)
		case <-tick.C:
		}
	}
}

// viewer follows one playlist with blocking reloads, every rule checked.
type viewer struct {
	n    *node
	path string
	f    hlscheck.Follower
	last *hlscheck.Playlist
	seen map[int64]hlscheck.Segment // whole
}

func (n *node) view(path string) *viewer {
	return &viewer{n: n, path: path, seen: map[int64]hlscheck.Segment{}}
}

// next reloads once; it gives the status.
func (v *viewer) next() int {
	v.n.t.Helper()
	query := ""
	if v.last != nil {
		s := v.last.Segments[len(v.last.Segments)-1]
		query = fmt.Sprintf("?_HLS_msn=%d&_HLS_part=%d", s.Sequence, len(s.Parts))
		if s.Done {
			query = fmt.Sprintf("?_HLS_msn=%d&_HLS_part=0", s.Sequence+1)
		}
	}
	code, body := v.n.get(v.path + query)
	if code != http.StatusOK {
		v.last = nil
		return code
	}
	p, complaints := v.f.Next([]byte(body))
	if complaints != nil {
		v.n.t.Fatalf("%s: %v\n%s", v.path, complaints, body)
	}
	v.last = p
	for _, s := range p.Segments {
		if s.Done && !s.Gap {
			v.seen[s.Sequence] = s
		}
	}
	return code
}

// until follows until it has seen so many whole segments. On a machine with too much to do
// a rendition falls behind and is begun again: then it is followed anew.
func (v *viewer) until(segments int) {
	v.n.t.Helper()
	limit := time.Now().Add(2 * time.Minute)
	for len(v.seen) < segments {
		code := v.next()
		if time.Now().After(limit) {
			v.n.t.Fatalf("%s: status %d, %d segments seen of %d", v.path, code, len(v.seen), segments)
		}
		if code != http.StatusOK {
			v.n.eventually("renditions again", func() bool { return len(v.n.variants(v.of())) > 0 })
			v.f, v.last, v.seen = hlscheck.Follower{}, nil, map[int64]hlscheck.Segment{}
		}
	}
}

// of is the stream that is followed.
func (v *viewer) of() string {
	name, _, _ := strings.Cut(v.path, "/")
	return name
}
