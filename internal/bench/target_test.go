package bench

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Ours stands first without a name, the peer beside it with its own, and between them
// the ratio: below one where ours needs less.
func TestOursBesideAPeer(t *testing.T) {
	t.Parallel()
	var table bytes.Buffer
	b := &Bench{out: &table}
	all := []target{{}, {label: "peer: "}}
	what := []quantity{{"CPU", "s", "≤ 1"}, {"memory", "MiB", ""}}
	err := b.versus(all, what, func(t target) ([]float64, error) {
		if t.label == "" {
			return []float64{1, 30}, nil
		}
		return []float64{4, 10}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Figure{
		{Area: "live", Name: "CPU", Value: 1, Unit: "s", Goal: "≤ 1"},
		{Area: "live", Name: "memory", Value: 30, Unit: "MiB", Goal: ""},
		{Area: "live", Name: "peer: CPU", Value: 4, Unit: "s", Goal: ""},
		{Area: "live", Name: "  ours to peer: CPU", Value: 0.25, Unit: "", Goal: ""},
		{Area: "live", Name: "peer: memory", Value: 10, Unit: "MiB", Goal: ""},
		{Area: "live", Name: "  ours to peer: memory", Value: 3, Unit: "", Goal: ""},
	}
	if len(b.figures) != len(want) || strings.Count(table.String(), "\n") != len(want) {
		t.Fatalf("%+v\n%s", b.figures, &table)
	}
	for i, f := range b.figures {
		if f != want[i] {
			t.Errorf("%+v, want %+v", f, want[i])
		}
	}
	err = b.versus(all, what, func(t target) ([]float64, error) {
		if t.label == "" {
			return []float64{1, 1}, nil
		}
		return nil, errAnswer
	})
	if !errors.Is(err, errAnswer) || !strings.Contains(err.Error(), "peer: CPU") {
		t.Errorf("a peer that fails: %v", err)
	}
	if err := b.versus(all, what[:1], func(target) ([]float64, error) { return []float64{0}, nil }); err != nil {
		t.Error(err)
	}
	if last := b.figures[len(b.figures)-1]; !math.IsNaN(last.Value) || Print(&table, b.figures) != nil {
		t.Errorf("nothing to nothing is %+v", last)
	}
}

// edge is a server of playlists that is on air after some askings.
func edge(t *testing.T, after int64, list string) (target, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n := asked.Add(1); {
		case r.URL.Path != "/live/tea/live.m3u8" && r.URL.Path != "/live/tea/seg-43.m4s":
			http.NotFound(w, r)
		case n <= after/2:
			http.NotFound(w, r) // nobody publishes yet
		case n <= after:
			_, _ = w.Write([]byte("#EXTM3U\n#EXT-X-TARGETDURATION:2\n")) // and then there is no media
		default:
			_, _ = w.Write([]byte(list))
		}
	}))
	t.Cleanup(server.Close)
	return target{
		list: server.URL + "/live/%s/live.m3u8", media: "#EXT-X-PART:",
		pids: func() ([]int, error) { return []int{os.Getpid()}, nil },
	}, &asked
}

// A stream is on air when its playlist lists something to play, and not before.
func TestWaitingForMedia(t *testing.T) {
	t.Parallel()
	where, asked := edge(t, 6, lowLatency)
	if err := waitMedia(t.Context(), where, "tea"); err != nil || asked.Load() != 7 {
		t.Errorf("asked %d times, %v", asked.Load(), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := waitMedia(ctx, where, "coffee"); err == nil {
		t.Error("a stream that is not there is on air")
	}
	gone, _ := edge(t, 0, plainList) // whole segments only: parts are what ours is played by
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if err := waitMedia(ctx, gone, "tea"); err == nil {
		t.Error("what cannot be played yet is on air")
	}
	if _, err := playlist(t.Context(), target{list: "http://127.0.0.1:1/%s"}, "tea"); err == nil {
		t.Error("nobody is there")
	}
}

// Answers are counted until the time is over; an address that is not there ends it.
func TestGettingManyTimes(t *testing.T) {
	t.Parallel()
	where, asked := edge(t, 0, lowLatency)
	var answers atomic.Int64
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	base := strings.TrimSuffix(where.list, "%s/live.m3u8")
	if err := getMany(ctx, http.DefaultClient, base+"tea/seg-43.m4s", &answers); err != nil {
		t.Error(err)
	}
	if n := answers.Load(); n == 0 || n > asked.Load() {
		t.Errorf("counted %d answers of %d", n, asked.Load())
	}
	if err := getMany(t.Context(), http.DefaultClient, base+"none", &answers); err == nil || !strings.Contains(err.Error(),
		"404") {
		t.Errorf("what is not there was measured: %v", err)
	}
	if err := getMany(t.Context(), http.DefaultClient, "http://127.0.0.1:1/", &answers); err == nil {
		t.Error("nobody was measured")
	}
}

// A publisher that is refused fails what is measured beside it.
func TestAPublisherThatIsRefused(t *testing.T) {
	t.Parallel()
	away := target{rtmp: "rtmp://127.0.0.1:1/live/"}
	if err := publish(t.Context(), away, nil, "a"); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody took it: %v", err)
	}
	failed := func(context.Context) error { return errAnswer }
	if err := onAir(t.Context(), away, nil, []string{"a", "b"}, failed); !errors.Is(err, errAnswer) {
		t.Errorf("what was measured beside it: %v", err)
	}
	if err := publish(t.Context(), target{rtmp: "http://x/"}, nil, "a"); err == nil {
		t.Error("published by HTTP")
	}
}

// An answer is success or it is said which was not; what comes with a failure is not
// read as what was asked for.
func TestAnswersThatWereNotWanted(t *testing.T) {
	t.Parallel()
	mall := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/teapot":
			w.WriteHeader(http.StatusTeapot)
			_, _ = w.Write([]byte(`{"id":"wrong"}`))
		case "/torn":
			_, _ = w.Write([]byte(`{"id":`))
		case "/away":
			http.Redirect(w, r, "/fine", http.StatusFound)
		default:
			_, _ = w.Write([]byte(`{"id":"right"}`))
		}
	}))
	defer mall.Close()
	b := &Bench{server: &server{}}
	c := b.visitor()
	c.base = mall.URL
	for path, word := range map[string]string{"/fine": "", "/teapot": "418", "/torn": "JSON", "/away": "302"} {
		var got struct{ ID string }
		err := c.want(t.Context(), "POST", path, map[string]int{"n": 1}, &got)
		if (err == nil) != (word == "") || err != nil && !strings.Contains(err.Error(), word) || got.ID == "wrong" {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
	}
	if err := c.want(t.Context(), "POST", "/fine", make(chan int), nil); err == nil {
		t.Error("what cannot be written was sent")
	}
}

// What an earlier build is compared by is the same figure of the same area in the same
// unit; what it has not, or has as nothing, is compared with nothing.
func TestWhatIsComparedWithAnEarlierBuild(t *testing.T) {
	t.Parallel()
	b := &Bench{figures: []Figure{
		{Area: "shop", Name: "a", Value: 3, Unit: "ms", Goal: "≤ 5"},
		{Area: "shop", Name: "b", Value: 3, Unit: "ms", Goal: ""},
		{Area: "shop", Name: "c", Value: 3, Unit: "ms", Goal: ""},
		{Area: "shop", Name: "new", Value: 3, Unit: "ms", Goal: ""},
		{Area: "live", Name: "a", Value: 8, Unit: "ms", Goal: ""},
	}}
	b.compare("shop", []Figure{
		{Area: "live", Name: "a", Value: 1, Unit: "ms", Goal: ""},
		{Area: "shop", Name: "a", Value: 4, Unit: "ms", Goal: ""},
		{Area: "shop", Name: "b", Value: 0, Unit: "ms", Goal: ""},
		{Area: "shop", Name: "c", Value: 4, Unit: "s", Goal: ""},
		{Area: "shop", Name: "gone", Value: 4, Unit: "ms", Goal: ""},
	})
	if got := b.figures[5:]; len(got) != 1 || got[0] != (Figure{Area: "shop", Name: "a", Value: 0.75, Unit: besideUnit, Goal: ""}) {
		t.Errorf("compared %+v", got)
	}
}

// Time on a processor and bytes to disk are those of the process that was named.
func TestWhatAProcessRanAndWrote(t *testing.T) {
	t.Parallel()
	before, err := ran(os.Getpid())
	if err != nil || before <= 0 {
		t.Fatalf("this process ran for %s, %v", before, err)
	}
	for sum := 0; ; sum++ { // until it has run for longer
		if after, err := ran(os.Getpid()); err != nil || after > before {
			if err != nil {
				t.Error(err)
			}
			break
		}
	}
	if n, err := wrote(os.Getpid()); err != nil || n < 0 {
		t.Errorf("it wrote %d bytes, %v", n, err)
	}
	if n, err := wrote(1 << 30); err == nil {
		t.Errorf("nobody wrote %d bytes", n)
	}
}
