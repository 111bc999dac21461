package api_test

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"hawker/test/kit"
)

// promised are the first two columns of the table of docs/guides/cdn.md: kinds of paths and their Cache-Control.
func promised(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("../../docs/guides/cdn.md")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]string{}
	rows := regexp.MustCompile("(?m)^\\| `([^|]+) \\| `([^`|]+)` \\|")
	for _, row := range rows.FindAllStringSubmatch(string(raw), -1) {
		table[strings.ReplaceAll(row[1], "`", "")] = row[2]
	}
	return table
}

// sample is somebody who asks for a path.
type sample struct {
	who  *kit.Person
	path string
}

// TestTheTableForCDNs holds the table to what the running program says, row by row.
func TestTheTableForCDNs(t *testing.T) {
	m := kit.Start(t, "HAWKER_VIDEO_WORKERS=1")
	merchant, guest := m.SignIn("merchant"), m.Visitor()
	samples := map[string]sample{"/media/pictures/…": {guest, cover(t, m)}}
	films(t, m, samples)
	picturesOfShows(t, m, samples) // the last: segments go
	script := func(page string) string {
		return regexp.MustCompile(`[a-z/]*/assets/[^"]+\.js`).FindString(string(guest.Fetch(page).Body))
	}
	for kind, s := range map[string]sample{
		"/assets/…, /console/assets/…":        {guest, script("/")},
		"/assets/…, /console/assets/… ":       {guest, script("/console/")},
		"/favicon.svg and other files":        {guest, "/favicon.svg"},
		"/, /console/ and all other pages":    {guest, "/"},
		"/, /console/ and all other pages ":   {guest, "/console/"},
		"/, /console/ and all other pages  ":  {guest, "/no/such/page"},
		"/api/v1/openapi.json":                {guest, "/api/v1/openapi.json"},
		"/api/v1/… for everybody":             {guest, "/api/v1/live/rooms"},
		"/api/v1/… of somebody":               {merchant, "/api/v1/me"},
		"/api/v1/… of somebody ":              {guest, "/api/v1/me"},
		"/healthz, /readyz":                   {guest, "/healthz"},
		"/healthz, /readyz ":                  {guest, "/readyz"},
		"/metrics":                            {guest, "/metrics"},
		"/whip, /whep/…, /hooks/…, a refusal": {guest, "/whip"},
	} {
		samples[kind] = s
	}
	table, met := promised(t), map[string]bool{}
	for kind, s := range samples {
		kind = strings.TrimSpace(kind)
		want, ok := table[kind]
		if !ok {
			t.Errorf("the table does not tell of %q", kind)
		}
		if a := s.who.Begin(s.path); a.Header.Get("Cache-Control") != want {
			t.Errorf("%s: %s says %q (%d), the table %q", kind, s.path, a.Header.Get("Cache-Control"), a.Status, want)
		}
		met[kind] = true
	}
	for kind := range table {
		if !met[kind] {
			t.Errorf("nobody asks for %q", kind)
		}
	}
}

func cover(t *testing.T, m *kit.Mall) string {
	t.Helper()
	var rooms kit.List[struct {
		Cover string `json:"cover_url"`
	}]
	m.Visitor().Get("/live/rooms").Want(t, http.StatusOK).Into(t, &rooms)
	return rooms.Items[0].Cover
}

// picturesOfShows adds what is below /live and /replay, of a show and of a warm-up.
func picturesOfShows(t *testing.T, m *kit.Mall, samples map[string]sample) {
	t.Helper()
	merchant, guest := m.SignIn("merchant"), m.Visitor()
	open, closed := merchant.OpenRoom(t, nil), merchant.OpenRoom(t, map[string]any{"mode": "warmup"})
	m.Stream(t, open.Stream.PublishURL)
	m.Stream(t, closed.Stream.PublishURL)
	live, replay, hidden := "/live/"+open.ID+"/", "/replay/"+open.ID+"/", "/live/"+closed.ID+"/live.m3u8"
	plays := func(who *kit.Person, path string) func() bool {
		return func() bool { return standing.Match(who.Fetch(path).Body) }
	}
	m.Eventually("the show plays", plays(guest, live+"live.m3u8"))
	m.Eventually("the warm-up plays", plays(merchant, hidden))
	m.Eventually("the replay begins", func() bool { return guest.Fetch(replay+"index.m3u8").Status == http.StatusOK })
	list := guest.Fetch(live + "live.m3u8")
	files := map[byte]string{}
	for _, at := range addresses("", list) {
		if _, name, ok := strings.Cut(at, "/"); ok {
			files[name[0]] = live + at
		}
	}
	recorded := addresses(replay, guest.Fetch(replay+"index.m3u8"))
	for kind, s := range map[string]sample{
		"/live/{room}/index.m3u8, live.m3u8":              {guest, live + "index.m3u8"},
		"/live/{room}/index.m3u8, live.m3u8 ":             {guest, live + "live.m3u8"},
		"/live/{room}/live.m3u8?_HLS_msn=…":               {guest, live + "live.m3u8?_HLS_msn=" + nextSegment(t, string(list.Body))},
		"/live/{room}/{n}/p….m4s, s….m4s, i….mp4":         {guest, files['s']},
		"/live/{room}/{n}/p….m4s, s….m4s, i….mp4 ":        {guest, files['i']},
		"/live/{room}/{n}/p….m4s, s….m4s, i….mp4  ":       {guest, files['p']},
		"/live/{room}/live.flv":                           {guest, live + "live.flv"},
		"/live/…, a refusal":                              {guest, live + "1/p999999.m4s"},
		"/live/…, /replay/… of a room that is not public": {merchant, hidden},
		"/replay/{room}/index.m3u8":                       {guest, replay + "index.m3u8"},
		"/replay/{room}/…, files":                         {guest, recorded[len(recorded)-1]},
	} {
		samples[kind] = s
	}
}

// films adds what is below /media of films, of one that is public and one that is not.
func films(t *testing.T, m *kit.Mall, samples map[string]sample) {
	t.Helper()
	merchant, guest := m.SignIn("merchant"), m.Visitor()
	var feed kit.List[film]
	m.Eventually("two films are public", func() bool {
		m.Visitor().Get("/feed").Want(t, http.StatusOK).Into(t, &feed)
		return len(feed.Items) > 1
	})
	shown, hidden := feed.Items[0], feed.Items[1]
	merchant.Post("/videos/"+hidden.ID+"/unpublish", nil).Want(t, http.StatusOK)
	var private film
	merchant.Get("/videos/"+hidden.ID).Want(t, http.StatusOK).Into(t, &private)
	samples["/media/videos/…, playlists"] = sample{guest, shown.Playback}
	samples["/media/videos/…, files"] = sample{guest, shown.MP4}
	samples["/media/private/…"] = sample{merchant, private.MP4}
}
