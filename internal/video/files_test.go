package video_test

import (
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb/sqltest"
)

// addresses are those of a film's playlist, its parts, the whole and its cover, as they are told to who may see it.
func (m *mall) addresses(who id.User, film id.Video) (list []string) {
	m.t.Helper()
	v := m.get(who, film)
	list = []string{v.PlaybackURL, v.MP4URL, v.CoverURL}
	for _, name := range []string{
		"240.m3u8", "240_init.mp4", "240_0000.m4s", "audio.m3u8", "audio_0000.m4s", "90.m3u8",
		"90_0000.m4s",
	} {
		list = append(list, strings.TrimSuffix(v.PlaybackURL, "index.m3u8")+name)
	}
	return list
}

// spelled are other ways to write an address.
func spelled(address string) []string {
	name := strings.TrimPrefix(address, "/media/")
	return []string{
		address, "/media/%76ideos" + strings.TrimPrefix(name, "videos"), "/media//" + name, "/media/./" + name,
		"/media/x/../" + name, "/media/%2e/" + name, "/media/pictures/../" + name, "/media/pictures/%2e%2e/" + name,
		"/media/" + strings.ReplaceAll(name, "/", "%2F"), address + "/", address + "%00",
		"/media/Videos" + strings.TrimPrefix(name, "videos"),
		"/media/private/" + name, "/media/private//" + name, "/media/private/x/" + name,
	}
}

// The files of a film that is not public are nobody's by their public address, however it is written, and
// everybody's while it is public; who may see it is told signed ones, which play, are kept by nobody, and end.
func TestFilesOfAHiddenFilmArePrivate(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	v := m.post(m.author, film(t, 3, "90x160"), m.product())
	under := m.get(m.author, v.ID)
	if under.PlaybackURL+under.MP4URL+under.CoverURL != "" {
		t.Errorf("before it is whole it is at %+v", under)
	}
	m.must(m.queue.Drain(t.Context()))
	public := m.addresses(id.User{}, v.ID)
	there := 0
	m.asked(public, func(address string, a answer) {
		if a.status == 200 {
			there++
		}
		cache := a.header.Get("Cache-Control")
		if a.status == 200 && cache != "public, max-age=600" && cache != "public, max-age=2" {
			t.Errorf("%s of a public film says %q", address, cache)
		}
	})
	if there < 5 {
		t.Fatalf("only %d files of a public film are there: %v", there, public)
	}
	for _, hide := range []id.User{m.author, m.owner} {
		if _, err := m.videos.Unpublish(t.Context(), hide, v.ID); err != nil {
			t.Fatal(err)
		}
		for _, address := range public {
			m.asked(spelled(address), func(address string, a answer) {
				if a.status == 200 || a.status != 404 && a.status/100 != 3 && a.status != 400 {
					t.Errorf("%s of a hidden film answers %d", address, a.status)
				}
				if c := a.header.Get("Cache-Control"); a.status == 404 && strings.HasPrefix(address, "/media/videos") &&
					c != "private, no-store" {
					t.Errorf("%s of a hidden film says %q", address, c)
				}
			})
		}
		for _, who := range []id.User{m.author, m.owner} {
			m.private(who, v.ID, there)
		}
		if a := m.call(m.other, "GET", "/videos/"+v.ID.String(), ""); a.status != 404 ||
			strings.Contains(string(a.body), "private") {
			t.Errorf("a stranger is told %d %s", a.status, a.body)
		}
		if _, err := m.videos.Publish(t.Context(), m.owner, v.ID); err != nil {
			t.Fatal(err)
		}
		if a := m.send(id.User{}, "GET", public[0], nil); a.status != 200 {
			t.Errorf("shown again it answers %d", a.status)
		}
	}
}

// asked asks for addresses as a visitor does.
func (m *mall) asked(list []string, judge func(address string, a answer)) {
	m.t.Helper()
	for _, address := range list {
		judge(address, m.send(id.User{}, http.MethodGet, address, nil))
	}
}

// private looks at the signed addresses that somebody is told.
func (m *mall) private(who id.User, film id.Video, want int) {
	m.t.Helper()
	list, there := m.addresses(who, film), 0
	m.asked(list, func(address string, a answer) {
		if !strings.HasPrefix(address, "/media/private/") {
			m.t.Errorf("told %s", address)
		}
		if a.status == 200 {
			there++
		}
		if a.header.Get("Cache-Control") != "private, no-store" ||
			a.header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
			m.t.Errorf("%s says %v", address, a.header)
		}
	})
	if there != want || m.addresses(who, film)[0] != list[0] {
		m.t.Errorf("%d files are there of %d; or told another address within the hour", there, want)
	}
	out, err := exec.CommandContext(m.t.Context(), "ffmpeg", "-nostdin", "-v", "error", "-i", m.server.URL+list[0],
		"-f", "null", "-").CombinedOutput()
	if err != nil || len(out) > 0 {
		m.t.Errorf("it does not play: %v: %s", err, out)
	}
	other := m.whole(m.author, id.Product{})
	token := strings.Split(list[0], "/")[3]
	last := token[:len(token)-1] + map[bool]string{true: "1", false: "0"}[strings.HasSuffix(token, "0")]
	later := "z" + token[1:]
	for _, wrong := range []string{
		strings.Replace(list[0], film.String(), other.ID.String(), 1), strings.Replace(list[0], token, last, 1),
		strings.Replace(list[0], token, later, 1), strings.Replace(list[0], token, "", 1),
		strings.Replace(list[0], token, strings.Split(token, "-")[0]+"-", 1), strings.Replace(list[0], token,
			url.PathEscape("../x"), 1),
	} {
		if a := m.send(id.User{}, http.MethodGet, wrong, nil); a.status == 200 {
			m.t.Errorf("%s answers %d", wrong, a.status)
		}
	}
}

// A signed address is the same for an hour and lives for one more at the least, for two at the most.
func TestSignedAddressesEnd(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	m := newMallOn(t, db)
	v := m.whole(m.author, m.product())
	_, err := m.videos.Blobs.Put(t.Context(), "videos/"+v.ID.String()+"/cover.jpg", strings.NewReader("a cover"))
	m.must(err)
	c.Advance(c.Now().Truncate(time.Hour).Add(time.Hour).Sub(c.Now())) // the beginning of an hour
	first := m.get(m.author, v.ID).CoverURL
	for minutes, want := range []int{200, 200, 200, 200, 404} {
		if a := m.send(id.User{}, http.MethodGet, first, nil); a.status != want {
			t.Errorf("after %d minutes it answers %d", 30*minutes, a.status)
		}
		now := m.get(m.author, v.ID).CoverURL
		if same := now == first; same != (minutes < 2) {
			t.Errorf("after %d minutes it is told again: %v", 30*minutes, same)
		}
		if a := m.send(id.User{}, http.MethodGet, now, nil); a.status != 200 {
			t.Errorf("after %d minutes the newest answers %d", 30*minutes, a.status)
		}
		c.Advance(30 * time.Minute)
	}
}
