package moderation_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/moderation"
	"hawker/internal/platform/sqldb/sqltest"
)

// A word is found in every form in which a keyboard may send it, and what stands for it
// on the screen is what is starred out.
func TestAWordHasManyForms(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	s := moderation.New(db)
	shop := id.Make[id.Shop](db)
	for _, w := range []string{"caf\u00e9", "ガス", "file", "加13800", "straße", "한국"} {
		if _, err := s.AddWord(t.Context(), moderation.Word{Shop: shop, Text: w, Action: moderation.Mask}); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string]string{
		"un caf\u00e9!":        "un ****!",
		"un cafe\u0301!":       "un *****!", // the accent is a sign of its own
		"CAFE\u0301":           "*****",
		"cafe":                 "cafe", // another word
		"ｶﾞｽ":                  "***",  // half width, its mark a sign of its own
		"カス":                   "カス",
		"a \ufb01le":           "a ***", // one sign for two letters
		"加①③⑧⓪⓪":               "******",
		"加 1-3-8-0-0":          "***********",
		"加微信":                  "加微信",
		norm.NFD.String("한국인"): strings.Repeat("*", 6) + norm.NFD.String("인"),
		"STRASSE":              "STRASSE", // a dictionary's equal, no keyboard's
		"\xffca\xfffe\u0301":   "\ufffd******",
		"\xffcafe\u0301\xff":   "\ufffd*****\ufffd",
	} {
		shown, action, err := s.Judge(t.Context(), shop, text)
		if err != nil || shown != want || (action == moderation.Mask) != (want != text && utf8.ValidString(text) ||
			strings.Contains(want, "*")) {
			t.Errorf("%q is shown as %q, %v, %v; want %q", text, shown, action, err, want)
		}
	}
}

// FuzzJudge holds whatever is said in a chat: what is shown has as many signs as what
// was said, differs from it in stars alone, and is judged no stricter than it was.
func FuzzJudge(f *testing.F) {
	for _, seed := range []string{
		"", "赌博", "d a m n", "\xff\xfe", "e\u0301\u0301\u0301", strings.Repeat("\u0301", 100), "ﷺ",
		"\u1100\u1161\u11a8",
		"𝒹𝒶𝓂𝓃", "dａmn\x00", strings.Repeat("da", 500) + "mn", "\u202edamn",
	} {
		f.Add(seed, "mn")
	}
	db := sqltest.NewSQLite(f)
	f.Fuzz(func(t *testing.T, text, word string) {
		s, shop := moderation.New(db), id.Make[id.Shop](db)
		for w, a := range map[string]moderation.Action{"damn": moderation.Mask, "赌博": moderation.Refuse, word: 1} {
			if _, err := s.AddWord(t.Context(), moderation.Word{Shop: shop, Text: w, Action: a}); err != nil &&
				fault.Code(err) != "moderation.bad_word" {
				t.Fatalf("%q: %v", w, err)
			}
		}
		shown, action, err := s.Judge(t.Context(), shop, text)
		if err != nil {
			t.Fatal(err)
		}
		said, seen := []rune(text), []rune(shown)
		if len(said) != len(seen) {
			t.Fatalf("%q is shown as %q", text, shown)
		}
		for i := range said {
			if said[i] != seen[i] && seen[i] != '*' {
				t.Fatalf("%q is shown as %q", text, shown)
			}
		}
		if _, again, err := s.Judge(t.Context(), shop, shown); err != nil || again > action {
			t.Errorf("%q is judged %v, what is shown of it, %q, %v: %v", text, action, shown, again, err)
		}
	})
}

// Who has added a word sees it at work at once, however busy the rooms are: a list that
// was read before is not kept after.
func TestANewWordWorksAtOnce(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	s := moderation.New(db)
	shop := id.Make[id.Shop](db)
	for i := range 300 { // a list that takes a moment to read
		if _, err := s.AddWord(t.Context(), moderation.Word{
			Shop: shop, Text: fmt.Sprint("a rather long word ", i), Action: moderation.Mask,
		}); err != nil {
			t.Fatal(err)
		}
	}
	stop := make(chan struct{})
	var rooms sync.WaitGroup
	for range 3 {
		rooms.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, _, err := s.Judge(t.Context(), shop, "anything"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 40 {
		word := fmt.Sprint("word", i)
		w, err := s.AddWord(t.Context(), moderation.Word{Shop: shop, Text: word, Action: moderation.Refuse})
		if err != nil {
			t.Fatal(err)
		}
		if _, action, err := s.Judge(t.Context(), shop, word); err != nil || action != moderation.Refuse {
			t.Errorf("%s was just added, and is judged %v, %v", word, action, err)
		}
		if err := s.RemoveWord(t.Context(), shop, w.ID); err != nil {
			t.Fatal(err)
		}
		if _, action, err := s.Judge(t.Context(), shop, word); err != nil || action != moderation.Pass {
			t.Errorf("%s was just removed, and is judged %v, %v", word, action, err)
		}
	}
	close(stop)
	rooms.Wait()
}

// TestSilencesUnderAnything: who is muted, banned, let go or forgotten by time, in two
// shops at random, beside a naive list.
func TestSilencesUnderAnything(t *testing.T) {
	t.Parallel()
	db, clock := sqltest.NewManual(t, sqltest.Once)
	s := moderation.New(db)
	rapid.Check(t, func(rt *rapid.T) {
		shops := []id.Shop{id.Make[id.Shop](db), id.Make[id.Shop](db)}
		people := []id.User{id.Make[id.User](db), id.Make[id.User](db), id.Make[id.User](db)}
		want := map[id.Shop]map[id.User]moderation.Silence{shops[0]: {}, shops[1]: {}}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			shop, user := rapid.SampledFrom(shops).Draw(rt, "shop"), rapid.SampledFrom(people).Draw(rt, "who")
			switch rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0, 1:
				x := moderation.Silence{Shop: shop, User: user, Banned: rapid.Bool().Draw(rt, "ban"), Reason: "spam"}
				if n := rapid.IntRange(0, 3).Draw(rt, "minutes"); n > 0 {
					x.Until = clock.Now().Add(time.Duration(n) * time.Minute)
				}
				if err := s.Silence(t.Context(), x); err != nil {
					rt.Fatal(err)
				}
				x.At = clock.Now()
				want[shop][user] = x
			case 2:
				if err := s.Release(t.Context(), shop, user); err != nil {
					rt.Fatal(err)
				}
				delete(want[shop], user)
			case 3:
				clock.Advance(time.Duration(rapid.IntRange(1, 90).Draw(rt, "seconds")) * time.Second)
			}
			for shop, of := range want {
				held := 0
				for _, u := range people {
					x, is := of[u]
					is = is && (x.Until.IsZero() || clock.Now().Before(x.Until))
					got, ok, err := s.Silenced(t.Context(), shop, u)
					if err != nil || ok != is || (is && !got.At.Equal(x.At)) || (is && got.Banned != x.Banned) {
						rt.Fatalf("%s is %+v, %v, %v; want %+v, %v", u, got, ok, err, x, is)
					}
					if is {
						held++
					}
				}
				if list, err := s.SilencedIn(t.Context(), shop); err != nil || len(list) != held {
					rt.Fatalf("%d are listed, %v; want %d", len(list), err, held)
				}
			}
		}
	})
}
