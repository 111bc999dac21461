package fault_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hawker/internal/demo"
	"hawker/internal/media/flv"
	"hawker/internal/media/hls/hlscheck"
	"hawker/internal/media/rtmp"
	"hawker/test/kit"
)

// viewer is an open page: it follows a playlist by blocking reloads, tries again
// when it gets nothing, and judges all that it gets.
type viewer struct {
	m    *kit.Mall
	path string

	mu         sync.Mutex
	seen       map[int64]hlscheck.Segment // whole
	complaints []string
	failures   int
}

// watch follows until the test ends.
func watch(t *testing.T, m *kit.Mall, path string) *viewer {
	t.Helper()
	v := &viewer{m: m, path: path, seen: map[int64]hlscheck.Segment{}}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { v.follow(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return v
}

const retryEvery = 100 * time.Millisecond

func (v *viewer) follow(ctx context.Context) {
	var f hlscheck.Follower
	query := ""
	for ctx.Err() == nil {
		a := v.m.Visitor().Fetch(v.path + query)
		if a.Err != nil || a.Status != http.StatusOK {
			query = ""
			v.failed()
			select {
			case <-time.After(retryEvery):
			case <-ctx.Done():
			}
			continue
		}
		p, complaints := f.Next(a.Body)
		query = v.note(p, complaints)
	}
}

func (v *viewer) failed() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.failures++
}

// note keeps what was seen and gives the next question.
func (v *viewer) note(p *hlscheck.Playlist, complaints []string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.complaints = append(v.complaints, complaints...)
	if p == nil || len(p.Segments) == 0 || len(complaints) > 0 {
		return ""
	}
	for _, s := range p.Segments {
		if s.Done && !s.Gap {
			v.seen[s.Sequence] = s
		}
	}
	last := p.Segments[len(p.Segments)-1]
	if last.Done {
		return fmt.Sprintf("?_HLS_msn=%d&_HLS_part=0", last.Sequence+1)
	}
	return fmt.Sprintf("?_HLS_msn=%d&_HLS_part=%d", last.Sequence, len(last.Parts))
}

func (v *viewer) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.seen)
}

// verdict fails the test for each complaint, and gives the discontinuities and
// missing numbers that the viewer has met.
func (v *viewer) verdict(t *testing.T) (discontinuities, holes int) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range v.complaints {
		t.Error(v.path + ": " + c)
	}
	first, last := int64(1<<62), int64(0)
	for n, s := range v.seen {
		first, last = min(first, n), max(last, n)
		if s.Discontinuity {
			discontinuities++
		}
	}
	return discontinuities, int(last-first) + 1 - len(v.seen)
}

// laddersOf finds the ffmpegs that make renditions for a mall.
func laddersOf(t *testing.T, m *kit.Mall) (pids []int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	parent := regexp.MustCompile(`(?m)^PPid:\s*(\d+)`)
	for _, dir := range all {
		args, _ := os.ReadFile(dir + "/cmdline") // it may have ended meanwhile
		status, _ := os.ReadFile(dir + "/status")
		of := parent.FindSubmatch(status)
		if of == nil || !strings.Contains(string(args), "pipe:3") {
			continue
		}
		env, _ := os.ReadFile("/proc/" + string(of[1]) + "/environ")
		if !strings.Contains(string(env), "HAWKER_DATA="+m.Dir+"\x00") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// onAir opens a room and publishes to it.
func onAir(t *testing.T, m *kit.Mall, change map[string]any) (merchant *kit.Person, room kit.Room) {
	t.Helper()
	merchant = m.SignIn("merchant")
	room = merchant.OpenRoom(t, nil)
	if change != nil {
		merchant.Do("PATCH", "/merchant/"+merchant.Shop(t)+"/rooms/"+room.ID, "", change).Want(t, http.StatusOK)
	}
	m.Stream(t, room.Stream.PublishURL)
	return merchant, room
}

// TestLadderKilled kills the ffmpeg that makes a room's renditions: the picture
// itself goes on as if nothing was, and the renditions come back.
func TestLadderKilled(t *testing.T) {
	m := kit.Start(t, "HAWKER_LIVE_LADDER_RENDITIONS=180")
	_, room := onAir(t, m, map[string]any{"ladder": true})
	base := "/live/" + room.ID + "/"
	listed := func() bool {
		return strings.Contains(string(m.Visitor().Fetch(base+"index.m3u8").Body), "180p/live.m3u8")
	}
	m.Eventually("there is a rendition", listed)
	v := watch(t, m, base+"live.m3u8")
	pids := laddersOf(t, m)
	if len(pids) != 1 {
		t.Fatalf("children %v", pids)
	}
	if err := syscall.Kill(pids[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	m.Eventually("it leaves the list", func() bool { return !listed() })
	m.Visitor().Fetch(base+"180p/live.m3u8").Want(t, http.StatusNotFound)
	m.Eventually("it is back", listed)
	again := watch(t, m, base+"180p/live.m3u8")
	m.Eventually("both play", func() bool { return v.count() >= 10 && again.count() >= 5 })
	again.verdict(t)
	if breaks, holes := v.verdict(t); breaks != 0 || holes != 0 {
		t.Errorf("the picture has %d breaks, %d segments are missing", breaks, holes)
	}
	m.Doctor()
	m.Stop()
	m.Eventually("no child is left", func() bool { return len(laddersOf(t, m)) == 0 })
}

// TestDiskFullWhileRecording gives recordings a disk of one megabyte: the show
// goes on, and its host is told.
func TestDiskFullWhileRecording(t *testing.T) {
	dir := t.TempDir()
	disk := filepath.Join(dir, "recordings")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=512k"); err != nil {
		t.Skipf("no disk that can be filled: mounting one takes root (%v)", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	m := kit.Start(t, "HAWKER_DATA="+dir)
	merchant, room := onAir(t, m, nil)
	v := watch(t, m, "/live/"+room.ID+"/live.m3u8")
	reason := func() string {
		var full struct {
			Health struct {
				Reason string `json:"reason"`
			} `json:"health"`
		}
		merchant.Get("/merchant/"+merchant.Shop(t)+"/rooms/"+room.ID).Want(t, http.StatusOK).Into(t, &full)
		return full.Health.Reason
	}
	m.Eventually("the host is told", func() bool { return reason() == "disk_low" })
	before := v.count()
	m.Eventually("the show goes on", func() bool { return v.count() >= before+6 })
	if breaks, holes := v.verdict(t); breaks != 0 || holes != 0 {
		t.Errorf("the picture has %d breaks, %d segments are missing", breaks, holes)
	}
	if got := reason(); got != "disk_low" {
		t.Errorf("the host is told %q", got)
	}
	merchant.Post("/merchant/"+merchant.Shop(t)+"/rooms/"+room.ID+"/end", nil).Want(t, http.StatusOK)
	m.Eventually("what fitted is a replay", func() bool {
		return m.Visitor().Fetch("/replay/"+room.ID+"/index.m3u8").Status == http.StatusOK
	})
}

// encoder publishes like one that reconnects by itself, until the test ends.
func encoder(t *testing.T, m *kit.Mall, url string) {
	t.Helper()
	f, err := demo.Open("live.flv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tags, err := flv.ReadFile(f)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			if c, err := rtmp.Dial(ctx, url); err == nil {
				_ = c.Loop(ctx, tags) // until the server is gone
				c.Cut()
			}
			select {
			case <-time.After(retryEvery):
			case <-ctx.Done():
			}
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
}

// TestKilledOnAir kills the program in the middle of a show. The encoder comes
// back by itself, and a page that stayed open plays on without reloading.
func TestKilledOnAir(t *testing.T) {
	m := kit.Start(t)
	merchant := m.SignIn("merchant")
	room := merchant.OpenRoom(t, nil)
	encoder(t, m, room.Stream.PublishURL)
	v := watch(t, m, "/live/"+room.ID+"/live.m3u8")
	m.Eventually("it plays", func() bool { return v.count() >= 4 })
	m.Kill()
	before := v.count()
	killed := time.Now()
	m.Boot()
	up := time.Since(killed)
	m.Eventually("the open page plays on", func() bool { return v.count() > before })
	t.Logf("ready again after %.2f s, new segments after %.2f s", up.Seconds(), time.Since(killed).Seconds())
	m.Eventually("and on", func() bool { return v.count() >= before+5 })
	if breaks, _ := v.verdict(t); breaks != 1 {
		t.Errorf("%d discontinuities, want 1", breaks)
	}
	m.Eventually("the room is on air", func() bool { return merchant.Room(t, room.ID).State == "live" })
	m.Doctor()
}
