package video_test

import (
	"fmt"
	"strings"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/video"
)

// Each refusal at the door of films, by who asks, and that the film is as it was.
func TestWhatIsRefusedAtTheDoorOfFilms(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	product := m.product()
	v := m.whole(m.author, product)
	rival, err := m.shops.Open(t.Context(), lang.Text{lang.Chinese: "对手"}, "", m.other)
	m.must(err)
	one, none := "/videos/"+v.ID.String(), "/videos/"+id.Make[id.Video](m.db).String()
	unknown := id.Make[id.Product](m.db).String()
	long := strings.Repeat("长", 201)
	for name, c := range map[string]struct {
		who    id.User
		status int
		code   string
		method string
		path   string
		body   string
	}{
		"a draft, by a visitor":  {id.User{}, 404, "video.not_found", "GET", one, ""},
		"a draft, by a stranger": {m.other, 404, "video.not_found", "GET", one, ""},
		"what never was":         {m.author, 404, "video.not_found", "GET", none, ""},
		"changed by a visitor":   {id.User{}, 401, "auth.sign_in_required", "PATCH", one, `{"caption":"x"}`},
		"changed by a stranger":  {m.other, 404, "video.not_found", "PATCH", one, `{"caption":"x"}`},
		"a caption of a page":    {m.owner, 422, "video.bad_caption", "PATCH", one, `{"caption":"` + long + `"}`},
		"goods of nobody's": {
			m.owner, 422, "video.no_such_product", "PATCH", one,
			`{"product_id":"` + unknown + `"}`,
		},
		"shown by a stranger":       {m.other, 404, "video.not_found", "POST", one + "/publish", ""},
		"hidden by a stranger":      {m.other, 404, "video.not_found", "POST", one + "/unpublish", ""},
		"liked before it is shown":  {m.other, 404, "video.not_found", "POST", one + "/likes", ""},
		"shared before it is shown": {m.other, 404, "video.not_found", "POST", one + "/share", ""},
		"made of no upload": {
			m.author, 404, "upload.not_found", "POST", "/videos",
			`{"upload_id":"x","caption":"x"}`,
		},
		"the shop's, by a stranger": {m.other, 403, "shop.not_staff", "GET", "/merchant/" + m.shop.String() +
			"/videos", ""},
		"the clips, by a stranger": {m.other, 403, "shop.not_staff", "GET", "/merchant/" + m.shop.String() +
			"/rooms/" + m.room.String() + "/clips", ""},
		"a cursor of nobody's":         {m.author, 422, "request.bad_cursor", "GET", "/me/videos?cursor=x", ""},
		"a feed of another scene":      {m.author, 422, "request.invalid", "GET", "/feed?scene=other", ""},
		"a feed with a broken cursor":  {id.User{}, 422, "request.bad_cursor", "GET", "/feed?cursor=e30x", ""},
		"more than a page of the feed": {id.User{}, 422, "request.invalid", "GET", "/feed?limit=51", ""},
	} {
		if a := m.call(c.who, c.method, c.path, c.body); a.status != c.status || a.code() != c.code {
			t.Errorf("%s: %d %s, want %d %s", name, a.status, a.code(), c.status, c.code)
		}
	}
	got, err := m.videos.Find(t.Context(), v.ID)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(v) {
		t.Errorf("it is %+v, %v; was %+v", got, err, v)
	}
	if a := m.call(m.other, "GET", "/merchant/"+rival.ID.String()+"/rooms/"+m.room.String()+"/clips",
		""); a.status != 200 ||
		strings.Contains(string(a.body), v.ID.String()) {
		t.Errorf("another shop sees the clips of a show: %d %s", a.status, a.body)
	}
	for range 2 {
		if a := m.call(m.owner, "POST", one+"/publish", ""); decode(t, a, 200).State != video.Published {
			t.Errorf("shown: %s", a.body)
		}
	}
	if a := m.call(id.User{}, "GET", one, ""); decode(t, a, 200).Product == nil {
		t.Errorf("a visitor sees %s", a.body)
	}
}

// Films that one after the other are sent have addresses that say nothing of each other.
func TestAFilmsAddressIsNotGuessed(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	const low = 1<<32 - 1
	seen, zero := map[int64]bool{}, 0
	for i := range 8 {
		v := m.post(m.author, []byte{byte(i)}, id.Product{})
		n := v.ID.Int() & low
		seen[n] = true
		if n&0xfff == 0 { // the sequence of ids that are made in order
			zero++
		}
	}
	if len(seen) != 8 || zero > 1 {
		t.Errorf("%d different, %d at the beginning of a millisecond: %v", len(seen), zero, seen)
	}
}
