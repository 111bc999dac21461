package api_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hawker/test/kit"
)

// port is a loopback port that nobody listens on.
func port(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// edge runs Debian's nginx-rtmp with the configuration that we ship.
func edge(t *testing.T, rtmp, web, mall string) {
	t.Helper()
	program := ""
	for _, p := range []string{"nginx", "/usr/sbin/nginx"} {
		if found, err := exec.LookPath(p); err == nil {
			program = found
		}
	}
	const modules = "/usr/lib/nginx/modules"
	if _, err := os.Stat(modules + "/ngx_rtmp_module.so"); program == "" || err != nil {
		t.Skip("no nginx with libnginx-mod-rtmp on this machine")
	}
	shipped, err := os.ReadFile("../../deploy/nginx-rtmp.conf")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, d := range []string{"logs", "hls"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	conf := strings.NewReplacer("modules/ngx", modules+"/ngx", "127.0.0.1:1936", rtmp, "127.0.0.1:8081", web,
		"127.0.0.1:8080", mall,
		"/run/nginx.pid", dir+"/nginx.pid", "/var/log/nginx/", dir+"/logs/",
		"change-me", "s3cret", "/var/lib/nginx", dir, "worker_processes 1;", "worker_processes 1;\ndaemon off;",
		"user www-data;", "user root;").Replace(string(shipped))
	if os.Getuid() != 0 {
		conf = strings.Replace(conf, "user root;", "", 1)
	}
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "-p", dir, "-c", path)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // the master takes its workers along
	log := &strings.Builder{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was told to go
		if t.Failed() {
			raw, _ := os.ReadFile(filepath.Join(dir, "logs", "error.log"))
			t.Logf("nginx: %s\n%s", log, raw)
		}
	})
}

// TestNginxRTMPInFront publishes to nginx-rtmp with a room's key: the room goes
// live, its player gets nginx's playlist, and it waits when the publisher leaves.
func TestNginxRTMPInFront(t *testing.T) {
	rtmp, web := port(t), port(t)
	m := kit.Start(t, "HAWKER_LIVE_HOOK_SECRET=s3cret", "HAWKER_LIVE_NGINX_HLS=http://"+web+"/hls/{name}.m3u8")
	edge(t, rtmp, web, strings.TrimPrefix(m.URL, "http://"))
	merchant := m.SignIn("merchant")
	room := merchant.OpenRoom(t, nil)
	key := room.Stream.PublishURL[strings.LastIndexByte(room.Stream.PublishURL, '/')+1:]
	m.Eventually("nginx listens", func() bool {
		c, err := net.Dial("tcp", rtmp)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	other := merchant.OpenRoom(t, nil)
	for what, name := range map[string]string{
		"a wrong key": room.ID + "?key=wrong", "no key": room.ID,
		"the key as name": key, "another room's name": other.ID + "?key=" + key,
	} {
		if out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i",
			"testsrc2=s=64x64:r=10:d=1", "-f", "flv", "rtmp://"+rtmp+"/live/"+name).CombinedOutput(); err == nil {
			t.Errorf("%s may publish: %s", what, out)
		}
	}
	address := "rtmp://" + rtmp + "/live/" + room.ID + "?key=" + key
	stop := m.Stream(t, address)
	m.Eventually("the room is live", func() bool { return merchant.Room(t, room.ID).State == "live" })
	var seen struct {
		PlaybackURL string `json:"playback_url"`
	}
	m.Visitor().Get("/live/rooms/"+room.ID).Want(t, http.StatusOK).Into(t, &seen)
	if seen.PlaybackURL != "http://"+web+"/hls/"+room.ID+".m3u8" || strings.Contains(seen.PlaybackURL, key) {
		t.Errorf("the player is sent to %s", seen.PlaybackURL)
	}
	m.Eventually("nginx's picture plays", func() bool {
		out, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0",
			seen.PlaybackURL).Output()
		return err == nil && strings.Contains(string(out), "h264") && strings.Contains(string(out), "aac")
	})
	page, err := http.Get(m.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	page.Body.Close()
	if csp := page.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "http://"+web) {
		t.Errorf("pages may not fetch the picture: %s", csp)
	}
	stop()
	m.Eventually("the room waits for its publisher", func() bool { return merchant.Room(t, room.ID).State == "paused" })
	m.Stream(t, address)
	m.Eventually("the room goes on", func() bool { return merchant.Room(t, room.ID).State == "live" })
	merchant.Post("/merchant/"+merchant.Shop(t)+"/rooms/"+room.ID+"/end", nil).Want(t, http.StatusOK)
	m.Eventually("the host's end ends it", func() bool { return merchant.Room(t, room.ID).State == "ended" })
}

// TestNginxRTMPIsPulled: a room behind nginx-rtmp has our playlist with stream time, a recording and a draft
// clip of what was explained, waits for its publisher, and ends at once.
func TestNginxRTMPIsPulled(t *testing.T) {
	rtmp, web := port(t), port(t)
	m := kit.Start(t, "HAWKER_LIVE_HOOK_SECRET=s3cret", "HAWKER_LIVE_NGINX_PULL=rtmp://"+rtmp+"/live/{name}",
		"HAWKER_LIVE_NGINX_CONTROL=http://"+web+"/control")
	edge(t, rtmp, web, strings.TrimPrefix(m.URL, "http://"))
	host := m.SignIn("merchant")
	p := host.Find(t, "马克杯")
	room := host.OpenRoom(t, map[string]any{"product_ids": []string{p.ID}})
	base := "/merchant/" + host.Shop(t) + "/rooms/" + room.ID
	key := room.Stream.PublishURL[strings.LastIndexByte(room.Stream.PublishURL, '/')+1:]
	m.Eventually("nginx listens", func() bool {
		c, err := net.Dial("tcp", rtmp)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	address := "rtmp://" + rtmp + "/live/" + room.ID + "?key=" + key
	stop := m.Stream(t, address)
	receives := func() bool {
		raw := host.Get(base+"/health").Want(t, http.StatusOK)
		return strings.Contains(string(raw.Body), `"protocol":"nginx-rtmp"`)
	}
	live := func() bool { return host.Room(t, room.ID).State == "live" && receives() }
	m.Eventually("the room is live by what is pulled", live)
	var seen struct {
		PlaybackURL string `json:"playback_url"`
	}
	m.Visitor().Get("/live/rooms/"+room.ID).Want(t, http.StatusOK).Into(t, &seen)
	if seen.PlaybackURL != "/live/"+room.ID+"/index.m3u8" {
		t.Errorf("the player is sent to %s", seen.PlaybackURL)
	}
	playlist := func() string { return string(m.Visitor().Fetch("/live/" + room.ID + "/live.m3u8").Body) }
	m.Eventually("the playlist has stream time", func() bool {
		return strings.Contains(playlist(), "#EXT-X-PROGRAM-DATE-TIME:")
	})
	host.Post(base+"/pin", map[string]string{"product_id": p.ID}).Want(t, http.StatusOK)
	m.Eventually("the pin is on the stream's clock", func() bool { return strings.Contains(playlist(), p.ID) })
	pinned := time.Now()
	m.Eventually("six seconds were explained", func() bool { return time.Since(pinned) > 6*time.Second })
	host.Post(base+"/unpin", nil).Want(t, http.StatusNoContent)

	stop()
	m.Eventually("the room waits for its publisher", func() bool { return host.Room(t, room.ID).State == "paused" })
	m.Stream(t, address)
	m.Eventually("the room goes on", live)
	host.Post(base+"/end", nil).Want(t, http.StatusOK)
	if state := host.Room(t, room.ID).State; state != "ended" {
		t.Errorf("after its end the room is %s", state)
	}
	m.Eventually("nginx has nobody to send on", func() bool {
		res, err := http.Get("http://" + web + "/control/drop/publisher?name=" + room.ID)
		if err != nil {
			return false
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		return err == nil && strings.TrimSpace(string(raw)) == "0"
	})
	m.Eventually("the show has a replay", func() bool {
		raw := m.Visitor().Get("/live/rooms/"+room.ID).Want(t, http.StatusOK)
		return strings.Contains(string(raw.Body), `"replay_url":"/replay/`)
	})
	var clips kit.List[struct {
		State string `json:"state"`
	}]
	m.Eventually("what was explained is a draft", func() bool {
		host.Get(base+"/clips").Want(t, http.StatusOK).Into(t, &clips)
		return len(clips.Items) > 0 && clips.Items[0].State == "ready"
	})
}
