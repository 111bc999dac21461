package moderation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/moderation"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/sqldb/sqltest"
)

type body = map[string]any

type people map[id.User]string

func (p people) DisplayNames(context.Context, []id.User) (map[id.User]string, error) { return p, nil }

func TestWordListsBehindTheDoor(t *testing.T) {
	t.Parallel()
	db, clock := sqltest.NewManual(t)
	s := moderation.New(db)
	d := httpapitest.Open(t, clock, moderation.API{Service: s, People: people{}}.Module())
	shop, rival := id.Make[id.Shop](db), id.Make[id.Shop](db)
	mod, other, operator := id.Make[id.User](db), id.Make[id.User](db), id.Make[id.User](db)
	d.Hire(mod, shop, permission.LiveModerate)
	d.Hire(other, rival, permission.LiveModerate)
	d.Appoint(operator)
	d.Name("shop", shop)
	d.Strangers()
	made := d.Call(mod, 201, "POST /merchant/{shop}/words", body{"word": " 假货 ", "action": "hold"})
	d.Name("made", name(made.Text("id")))
	if again := d.Call(mod, 201, "POST /merchant/{shop}/words", body{"word": "假货", "action": "refuse"}); again.Show(
		"id",
		"word", "action") != made.Text("id")+" 假货 refuse" {
		t.Errorf("the same word again: %v", again)
	}
	d.Call(operator, 201, "POST /admin/words", body{"word": "赌博", "action": "mask"})
	for _, c := range []struct {
		what   string
		who    id.User
		status int
		code   string
		target string
		body   any
	}{
		{
			"no word", mod, 422, "moderation.bad_word", "POST /merchant/{shop}/words",
			body{"word": "…", "action": "hold"},
		},
		{"let pass", mod, 422, "request.invalid", "POST /merchant/{shop}/words", body{"word": "x", "action": "pass"}},
		{
			"too long", mod, 422, "moderation.bad_word", "POST /merchant/{shop}/words",
			body{"word": strings.Repeat("长", 31), "action": "hold"},
		},
		{"the mall's list", mod, 403, "auth.operator_only", "POST /admin/words", body{"word": "x", "action": "hold"}},
		{"another shop's", other, 403, "shop.not_staff", "GET /merchant/{shop}/words", nil},
		{"by the operator", operator, 403, "shop.not_staff", "GET /merchant/{shop}/words", nil},
	} {
		if got := d.Call(c.who, c.status, c.target, c.body).Text("code"); got != c.code {
			t.Errorf("%s: refused as %s, want %s", c.what, got, c.code)
		}
	}
	d.Call(other, 204, "DELETE /merchant/"+rival.String()+"/words/{made}", nil) // not theirs: nothing happens
	d.Call(operator, 204, "DELETE /admin/words/{made}", nil)
	if list := d.Call(mod, 200, "GET /merchant/{shop}/words", nil); list.Show("items.0.word", "items.1") != "假货 <nil>" {
		t.Errorf("the shop's list: %v", list)
	}
	d.Call(mod, 204, "DELETE /merchant/{shop}/words/{made}", nil)
	if list := d.Call(mod, 200, "GET /merchant/{shop}/words", nil); len(list.List("items")) != 0 {
		t.Errorf("a removed word stays: %v", list)
	}
	if list := d.Call(operator, 200, "GET /admin/words", nil); list.Show("items.0.word",
		"items.0.action") != "赌博 mask" {
		t.Errorf("the mall's list: %v", list)
	}
}

type name string

func (n name) String() string { return string(n) }

func TestRestrictionsBehindTheDoor(t *testing.T) {
	t.Parallel()
	db, clock := sqltest.NewManual(t)
	s := moderation.New(db)
	shop, mod, ann, bob := id.Make[id.Shop](db), id.Make[id.User](db), id.Make[id.User](db), id.Make[id.User](db)
	d := httpapitest.Open(t, clock, moderation.API{
		Service: s, People: people{mod: "场控", ann: "小安"},
	}.Module())
	d.Hire(mod, shop, permission.LiveModerate)
	d.Name("shop", shop)
	d.Name("ann", ann)
	d.Name("bob", bob)
	d.Call(mod, 204, "PUT /merchant/{shop}/silenced/{ann}", body{"kind": "mute", "minutes": 10, "reason": "刷屏"})
	clock.Advance(time.Minute)
	d.Call(mod, 204, "PUT /merchant/{shop}/silenced/{bob}", body{"kind": "ban"})
	list := func() httpapitest.Object { return d.Call(mod, 200, "GET /merchant/{shop}/silenced", nil) }
	got := list()
	if text := got.Show("items.0.kind", "items.0.until", "items.1.kind", "items.1.name", "items.1.by_name",
		"items.1.reason", "items.1.until"); text !=
		"ban <nil> mute 小安 场控 刷屏 "+clock.Now().Add(9*time.Minute).Format(time.RFC3339) {
		t.Errorf("held back: %s", text)
	}
	clock.Advance(9 * time.Minute) // her time is over
	if got := list(); len(got.List("items")) != 1 || got.Text("items.0.user_id") != bob.String() {
		t.Errorf("after ten minutes: %v", got)
	}
	d.Call(mod, 204, "PUT /merchant/{shop}/silenced/{bob}", body{"kind": "mute", "minutes": 1})
	if got := list(); got.Show("items.0.kind", "items.1") != "mute <nil>" {
		t.Errorf("a milder word about the same person: %v", got)
	}
	d.Refuse(mod, 422, "moderation.reason_too_long", "PUT /merchant/{shop}/silenced/{ann}",
		body{"kind": "mute", "reason": strings.Repeat("话", 101)})
	d.Refuse(mod, 422, "request.invalid", "PUT /merchant/{shop}/silenced/{ann}", body{"kind": "exile"})
	for range 2 {
		d.Call(mod, 204, "DELETE /merchant/{shop}/silenced/{bob}", nil)
	}
	if got := list(); len(got.List("items")) != 0 {
		t.Errorf("let in again: %v", got)
	}
	if x, ok, err := s.Silenced(t.Context(), shop, id.User{}); ok || err != nil {
		t.Errorf("a visitor is %+v, %v", x, err)
	}
}

// A word of the mall that is only starred out hides nothing from the shop's stricter
// list.
func TestAMaskHidesNoStricterWord(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	s := moderation.New(db)
	shop := id.Make[id.Shop](db)
	for _, w := range []moderation.Word{
		{Text: "foo", Action: moderation.Mask},
		{Shop: shop, Text: "food poison", Action: moderation.Refuse},
		{Shop: shop, Text: "oof", Action: moderation.Mask},
	} {
		if _, err := s.AddWord(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string]struct {
		shown  string
		action moderation.Action
	}{
		"food poison": {"***d poison", moderation.Refuse},
		"foof":        {"****", moderation.Mask},
		"f o o":       {"*****", moderation.Mask},
	} {
		if shown, action, err := s.Judge(t.Context(), shop, text); err != nil || shown != want.shown ||
			action != want.action {
			t.Errorf("%q is shown as %q, %v, %v; want %+v", text, shown, action, err, want)
		}
	}
}

// Whatever the lists, a text is judged as by somebody who looks for each word in it.
func TestWordsAreFoundAsByHand(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t, sqltest.Once)
	s := moderation.New(db)
	rapid.Check(t, func(rt *rapid.T) {
		shop, want := id.Make[id.Shop](db), moderation.Pass
		words := rapid.MapOfN(rapid.StringMatching(`[ab茶]{1,4}`), rapid.SampledFrom([]moderation.Action{
			moderation.Mask, moderation.Hold, moderation.Refuse,
		}), 1, 5).Draw(rt, "words")
		text := rapid.StringMatching(`[ab茶 ]{0,14}`).Draw(rt, "text")
		letters := []rune(text)
		for word, action := range words {
			if _, err := s.AddWord(t.Context(), moderation.Word{Shop: shop, Text: word, Action: action}); err != nil {
				rt.Fatal(err)
			}
			for _, place := range places(text, word) {
				want = max(want, action)
				for i := place[0]; i <= place[1] && action == moderation.Mask; i++ {
					letters[i] = '*'
				}
			}
		}
		shown, got, err := s.Judge(t.Context(), shop, text)
		if err != nil || got != want || shown != string(letters) {
			rt.Fatalf("%q by %v is shown as %q, %v, %v; by hand %q, %v", text, words, shown, got, err, string(letters),
				want)
		}
	})
}

// places finds a word in a text, however many blanks are between its letters.
func places(text, word string) (out [][2]int) {
	letters, wanted := []rune(text), []rune(word)
	for i := range letters {
		at, j := 0, i
		for ; j < len(letters) && at < len(wanted); j++ {
			if letters[j] == ' ' {
				continue
			}
			if letters[j] != wanted[at] {
				break
			}
			at++
		}
		if letters[i] != ' ' && at == len(wanted) {
			out = append(out, [2]int{i, j - 1})
		}
	}
	return out
}
