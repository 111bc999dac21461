package cluster_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"hawker/test/kit"
)

var (
	hints   = regexp.MustCompile(`PRELOAD-HINT:TYPE=PART,URI="([^"]+)"`)
	fetched = regexp.MustCompile(`hawker_edge_fetched_total (\d+)`)
)

// follower is a player at the live edge: it asks for the next list, and for the part that the list
// hints at, before they are there.
type follower struct {
	m     *kit.Mall
	room  string
	asked map[string]bool
}

func (f *follower) get(t *testing.T, path string) string {
	t.Helper()
	f.asked[path] = true
	got := f.m.Visitor().Fetch("/live/" + f.room + "/" + path)
	if got.Status != http.StatusOK || len(got.Body) == 0 {
		t.Errorf("%s: %d", path, got.Status)
	}
	return string(got.Body)
}

// follow plays for so many parts.
func (f *follower) follow(t *testing.T, first string, parts int) {
	list := first
	for range parts {
		segments := strings.Count(list, "#EXTINF")
		start, err := strconv.Atoi(sequences.FindStringSubmatch(list)[1])
		if err != nil {
			t.Error(err)
			return
		}
		tail := list[strings.LastIndex(list, "#EXTINF")+1:]
		hint := hints.FindStringSubmatch(list)
		if hint == nil {
			t.Errorf("no hint in\n%s", list)
			return
		}
		f.get(t, hint[1])
		list = f.get(t, fmt.Sprintf("live.m3u8?_HLS_msn=%d&_HLS_part=%d", start+segments,
			strings.Count(tail, "#EXT-X-PART:")))
	}
}

// TestManyBehindAnEdge: a hundred players follow a show through an edge, and its origin is asked as
// if there were one. What only staff may see an edge has not.
func TestManyBehindAnEdge(t *testing.T) {
	m := kit.Start(t)
	edge := m.Edge(t)
	host := m.SignIn("merchant")
	room := host.OpenRoom(t, nil)
	m.Stream(t, room.Stream.PublishURL)
	var list string
	m.Eventually("there is a picture", func() bool {
		list = string(edge.Visitor().Fetch("/live/" + room.ID + "/live.m3u8").Body)
		return strings.Count(list, "#EXTINF") > 1 && hints.MatchString(list)
	})
	count := func() int {
		n, err := strconv.Atoi(fetched.FindStringSubmatch(string(edge.Visitor().Fetch("/metrics").Body))[1])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	const viewers, parts = 100, 6
	all := map[string]bool{}
	var mu sync.Mutex
	var group sync.WaitGroup
	for range viewers {
		f := &follower{m: edge, room: room.ID, asked: map[string]bool{}}
		group.Go(func() {
			f.follow(t, list, parts)
			mu.Lock()
			defer mu.Unlock()
			for path := range f.asked {
				all[path] = true
			}
		})
	}
	group.Wait()
	if asked := count() - before; asked > len(all) || asked == 0 {
		t.Errorf("%d players asked for %d pieces, the edge asked its origin %d times", viewers, len(all), asked)
	}

	secret := host.OpenRoom(t, map[string]any{"mode": "rehearsal"})
	m.Stream(t, secret.Stream.PublishURL)
	m.Eventually("the rehearsal has a picture", func() bool {
		return host.Fetch("/live/"+secret.ID+"/live.m3u8").Status == http.StatusOK
	})
	edge.As(host).Fetch("/live/"+secret.ID+"/live.m3u8").Want(t, http.StatusNotFound)
	for _, path := range []string{"/", "/api/v1/products", "/readyz", "/live/" + room.ID + "/live.flv"} {
		edge.Visitor().Fetch(path).Want(t, http.StatusNotFound)
	}
}
