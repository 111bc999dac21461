package cluster_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hawker/internal/platform/blob/s3/s3test"
	"hawker/internal/platform/redis/redistest"
	"hawker/test/kit"
)

// apart starts a mall of two nodes and a worker, which have the servers and the master key in
// common and nothing else. Only the worker makes films.
func apart(t *testing.T, env ...string) (a, b *kit.Mall) {
	t.Helper()
	if os.Getenv("HAWKER_TEST_MYSQL") == "" {
		t.Skip("several nodes need a MySQL server in HAWKER_TEST_MYSQL; make test starts one")
	}
	o := s3test.Settings(t)
	redis := redistest.Start(t)
	a = kit.Start(t, append(env, "HAWKER_REDIS_URL="+redis.URL(), "HAWKER_TRUSTED_PROXIES=127.0.0.0/8",
		"HAWKER_OBJECTS_URL="+o.URL, "HAWKER_OBJECTS_KEY_ID="+o.KeyID, "HAWKER_OBJECTS_SECRET="+o.Secret)...)
	b = a.Apart(t)
	b.Boot()
	worker := a.Apart(t)
	worker.Set("HAWKER_VIDEO_WORKERS=1")
	worker.Work(t)
	return a, b
}

type film struct {
	ID    string `json:"id"`
	State string `json:"state"`
	MP4   string `json:"mp4_url"`
}

// TestNothingInCommonButServers: films that are sent to either node are made by the worker and
// shown by the other node, and so is a replay when the node that recorded it is gone.
func TestNothingInCommonButServers(t *testing.T) {
	a, b := apart(t)
	host := a.SignIn("merchant")
	raw := kit.Film(t)
	room := host.OpenRoom(t, nil)
	stop := a.Stream(t, room.Stream.PublishURL)
	for _, way := range []struct{ from, to *kit.Mall }{{a, b}, {b, a}} {
		var f film
		here, there := way.from.As(host), way.to.As(host)
		upload := here.Upload(t, raw)
		here.Post("/videos", map[string]string{"upload_id": upload, "caption": "sent here"}).Want(t, 201).Into(t, &f)
		way.to.Eventually("the film is shown at the other node", func() bool {
			there.Get("/videos/"+f.ID).Want(t, 200).Into(t, &f)
			return f.State == "published"
		})
		one, two := way.from.Visitor().Fetch(f.MP4).Want(t, 200), way.to.Visitor().Fetch(f.MP4).Want(t, 200)
		if len(one.Body) == 0 || !bytes.Equal(one.Body, two.Body) {
			t.Errorf("the film is %d bytes here and %d there", len(one.Body), len(two.Body))
		}
		for _, m := range []*kit.Mall{a, b} {
			if left, _ := filepath.Glob(filepath.Join(m.Dir, "uploads", "*")); len(left) > 0 {
				t.Errorf("left on the disk of a node: %v", left)
			}
		}
	}
	replay := "/replay/" + room.ID + "/"
	segments := func(m *kit.Mall) (names []string) {
		for line := range strings.SplitSeq(string(m.Visitor().Fetch(replay+"index.m3u8").Body), "\n") {
			if strings.HasSuffix(line, ".m4s") {
				names = append(names, line)
			}
		}
		return names
	}
	b.Eventually("the other node has its recording", func() bool { return len(segments(b)) > 2 })
	stop()
	a.Kill()
	for _, name := range segments(b) {
		b.Visitor().Fetch(replay+name).Want(t, http.StatusOK)
	}
	b.Doctor()
}
