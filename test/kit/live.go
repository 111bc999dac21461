package kit

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Room is what tests look at of a room.
type Room struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	Show   string `json:"show_id"`
	Stream struct {
		PublishURL string `json:"publish_url"`
	} `json:"stream"`
	Health struct {
		State string `json:"state"`
	} `json:"health"`
}

// OpenRoom makes a room of the person's shop; more is what the body says beside
// the title.
func (p *Person) OpenRoom(t testing.TB, more map[string]any) (r Room) {
	t.Helper()
	body := map[string]any{"title": "A show", "product_ids": []string{}}
	for k, v := range more {
		body[k] = v
	}
	p.Post("/merchant/"+p.Shop(t)+"/rooms", body).Want(t, http.StatusCreated).Into(t, &r)
	return r
}

// Room reads a room as the shop sees it.
func (p *Person) Room(t testing.TB, room string) (r Room) {
	t.Helper()
	p.Get("/merchant/"+p.Shop(t)+"/rooms/"+room).Want(t, http.StatusOK).Into(t, &r)
	return r
}

// Stream publishes a test picture to an address with the real ffmpeg until stop
// is called or the test ends.
func (m *Mall) Stream(t testing.TB, url string, args ...string) (stop func()) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("no ffmpeg on this machine: nothing can be published")
	}
	ctx, cancel := context.WithCancel(context.Background())
	all := append([]string{
		"-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=360x640:r=30", "-f",
		"lavfi", "-i", "sine=f=440:r=44100",
	}, args...)
	all = append(all, "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30", "-b:v", "400k",
		"-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "flv", url)
	cmd := exec.CommandContext(ctx, "ffmpeg", all...)
	log, err := os.Create(filepath.Join(m.Dir, "ffmpeg.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }() // it is killed: its verdict says nothing
	stop = func() { cancel(); <-ended }
	t.Cleanup(func() { stop(); log.Close() })
	return stop
}

// Begin is Fetch without what follows the headers, for what does not end.
func (p *Person) Begin(path string) Answer {
	res, err := p.send("GET", path, "", nil)
	if err != nil {
		return Answer{Err: err}
	}
	return Answer{Status: res.StatusCode, Header: res.Header, Err: res.Body.Close()}
}

// Fetch gets a path outside the API as this person.
func (p *Person) Fetch(path string) Answer { return p.call("GET", path, "", nil) }
