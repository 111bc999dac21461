package chat_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/chat"
	"hawker/internal/moderation"
	"hawker/internal/order"
	"hawker/internal/platform/realtime"
	"hawker/internal/room"
	"hawker/internal/stage/stagetest"
)

// A reader who was away asks on from what was read last and misses nothing, however
// much was said; a replay gets each minute's messages in the minute.
func TestHistoryHasNoHoles(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r, other, user := k.Room(), k.Room(), id.Make[id.User](k.DB)
	k.Publish(r)
	k.Publish(other)
	began := k.Clock.Now()
	const minutes, each = 6, 101
	var all []id.Message
	for i := range minutes * each {
		if i > 0 && i%each == 0 {
			k.Clock.Advance(time.Minute)
		}
		m, code := k.Speak(r, user, fmt.Sprint(i))
		if code != "" {
			t.Fatal(code)
		}
		all = append(all, m.ID)
	}
	k.Speak(other, user, "elsewhere")
	gone := all[3]
	k.Must(k.Chat.Decide(t.Context(), k.Shop, r, gone, chat.Removed))
	read, after := []id.Message{all[0]}, all[0]
	for {
		list, err := k.Chat.After(t.Context(), r, after)
		k.Must(err)
		if len(list) == 0 {
			break
		}
		read = append(read, ids(list)...)
		after = read[len(read)-1]
	}
	want := slices.DeleteFunc(slices.Clone(all), func(m id.Message) bool { return m == gone })
	if !slices.Equal(read, want) {
		t.Errorf("read %d of %d, in this order", len(read), len(want))
	}
	read = nil
	for i := range minutes {
		from := began.Add(time.Duration(i) * time.Minute)
		list, err := k.Chat.Between(t.Context(), r, from, from.Add(time.Minute))
		k.Must(err)
		for _, m := range list {
			if m.At.Before(from) || !m.At.Before(from.Add(time.Minute)) {
				t.Errorf("in minute %d, what was said at %s", i, m.At)
			}
		}
		read = append(read, ids(list)...)
	}
	if !slices.Equal(read, want) {
		t.Errorf("minutes hold %d of %d", len(read), len(want))
	}
	if list, err := k.Chat.Recent(t.Context(), r); err != nil || !slices.Equal(ids(list), want[len(want)-50:]) {
		t.Errorf("the newest are %v, %v", ids(list), err)
	}
}

// Whatever is typed becomes one line that cannot reach over the others, or is refused.
func TestWhateverIsTypedIsOneLine(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Publish(r)
	letters := rapid.SampledFrom([]rune("a好 \n\t\x00\u200b\u200d\u202e\u2066\ufeff\u00ad" +
		"👩\u3164\u2800\ufe0fé\u0301\u3000\U000e0041�"))
	stagetest.Walk(t, func(rt *rapid.T) {
		typed := string(rapid.SliceOfN(letters, 0, 260).Draw(rt, "typed"))
		m, code := k.Speak(r, id.Make[id.User](k.DB), typed)
		if code != "" {
			if code != "live.bad_text" {
				rt.Fatal(code)
			}
			return
		}
		n := utf8.RuneCountInString(m.Text)
		if n == 0 || n > chat.TextMax || !utf8.ValidString(m.Text) || m.Text != strings.TrimSpace(m.Text) ||
			strings.Contains(m.Text, "  ") {
			rt.Fatalf("%q became %q", typed, m.Text)
		}
		for _, c := range m.Text {
			if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) && c != '\u200d' {
				rt.Fatalf("%q became %q with %U", typed, m.Text, c)
			}
		}
		if strings.Trim(m.Text, "\u200d\u3164\u2800\ufe0f\u0301 ") == "" {
			rt.Fatalf("%q became %q, which looks like nothing", typed, m.Text)
		}
		found, err := k.Chat.Find(t.Context(), r, m.ID)
		if err != nil || found.Text != m.Text {
			rt.Fatalf("%q is kept as %q, %v", m.Text, found.Text, err)
		}
	})
}

// What is refused to another shop's staff changes nothing: nobody is silenced there,
// nothing is taken away here.
func TestAnotherShopModeratesNothing(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r, user, theirs := k.Room(), id.Make[id.User](k.DB), id.Make[id.Shop](k.DB)
	k.Publish(r)
	m, _ := k.Speak(r, user, "hello")
	ban := moderation.Silence{By: k.Host, Banned: true}
	for what, err := range map[string]error{
		"silence": k.Chat.Silence(t.Context(), theirs, r, m.ID, ban),
		"decide":  k.Chat.Decide(t.Context(), theirs, r, m.ID, chat.Removed),
		"pin":     k.Chat.PinMessage(t.Context(), theirs, r, m.ID),
		"unpin":   k.Chat.PinMessage(t.Context(), theirs, r, id.Message{}),
	} {
		if fault.Code(err) != "live.not_found" {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, shop := range []id.Shop{k.Shop, theirs} {
		if x, silenced, err := k.Words.Silenced(t.Context(), shop, user); silenced || err != nil {
			t.Errorf("after what was refused, %+v is kept, %v", x, err)
		}
	}
	if list, err := k.Chat.Recent(t.Context(), r); err != nil || len(list) != 1 || len(k.Sockets.Users) != 0 {
		t.Errorf("after what was refused: %v, %v", list, err)
	}
	elsewhere := k.Room()
	for what, err := range map[string]error{
		"silence": k.Chat.Silence(t.Context(), k.Shop, elsewhere, m.ID, ban),
		"decide":  k.Chat.Decide(t.Context(), k.Shop, elsewhere, m.ID, chat.Removed),
		"pin":     k.Chat.PinMessage(t.Context(), k.Shop, elsewhere, m.ID),
	} {
		if fault.Code(err) != "live.no_such_message" {
			t.Errorf("%s of another room's: %v", what, err)
		}
	}
}

// What cannot be said takes no turn of the slow mode.
func TestATypingErrorTakesNoTurn(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r, user, slow := k.Room(), id.Make[id.User](k.DB), time.Minute
	k.Publish(r)
	k.Must(k.Rooms.Update(t.Context(), k.Shop, r, room.Change{Slow: &slow}))
	for _, c := range [][2]string{
		{" ", "live.bad_text"},
		{strings.Repeat("x", 201), "live.bad_text"},
		{"hello", ""},
		{"again", "live.slow_mode"},
		{" ", "live.bad_text"},
	} {
		if _, code := k.Speak(r, user, c[0]); code != c[1] {
			t.Errorf("%.9q: %q, want %q", c[0], code, c[1])
		}
	}
}

// Moderators who decide at once: viewers hear of a message's end once, and of its
// showing once.
func TestModeratorsAtOnce(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	_, err := k.Words.AddWord(t.Context(), moderation.Word{Shop: k.Shop, Text: "odd", Action: moderation.Hold})
	k.Must(err)
	r := k.Room()
	k.Publish(r)
	held, _ := k.Speak(r, id.Make[id.User](k.DB), "odd")
	for _, to := range []chat.State{chat.Shown, chat.Removed} {
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() { k.Must(k.Chat.Decide(t.Context(), k.Shop, r, held.ID, to)) })
		}
		all.Wait()
	}
	channel := realtime.RoomChannel(r)
	if shown, gone := k.News.Of(channel, "message"), k.News.Of(channel, "removed"); len(shown) != 1 || len(gone) != 1 {
		t.Errorf("viewers heard %v and %v", shown, gone)
	}
}

// What is said in a rehearsal is gone with it, also what is said in the moment in
// which it is left.
func TestARehearsalLeavesNoWords(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	for range 6 {
		r := k.Room()
		k.Must(k.Mode(r, room.Rehearsal))
		k.Publish(r)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { k.Speak(r, k.Host, "only for us") })
		}
		all.Go(func() { k.Must(k.Mode(r, room.Open)) })
		all.Wait()
		x := k.Standing(r).Now
		list, err := k.Chat.After(t.Context(), r, id.Message{})
		k.Must(err)
		for _, m := range list {
			if m.Show != x.ID && !m.Show.IsZero() {
				t.Errorf("left of the rehearsal: %+v; the show is %s", m, x.ID)
			}
		}
	}
}

// Purchases are told with a masked name, in every language, however many there are,
// and those that two programs see at once are told once.
func TestPurchasesAreToldOnce(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	tea := k.Product(k.Shop, "茶")
	r := k.Room(tea)
	k.Publish(r)
	buy := func(n int) {
		for range n {
			user := id.Make[id.User](k.DB)
			k.People[user] = account.User{ID: user, DisplayName: "欧阳锋"}
			k.Record(k.Paid(r, user, tea.ID))
		}
	}
	x := k.Standing(r).Now
	for _, c := range []struct {
		orders, lines int
		text          string
	}{{1, 1, "茶 × 1"}, {3, 3, "茶 × 1"}, {4, 1, "等 4 人下单：茶 × 1"}, {0, 0, ""}} {
		before := len(k.News.Of(realtime.RoomChannel(r), "message"))
		buy(c.orders)
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { k.Must(k.Chat.TellBought(t.Context(), x)) })
		}
		all.Wait()
		told := k.News.Of(realtime.RoomChannel(r), "message")[before:]
		if len(told) != c.lines {
			t.Errorf("%d orders are %d lines, want %d", c.orders, len(told), c.lines)
		}
		for _, n := range told {
			m := n["message"].(map[string]any)
			if m["text"] != c.text || m["user_name"] != "欧**" || strings.Contains(fmt.Sprint(n), "欧阳锋") {
				t.Errorf("told: %v", m)
			}
		}
	}
	for what, f := range map[string]order.Paid{
		"of no room": {Payload: order.Payload{
			Order: id.Make[id.Order](k.DB), Shop: k.Shop, Lines: k.Paid(r, k.Host, tea.ID).Lines,
		}},
		"of nothing": k.Paid(r, k.Host),
	} {
		k.Record(f)
		k.Must(k.Chat.TellBought(context.Background(), x))
		if n := len(k.News.Of(realtime.RoomChannel(r), "message")); n != 5 {
			t.Errorf("an order %s is told: %d lines", what, n)
		}
	}
}
