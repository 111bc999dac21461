package cdn_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/platform/cdn"
)

const base = "https://cdn.example"

func TestAddressesInAnswers(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"cover_url":"/media/pictures/med_1.jpg"}`: `{"cover_url":"https://cdn.example/media/pictures/med_1.jpg"}`,
		`{"url":"/media/pictures/a.jpg","n":1}`:     `{"url":"https://cdn.example/media/pictures/a.jpg","n":1}`,
		`{"pictures":["/media/pictures/a.jpg","/media/pictures/b.jpg"]}`: `{"pictures":["https://cdn.example` +
			`/media/pictures/a.jpg","https://cdn.example/media/pictures/b.jpg"]}`,
		`{"mp4_url":"/media/videos/a/film.mp4"}`:         `{"mp4_url":"/media/videos/a/film.mp4"}`,
		`{"cover_url":"/media/private/t/videos/a.jpg"}`:  `{"cover_url":"/media/private/t/videos/a.jpg"}`,
		`{"text":"/media/pictures/a.jpg"}`:               `{"text":"/media/pictures/a.jpg"}`,
		`{"text":"url\":\"/media/pictures/a.jpg\""}`:     `{"text":"url\":\"/media/pictures/a.jpg\""}`,
		`{"url":"/media/pictures/a.jpg and more"}`:       `{"url":"/media/pictures/a.jpg and more"}`,
		`{"url":"/media/pictures/"}`:                     `{"url":"/media/pictures/"}`,
		`{"cover_url":"https://x/media/pictures/a.jpg"}`: `{"cover_url":"https://x/media/pictures/a.jpg"}`,
	} {
		if got := string(cdn.Pictures(base).In([]byte(in))); got != want {
			t.Errorf("%s\nbecomes %s\nwant    %s", in, got, want)
		}
		if got := string(cdn.Pictures("").In([]byte(in))); got != in {
			t.Errorf("without a CDN %s becomes %s", in, got)
		}
	}
	if got := cdn.Pictures(base).At("/media/pictures/a.jpg"); got != base+"/media/pictures/a.jpg" {
		t.Error(got)
	}
}

// What people write comes out as they wrote it, whatever it is.
func TestTextsStay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{
			`"`, `\`, `url":"`, `["`, `,"`, "/media/pictures/", "a.jpg", "x", "\n",
		})).Draw(rt, "parts")
		said := map[string]string{"text": strings.Join(parts, ""), "cover_url": "/media/pictures/a.jpg"}
		raw, err := json.Marshal(said)
		if err != nil {
			rt.Fatal(err)
		}
		var got map[string]string
		if err := json.Unmarshal(cdn.Pictures(base).In(raw), &got); err != nil {
			rt.Fatal(err)
		}
		if got["text"] != said["text"] || got["cover_url"] != base+said["cover_url"] {
			rt.Errorf("%q becomes %q", said, got)
		}
	})
}
