package video_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/sqldb"
	"hawker/internal/video"
)

// whole is a film of the author's for the shop whose files are there, as after its
// transcoding.
func (m *mall) whole(author id.User, product id.Product) video.Video {
	m.t.Helper()
	pin := id.Make[id.Pin](m.db)
	v, err := m.videos.PostClip(m.t.Context(), video.Clip{
		Room: m.room, Pin: pin, Shop: m.shop, Host: author, Product: product, Caption: "茶", Upload: pin.String(),
	})
	m.must(err)
	m.must(m.db.Update(m.t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE video SET state = ?, progress = 100 WHERE id = ?", video.Ready, v.ID)
		return err
	}))
	v, err = m.videos.Find(m.t.Context(), v.ID)
	m.must(err)
	return v
}

// What a caption may say: lines that can be read and turn nothing around them.
func TestCaptions(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	v := m.whole(m.author, id.Product{})
	for caption, want := range map[string]string{
		"":                               "",
		"  茶 \t":                         "茶",
		"一\r\n\r\n二":                     "一\n\n二",
		"👩\u200d💻 codes":                 "👩\u200d💻 codes",
		strings.Repeat("长", 200):         strings.Repeat("长", 200),
		strings.Repeat("长", 201):         "refused",
		"\u202egpj.exe":                  "refused",
		"fine\n\u202eturned":             "refused",
		"a\x00b":                         "refused",
		"bell\a":                         "refused",
		"\u3164\u3164":                   "refused",
		"one\rline":                      "refused",
		"a\u2028b":                       "refused",
		"\xff":                           "refused",
		"fine " + strings.Repeat(" ", 9): "fine",
	} {
		got, err := m.videos.Update(t.Context(), m.author, v.ID, video.Change{Caption: &caption})
		if want == "refused" {
			if fault.Code(err) != "video.bad_caption" {
				t.Errorf("%q is shown as %q, %v", caption, got.Caption, err)
			}
			continue
		}
		if err != nil || got.Caption != want {
			t.Errorf("%q is shown as %q, %v; want %q", caption, got.Caption, err, want)
		}
	}
}

// A clip is the shop's, whatever goods it shows: without any, and not with another
// shop's.
func TestAClipStaysItsShops(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	product := m.product()
	v := m.whole(m.author, product)
	none := id.Product{}
	got, err := m.videos.Update(t.Context(), m.owner, v.ID, video.Change{Product: &none})
	if err != nil || got.Shop != m.shop || !got.Product.IsZero() {
		t.Fatalf("without goods it is %+v, %v", got, err)
	}
	clips, err := m.videos.ClipsOf(t.Context(), m.shop, m.room)
	if err != nil || len(clips) != 1 || clips[0].ID != v.ID {
		t.Errorf("the show's clips are %+v, %v", clips, err)
	}
	if got, err = m.videos.Update(t.Context(), m.owner, v.ID, video.Change{Product: &product}); err != nil ||
		got.Product != product || got.Shop != m.shop {
		t.Errorf("with goods again it is %+v, %v", got, err)
	}
	unknown := id.Make[id.Product](m.db)
	if _, err := m.videos.Update(t.Context(), m.owner, v.ID, video.Change{
		Product: &unknown,
	}); fault.Code(err) != "video.no_such_product" {
		t.Errorf("goods of nobody's: %v", err)
	}
	if _, err := m.videos.Update(t.Context(), m.other, v.ID, video.Change{
		Product: &none,
	}); fault.Code(err) != "video.not_found" {
		t.Errorf("changed by a stranger: %v", err)
	}
}

// The shop's word is the last: what it has hidden its author does not show again, in
// whichever order they hid it.
func TestTheShopHidesWhatItsAuthorHasHidden(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	v := m.whole(m.author, m.product())
	show := func(who id.User, code string) {
		t.Helper()
		if _, err := m.videos.Publish(t.Context(), who, v.ID); fault.Code(err) != code || (code == "" && err != nil) {
			t.Errorf("shown: %v, want %q", err, code)
		}
	}
	hide := func(who id.User) {
		t.Helper()
		if got, err := m.videos.Unpublish(t.Context(), who, v.ID); err != nil || got.State != video.Ready {
			t.Errorf("hidden as %+v, %v", got, err)
		}
	}
	show(m.author, "")
	hide(m.author)
	show(m.author, "") // their own decision
	hide(m.author)
	hide(m.owner)
	show(m.author, "video.taken_down")
	hide(m.author) // does not make it theirs
	show(m.author, "video.taken_down")
	show(m.owner, "")
	hide(m.author)
	show(m.author, "")
}

// seen is what a walk knows of a film by itself.
type seen struct {
	id     id.Video
	public bool
	taken  bool // down, by the shop
	liked  map[id.User]bool
}

// TestFilmsUnderAnything: films are shown, hidden and liked by anybody at random; the
// feed holds what is public, the newest first, and likes are people.
func TestFilmsUnderAnything(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	product := m.product()
	rapid.Check(t, func(rt *rapid.T) {
		films := []*seen{}
		for range 3 {
			films = append(films, &seen{id: m.whole(m.author, product).ID, liked: map[id.User]bool{}})
		}
		for range rapid.IntRange(1, 10).Draw(rt, "steps") {
			f := films[rapid.IntRange(0, 2).Draw(rt, "film")]
			who := []id.User{m.author, m.owner, m.other}[rapid.IntRange(0, 2).Draw(rt, "who")]
			m.stepFilm(rt, rapid.SampledFrom([]string{"show", "show", "hide", "like", "unlike"}).Draw(rt, "what"), f,
				who)
		}
		public := map[id.Video]bool{}
		for cursor, more := "", true; more; more = cursor != "" {
			p, err := m.videos.Feed(t.Context(), page.Request{Limit: 50, Cursor: cursor})
			if err != nil {
				rt.Fatal(err)
			}
			for _, v := range p.Items {
				public[v.ID] = true
			}
			cursor = p.NextCursor
		}
		for _, f := range films {
			v, err := m.videos.Find(t.Context(), f.id)
			if err != nil || public[f.id] != f.public || (v.State == video.Published) != f.public ||
				v.Likes != int64(len(f.liked)) {
				rt.Fatalf("%+v, %v in the feed: %v; want %+v", v, err, public[f.id], f)
			}
		}
	})
}

func (m *mall) stepFilm(rt *rapid.T, what string, f *seen, who id.User) {
	stranger, code := who == m.other, ""
	var err error
	switch what {
	case "show":
		if _, err = m.videos.Publish(m.t.Context(), who, f.id); stranger {
			code = "video.not_found"
		} else if f.taken && who == m.author {
			code = "video.taken_down"
		} else {
			f.public, f.taken = true, false
		}
	case "hide":
		if _, err = m.videos.Unpublish(m.t.Context(), who, f.id); stranger {
			code = "video.not_found"
			break
		}
		f.taken = who == m.owner || (f.taken && !f.public)
		f.public = false
	case "like", "unlike":
		var n int64
		if n, err = m.videos.Like(m.t.Context(), who, f.id, what == "like"); !f.public {
			code = "video.not_found"
			break
		}
		if f.liked[who] = true; what == "unlike" {
			delete(f.liked, who)
		}
		if n != int64(len(f.liked)) {
			err = fmt.Errorf("%d likes, want %d", n, len(f.liked))
		}
	}
	if fault.Code(err) != code || (code == "" && err != nil) {
		rt.Fatalf("%s: %v, want %q", what, err, code)
	}
}
