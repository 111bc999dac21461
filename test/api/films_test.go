package api_test

import (
	"net/http"
	"strings"
	"testing"

	"hawker/test/kit"
)

// film is as the API shows one.
type film struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	Playback string `json:"playback_url"`
	MP4      string `json:"mp4_url"`
	Cover    string `json:"cover_url"`
}

// files are all addresses of a film: those that it is shown with, and those that its playlists name.
func (f film) files(who *kit.Person) []string {
	list := []string{f.Playback, f.MP4, f.Cover}
	folder := strings.TrimSuffix(f.Playback, "index.m3u8")
	for i := 0; i < len(list) && len(list) < 60; i++ {
		if strings.HasSuffix(list[i], ".m3u8") {
			list = append(list, addresses(folder, who.Fetch(list[i]))...)
		}
	}
	return list
}

// TestFilesOfAFilmAreThereWhileItIsPublic asks for every file of a film as everybody, while it is public,
// hidden and public again: hidden, it is where its shop is told it is, and nobody else is told.
func TestFilesOfAFilmAreThereWhileItIsPublic(t *testing.T) {
	m := kit.Start(t, "HAWKER_VIDEO_WORKERS=1")
	merchant := m.SignIn("merchant")
	everybody := map[string]*kit.Person{
		"a visitor": m.Visitor(), "a shopper": m.SignIn("shopper"), "an operator": m.SignIn("operator"),
		"a stranger": m.Register("stranger"), "the shop": merchant,
	}
	var feed kit.List[film]
	m.Eventually("a film is public", func() bool {
		m.Visitor().Get("/feed").Want(t, http.StatusOK).Into(t, &feed)
		return len(feed.Items) > 0
	})
	public := feed.Items[0]
	files := public.files(m.Visitor())
	if len(files) < 8 {
		t.Fatalf("its playlists name too little: %v", files)
	}
	ask := func(when string, files []string, status int, cache string) {
		t.Helper()
		for as, who := range everybody {
			for _, f := range files {
				a := who.Fetch(f)
				if cc := a.Header.Get("Cache-Control"); a.Status != status || !strings.HasPrefix(cc, cache) {
					t.Errorf("%s: %s gets %s: %d, %q", when, as, f, a.Status, cc)
				}
			}
		}
	}
	ask("public", files, http.StatusOK, "public, max-age=")
	merchant.Post("/videos/"+public.ID+"/unpublish", nil).Want(t, http.StatusOK)
	ask("hidden", files, http.StatusNotFound, "private, no-store")

	var hidden film
	merchant.Get("/videos/"+public.ID).Want(t, http.StatusOK).Into(t, &hidden)
	private := hidden.files(merchant)
	if len(private) != len(files) || !strings.HasPrefix(private[0], "/media/private/") {
		t.Fatalf("the shop is told %v", private)
	}
	for _, f := range private {
		if a := merchant.Fetch(f); a.Status != http.StatusOK || a.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("the shop gets %s: %d, %q", f, a.Status, a.Header.Get("Cache-Control"))
		}
	}
	for as, who := range everybody {
		if who == merchant {
			continue
		}
		for _, path := range []string{"/videos/" + public.ID, "/feed", "/me/videos", "/merchant/" + merchant.Shop(t) +
			"/videos"} {
			if a := who.Get(path); strings.Contains(string(a.Body), public.ID) || strings.Contains(string(a.Body),
				"/private/") {
				t.Errorf("%s is told of it by %s: %d %.300s", as, path, a.Status, a.Body)
			}
		}
	}
	merchant.Post("/videos/"+public.ID+"/publish", nil).Want(t, http.StatusOK)
	ask("public again", files, http.StatusOK, "public, max-age=")
}
