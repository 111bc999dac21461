package moderation_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/moderation"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

func TestWordsAreFoundHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	s := moderation.New(db)
	shop, other := id.Make[id.Shop](db), id.Make[id.Shop](db)
	add := func(shop id.Shop, word string, a moderation.Action) {
		t.Helper()
		if _, err := s.AddWord(t.Context(), moderation.Word{Shop: shop, Text: word, Action: a}); err != nil {
			t.Fatal(err)
		}
	}
	add(id.Shop{}, "赌博", moderation.Refuse)
	add(shop, "假货", moderation.Hold)
	add(shop, "damn", moderation.Mask)
	add(shop, "she", moderation.Mask)
	add(shop, "hers", moderation.Hold)
	for _, c := range []struct {
		shop   id.Shop
		text   string
		want   string
		action moderation.Action
	}{
		{shop, "这个好看吗", "这个好看吗", moderation.Pass},
		{shop, "来 赌 . 博 呀", "来 赌 . 博 呀", moderation.Refuse},
		{other, "赌博", "赌博", moderation.Refuse},
		{shop, "是假-货吧", "是假-货吧", moderation.Hold},
		{other, "是假货吧", "是假货吧", moderation.Pass},
		{shop, "Ｄａｍｎ it", "**** it", moderation.Mask},
		{shop, "D.A.M.N", "*******", moderation.Mask},
		{shop, "ushers", "ushers", moderation.Hold}, // overlapping words: the stricter counts
		{shop, "", "", moderation.Pass},
	} {
		got, action, err := s.Judge(t.Context(), c.shop, c.text)
		if err != nil || got != c.want && action == moderation.Mask || action != c.action {
			t.Errorf("%q: %q, %v, %v; want %q, %v", c.text, got, action, err, c.want, c.action)
		}
	}
	words, err := s.Words(t.Context(), shop)
	if err != nil || len(words) != 4 {
		t.Fatalf("%d words, %v", len(words), err)
	}
	for _, w := range words {
		if err := s.RemoveWord(t.Context(), other, w.ID); err != nil { // not theirs: nothing happens
			t.Fatal(err)
		}
	}
	if _, a, _ := s.Judge(t.Context(), shop, "假货"); a != moderation.Hold {
		t.Error("another shop removed the word")
	}
	for _, w := range words {
		if err := s.RemoveWord(t.Context(), shop, w.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, a, _ := s.Judge(t.Context(), shop, "假货"); a != moderation.Pass {
		t.Error("a removed word is still held")
	}
}

func TestAWordIsALittleText(t *testing.T) {
	t.Parallel()
	s := moderation.New(sqltest.New(t))
	for _, word := range []string{"", "  ", "...", strings.Repeat("长", moderation.WordMax+1)} {
		if _, err := s.AddWord(t.Context(), moderation.Word{Text: word, Action: moderation.Hold}); fault.Code(
			err) != "moderation.bad_word" {
			t.Errorf("%q: %v", word, err)
		}
	}
}

func TestSilenceEndsByItself(t *testing.T) {
	t.Parallel()
	db, clock := sqltest.NewManual(t)
	s := moderation.New(db)
	shop, user, by := id.Make[id.Shop](db), id.Make[id.User](db), id.Make[id.User](db)
	silent := func(want bool) {
		t.Helper()
		_, ok, err := s.Silenced(t.Context(), shop, user)
		if err != nil || ok != want {
			t.Errorf("silenced: %v, %v; want %v", ok, err, want)
		}
	}
	silent(false)
	if err := s.Silence(t.Context(), moderation.Silence{
		Shop: shop, User: user, By: by,
		Until: clock.Now().Add(10 * time.Minute),
	}); err != nil {
		t.Fatal(err)
	}
	silent(true)
	if _, ok, _ := s.Silenced(t.Context(), id.Make[id.Shop](db), user); ok {
		t.Error("silenced in another shop too")
	}
	clock.Advance(10 * time.Minute)
	silent(false)
	if err := s.Silence(t.Context(), moderation.Silence{Shop: shop, User: user, By: by, Banned: true}); err != nil {
		t.Fatal(err)
	}
	clock.Advance(1000 * time.Hour)
	silent(true)
	if list, err := s.SilencedIn(t.Context(), shop); err != nil || len(list) != 1 || !list[0].Banned {
		t.Errorf("%+v, %v", list, err)
	}
	if err := s.Release(t.Context(), shop, user); err != nil {
		t.Fatal(err)
	}
	silent(false)
}

// A moderator who shows what was held shows it as everybody may see it.
func TestHeldTextIsMaskedToo(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	s := moderation.New(db)
	shop := id.Make[id.Shop](db)
	for _, w := range []moderation.Word{
		{Text: "mall", Action: moderation.Mask},
		{Shop: shop, Text: "foo", Action: moderation.Mask},
		{Shop: shop, Text: "food", Action: moderation.Hold},
		{Shop: shop, Text: "bar", Action: moderation.Hold},
	} {
		if _, err := s.AddWord(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string]string{
		"foo bar": "*** bar", "mall bar": "**** bar", "bar": "bar", "seafood": "sea***d", "foo, mall": "***, ****",
	} {
		if got, _, err := s.Judge(t.Context(), shop, text); err != nil || got != want {
			t.Errorf("%q is shown as %q, %v; want %q", text, got, err, want)
		}
	}
}

// Several moderators add words at once to a list that is nearly full.
func TestAListOfWordsIsNeverTooLong(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	s := moderation.New(db)
	shop := id.Make[id.Shop](db)
	add := func(text string, a moderation.Action) error {
		_, err := s.AddWord(t.Context(), moderation.Word{Shop: shop, Text: text, Action: a})
		return err
	}
	fill := func(ctx context.Context, tx *sqldb.Tx) error {
		for i := range moderation.WordsMax - 2 {
			_, err := tx.Exec(ctx, `INSERT INTO banned_word (id, shop_id, word, action, created_at)
				VALUES (?, ?, ?, ?, 0)`,
				id.Make[id.Word](tx), shop, fmt.Sprintf("word %d", i), moderation.Hold.String())
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := db.Update(t.Context(), fill); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	var full atomic.Int64
	for i := range 8 {
		group.Go(func() {
			err := add(fmt.Sprintf("more %d", i), moderation.Mask)
			if fault.Code(err) == "moderation.too_many_words" {
				full.Add(1)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	words, err := s.Words(t.Context(), shop)
	if err != nil || len(words) != moderation.WordsMax || full.Load() != 6 {
		t.Errorf("%d words, %d refused, %v", len(words), full.Load(), err)
	}
	if err := add("word 1", moderation.Refuse); err != nil {
		t.Errorf("changing what is done about a word of a full list: %v", err)
	}
}
