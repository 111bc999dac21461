package chat_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/chat"
	"hawker/internal/moderation"
	"hawker/internal/platform/realtime"
	"hawker/internal/room"
	"hawker/internal/show"
	"hawker/internal/stage/stagetest"
)

func TestChatIsOneCleanLine(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Publish(r)
	for text, want := range map[string]string{
		" a\n\n\tb \x00 c ":      "a b c",
		"<b>bold</b>":            "<b>bold</b>", // escaped where it is shown
		strings.Repeat("好", 200): strings.Repeat("好", 200),
		"a\u2028b":               "a b",
		"\u202egnp.exe\u202c":    "gnp.exe", // an override would turn the lines after it around
		"👩\u200d👧":               "👩\u200d👧",
	} {
		m, err := k.Chat.Say(t.Context(), chat.Message{Room: r, Text: text, Kind: chat.FromViewer})
		if err != nil || m.Text != want {
			t.Errorf("%q became %q, %v", text, m.Text, err)
		}
	}
	for _, text := range []string{"", " \n ", "\u200b\u200b", strings.Repeat("好", 201)} {
		if _, err := k.Chat.Say(t.Context(), chat.Message{Room: r, Text: text}); fault.Code(err) != "live.bad_text" {
			t.Errorf("%q: %v", text, err)
		}
	}
	_, err := k.Chat.Say(t.Context(), chat.Message{Room: id.Make[id.Room](k.DB), Text: "x"})
	if fault.Code(err) != "live.not_found" {
		t.Errorf("in a room that is not there: %v", err)
	}
	if got := k.Want(r, show.Live).Now; got.Messages != 6 || len(k.News.Of(realtime.RoomChannel(r), "message")) != 6 {
		t.Errorf("%d messages counted", got.Messages)
	}
}

func TestWhoMaySpeakAndWhat(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	user := id.Make[id.User](k.DB)
	want := func(text, code string) chat.Message {
		t.Helper()
		m, got := k.Speak(r, user, text)
		if got != code {
			t.Errorf("%q: %q, want %q", text, got, code)
		}
		return m
	}
	want("hello", "")
	for word, a := range map[string]moderation.Action{
		"bad": moderation.Refuse, "odd": moderation.Hold, "rude": moderation.Mask,
	} {
		_, err := k.Words.AddWord(t.Context(), moderation.Word{Shop: k.Shop, Text: word, Action: a})
		k.Must(err)
	}
	want("b a d", "live.refused_text")
	if m := want("rude one", ""); m.Text != "**** one" {
		t.Errorf("said %q", m.Text)
	}
	held := want("an odd one", "")
	if held.State != chat.Held {
		t.Error("not held")
	}
	channel := realtime.RoomChannel(r)
	if n := len(k.News.Of(channel, "message")); n != 2 {
		t.Errorf("%d messages on the screens, want 2", n)
	}
	if n := len(k.News.Of(realtime.ShopChannel(k.Shop), "held")); n != 1 {
		t.Errorf("the staff heard of %d held messages", n)
	}
	for range 2 {
		k.Must(k.Chat.Decide(t.Context(), k.Shop, r, held.ID, chat.Shown))
	}
	if n := len(k.News.Of(channel, "message")); n != 3 {
		t.Errorf("%d messages on the screens, want 3", n)
	}

	slow, only, none := 10*time.Second, true, time.Duration(0)
	k.Must(k.Stage.Update(t.Context(), k.Shop, r, room.Change{Slow: &slow}))
	want("one", "")
	want("two", "live.slow_mode")
	k.Clock.Advance(10 * time.Second)
	want("three", "")
	k.Must(k.Stage.Update(t.Context(), k.Shop, r, room.Change{Slow: &none, FollowersOnly: &only}))
	want("four", "live.followers_only")
	_, err := k.Follows.Follow(t.Context(), user, k.Shop, true, r)
	k.Must(err)
	five := want("five", "")
	until := k.Clock.Now().Add(time.Minute)
	k.Must(k.Chat.Silence(t.Context(), k.Shop, r, five.ID, moderation.Silence{By: k.Host, Until: until}))
	want("six", "live.muted")
	if len(k.Sockets.Users) != 0 {
		t.Error("who is muted may not listen")
	}
	k.Must(k.Chat.Silence(t.Context(), k.Shop, r, five.ID, moderation.Silence{By: k.Host, Banned: true}))
	want("seven", "live.banned")
	if !slices.Equal(k.Sockets.Users, []id.User{user}) {
		t.Errorf("after a ban, asked again were %v", k.Sockets.Users)
	}
	told := k.News.Of(channel, "state")
	if len(told) != 2 || told[1]["followers_only"] != true || told[0]["slow_seconds"] != 10.0 {
		t.Errorf("who has the page open heard of the rules %v", told)
	}
}

func TestQuestionsArePickedOut(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	user := id.Make[id.User](k.DB)
	for text, question := range map[string]bool{
		"这个多少钱": true, "有没有红色": true, "how big is it": true, "really？": true, "好看": false, "love it": false,
		"showing off": false,
	} {
		if m, _ := k.Speak(r, user, text); m.Question != question {
			t.Errorf("%q: question is %v", text, m.Question)
		}
	}
	if list, err := k.Chat.Messages(t.Context(), r, chat.Questions); err != nil || len(list) != 4 {
		t.Errorf("%d questions, %v", len(list), err)
	}
}

func TestAMessageIsPinnedUntilItIsTakenAway(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	m, _ := k.Speak(r, id.Make[id.User](k.DB), "free shipping today")
	pin := func(r id.Room, m id.Message) string { return fault.Code(k.Chat.PinMessage(t.Context(), k.Shop, r, m)) }
	if code := pin(r, m.ID); code != "" || k.Standing(r).PinnedMessage != m.ID {
		t.Errorf("not pinned: %q", code)
	}
	k.Must(k.Chat.Decide(t.Context(), k.Shop, r, m.ID, chat.Removed))
	if !k.Standing(r).PinnedMessage.IsZero() {
		t.Error("a message that was taken away is still pinned")
	}
	if code := pin(r, m.ID); code != "live.no_such_message" {
		t.Errorf("a message that was taken away is pinned: %q", code)
	}
	if code := pin(k.Room(), m.ID); code != "live.no_such_message" {
		t.Errorf("another room's message: %q", code)
	}
}

// What was said and held up while a room waited belongs to its show, not to the next.
func TestWhatWasSaidBeforeBelongsToTheShow(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	user := id.Make[id.User](k.DB)
	early, _ := k.Speak(r, user, "when does it begin")
	k.Must(k.Chat.PinMessage(t.Context(), k.Shop, r, early.ID))
	k.Clock.Advance(time.Second)
	k.Publish(r)
	k.Speak(r, user, "here we are")
	texts := func() (out []string) {
		list, err := k.Chat.Recent(t.Context(), r)
		k.Must(err)
		for _, m := range list {
			out = append(out, m.Text)
		}
		return out
	}
	want := []string{"when does it begin", "here we are"}
	if got := texts(); !slices.Equal(got, want) {
		t.Errorf("before the fact of its start has arrived, the chat shows %q", got)
	}
	k.Drain()
	if st := k.Standing(r); st.Now.Messages != 2 || st.PinnedMessage != early.ID {
		t.Errorf("the show has %d messages; pinned is %s", st.Now.Messages, st.PinnedMessage)
	}
	k.End(r)
	if got := texts(); !slices.Equal(got, want) {
		t.Errorf("after the end, the chat shows %q", got)
	}
	k.Clock.Advance(2 * time.Minute)
	k.Publish(r)
	k.Drain()
	if st := k.Standing(r); st.Now.Messages != 0 || !st.PinnedMessage.IsZero() || len(texts()) != 0 {
		t.Errorf("the second show begins with %d messages, pinned %s, shown %q", st.Now.Messages, st.PinnedMessage,
			texts())
	}
}

type listener struct{ heard []string }

func (l *listener) Said(_ context.Context, _ id.Room, _ id.User, text string) error {
	l.heard = append(l.heard, text)
	return nil
}

func TestWhoListensHearsWhatIsShown(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	l := &listener{}
	k.Listener = l
	k.Restart()
	_, err := k.Words.AddWord(t.Context(), moderation.Word{Shop: k.Shop, Text: "odd", Action: moderation.Hold})
	k.Must(err)
	r, user := k.Room(), id.Make[id.User](k.DB)
	k.Speak(r, user, "I want it")
	k.Speak(r, user, "an odd one")
	if !slices.Equal(l.heard, []string{"I want it"}) {
		t.Errorf("heard: %q", l.heard)
	}
	k.Publish(r)
	k.End(r)
	if _, code := k.Speak(r, user, "too late"); code != "live.not_on_air" {
		t.Errorf("after the end: %q", code)
	}
}
