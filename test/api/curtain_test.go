package api_test

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"hawker/test/kit"
)

// addresses are what a playlist names, below its folder.
func addresses(folder string, a kit.Answer) (out []string) {
	for lines := bufio.NewScanner(bytes.NewReader(a.Body)); lines.Scan(); {
		line := lines.Text()
		if _, uri, ok := strings.Cut(line, `URI="`); ok {
			uri, _, _ = strings.Cut(uri, `"`)
			out = append(out, folder+uri)
		}
		if line != "" && line[0] != '#' {
			out = append(out, folder+line)
		}
	}
	return out
}

// TestWhatWasFilmedBehindTheCurtain collects every address that staff see of a
// warm-up and of a rehearsal, and asks for them all as a guest when the show is on
// and when it is over.
func TestWhatWasFilmedBehindTheCurtain(t *testing.T) {
	m := kit.Start(t)
	merchant, guest := m.SignIn("merchant"), m.Visitor()
	room := merchant.OpenRoom(t, map[string]any{"mode": "warmup"})
	base := "/merchant/" + merchant.Shop(t) + "/rooms/" + room.ID
	live, replay := "/live/"+room.ID+"/", "/replay/"+room.ID+"/"
	stop := m.Stream(t, room.Stream.PublishURL)

	var hidden []string
	look := func(mode string) {
		t.Helper()
		var named []string
		m.Eventually("staff see the "+mode, func() bool {
			named = addresses(live, merchant.Fetch(live+"live.m3u8"))
			return len(named) > 8
		})
		for _, path := range append(named, live+"live.m3u8") {
			a := merchant.Fetch(path)
			if cache := a.Header.Get("Cache-Control"); a.Status == http.StatusOK && !strings.Contains(cache,
				"no-store") {
				t.Errorf("of a %s, %s may be kept by caches: %q", mode, path, cache)
			}
			guest.Fetch(path).Want(t, http.StatusNotFound)
		}
		guest.Fetch(replay+"index.m3u8").Want(t, http.StatusNotFound)
		hidden = append(hidden, named...)
	}
	mode := func(to string) {
		t.Helper()
		merchant.Post(base+"/mode", map[string]string{"mode": to}).Want(t, http.StatusOK)
	}
	look("warm-up")
	mode("rehearsal")
	look("rehearsal")
	mode("open")

	var public []string
	m.Eventually("everybody sees the show", func() bool {
		public = addresses(live, guest.Fetch(live+"live.m3u8"))
		return len(public) > 8
	})
	gone := func(when string) {
		t.Helper()
		for _, path := range hidden {
			if a := guest.Fetch(path); a.Status == http.StatusOK {
				t.Errorf("%s, a guest gets %s of behind the curtain", when, path)
			}
		}
	}
	gone("on air")
	first := merchant.Room(t, room.ID).Show
	m.Eventually("there is a replay", func() bool { return guest.Fetch(replay+"index.m3u8").Status == http.StatusOK })
	merchant.Post(base+"/end", nil).Want(t, http.StatusOK)
	stop()
	gone("after the end")
	// The last segment is written while this looks: between two looks a replay may have grown.
	var named kit.Answer
	m.Eventually("the replay of the newest show is that of this show", func() bool {
		seen := guest.Fetch(replay+"index.m3u8").Want(t, http.StatusOK)
		named = guest.Fetch(replay+first+"/index.m3u8").Want(t, http.StatusOK)
		return bytes.Equal(seen.Body, named.Body)
	})
	files := addresses(replay+first+"/", named)
	if len(files) == 0 {
		t.Fatalf("the replay names nothing: %s", named.Body)
	}
	for _, path := range files {
		guest.Fetch(path).Want(t, http.StatusOK)
	}
	guest.Fetch(replay+"shw_0000000000001/index.m3u8").WantProblem(t, http.StatusNotFound, "live.no_such_show")

	var shows kit.List[struct {
		ID     string `json:"id"`
		State  string `json:"state"`
		Replay string `json:"replay_url"`
	}]
	merchant.Get(base+"/shows").Want(t, http.StatusOK).Into(t, &shows)
	if len(shows.Items) != 1 || shows.Items[0].ID != first || shows.Items[0].State != "ended" ||
		shows.Items[0].Replay != replay+first+"/index.m3u8" {
		t.Errorf("the room's shows: %+v", shows.Items)
	}
	var report struct {
		Show  string `json:"show_id"`
		State string `json:"state"`
	}
	for _, of := range []string{"", "?show=" + first} {
		merchant.Get(base+"/report"+of).Want(t, http.StatusOK).Into(t, &report)
		if report.Show != first || report.State != "ended" {
			t.Errorf("the report%s is of %+v", of, report)
		}
	}
	merchant.Get(base+"/report?show=shw_0000000000001").WantProblem(t, http.StatusNotFound, "live.no_such_show")
	m.Doctor()
}
