package live_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/live"
	"hawker/internal/media/stream"
	"hawker/internal/moderation"
	"hawker/internal/platform/events"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb"
)

func (k *studio) mode(r live.Room, m live.Mode) error {
	return k.service.SetMode(k.t.Context(), k.shop, r.ID, m)
}

func (k *studio) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *studio) listed(staff bool) (n int) {
	k.t.Helper()
	p, err := k.service.List(k.t.Context(), k.shop, "", staff, page.Request{})
	k.must(err)
	return len(p.Items)
}

func TestAWarmUpGoesOnAirWhenItIsOpened(t *testing.T) {
	k := open(t)
	r := k.room()
	k.must(k.mode(r, live.WarmUp))
	k.publish(r)
	k.wantState(r, live.Scheduled)
	if shop, private := k.service.Private(r.ID); !private || shop != k.shop {
		t.Error("the picture of a warm-up is public")
	}
	if k.listed(false) != 1 {
		t.Error("a warm-up has no waiting page")
	}
	again := k.restarted()
	k.must(again.Recover(t.Context(), func(id.Room) bool { return false }))
	if _, private := again.Private(r.ID); !private {
		t.Error("after a restart the picture of a warm-up is public")
	}
	k.clock.Advance(time.Minute)
	k.must(k.mode(r, live.Open))
	if got := k.wantState(r, live.Live); !got.StartedAt.Equal(k.clock.Now()) {
		t.Errorf("the show began at %v", got.StartedAt)
	}
	if _, private := k.service.Private(r.ID); private {
		t.Error("an open room's picture is private")
	}
	if err := k.mode(r, live.WarmUp); fault.Code(err) != "live.not_staged" {
		t.Errorf("a public show goes behind the curtain: %v", err)
	}
}

func TestARehearsalLeavesNothing(t *testing.T) {
	k := open(t)
	tea := k.product(k.shop, "Tea")
	r := k.room(tea)
	k.must(k.mode(r, live.Rehearsal))
	k.publish(r)
	k.wantState(r, live.Live)
	if k.listed(false) != 0 || k.listed(true) != 1 {
		t.Error("a rehearsal is listed for everybody, or not for staff")
	}
	k.pin(r, tea.ID)
	_, err := k.service.Speak(t.Context(), live.Message{Room: r.ID, User: k.host, Name: "H", Text: "hello"})
	k.must(err)
	_, err = k.service.Like(t.Context(), r.ID, 5)
	k.must(err)
	k.tally()
	k.must(k.service.End(t.Context(), k.shop, r.ID))
	k.unpublish(r)
	k.must(k.mode(r, live.Open))
	got := k.wantState(r, live.Scheduled)
	if got.Likes != 0 || got.Messages != 0 || !got.StartedAt.IsZero() || got.Replay {
		t.Errorf("left of the rehearsal: %+v", got)
	}
	if said, err := k.service.Recent(t.Context(), r.ID); err != nil || len(said) != 0 {
		t.Errorf("left of the rehearsal: %v, %v", said, err)
	}
	if pins, err := k.service.Marks(t.Context(), got); err != nil || len(pins) != 0 {
		t.Errorf("left of the rehearsal: %v, %v", pins, err)
	}
}

type inbox struct{ sent []string }

func (i *inbox) Send(_ context.Context, users []id.User, kind, _ string, _ any) error {
	for _, u := range users {
		i.sent = append(i.sent, kind+" "+u.String())
	}
	return nil
}

func TestFollowersAndWhoeverAskedHearOfTheShow(t *testing.T) {
	k := open(t)
	r := k.room()
	bus, queue, box := events.NewBus(k.db, slog.New(slog.DiscardHandler)), jobs.NewQueue(k.db, slog.New(slog.DiscardHandler)), &inbox{}
	k.service.Announce(bus, queue, box)
	follower, asked, left := id.Make[id.User](k.db), id.Make[id.User](k.db), id.Make[id.User](k.db)
	_, err := k.follows.Follow(t.Context(), follower, k.shop, true, id.Room{})
	k.must(err)
	k.must(k.service.Remind(t.Context(), r.ID, asked, true))
	k.must(k.service.Remind(t.Context(), r.ID, left, true))
	k.must(k.service.Remind(t.Context(), r.ID, left, false))
	at := k.clock.Now().Add(time.Hour)
	k.must(k.service.Update(t.Context(), k.shop, r.ID, live.Change{ScheduledAt: &at}))
	for range 2 {
		k.must(k.service.SweepReminders(t.Context(), box))
	}
	if len(box.sent) != 0 {
		t.Fatalf("an hour before: %v", box.sent)
	}
	k.clock.Advance(51 * time.Minute)
	for range 2 {
		k.must(k.service.SweepReminders(t.Context(), box))
	}
	if len(box.sent) != 1 || box.sent[0] != "live.soon "+asked.String() {
		t.Fatalf("nine minutes before: %v", box.sent)
	}
	k.publish(r)
	k.must(bus.Drain(t.Context()))
	k.must(queue.Drain(t.Context()))
	if len(box.sent) != 3 || box.sent[1] != "live.started "+asked.String() || box.sent[2] != "live.started "+follower.String() {
		t.Errorf("when it began: %v", box.sent)
	}
	k.unpublish(r)
	k.publish(r) // back after a cut: the same show
	k.must(bus.Drain(t.Context()))
	k.must(queue.Drain(t.Context()))
	if len(box.sent) != 3 {
		t.Errorf("after a cut: %v", box.sent)
	}
}

func (k *studio) speak(r live.Room, user id.User, text string) (live.Message, string) {
	k.t.Helper()
	m, err := k.service.Speak(k.t.Context(), live.Message{Room: r.ID, User: user, Name: "V", Kind: live.FromViewer, Text: text})
	if err != nil && fault.Code(err) == "" {
		k.t.Fatal(err)
	}
	return m, fault.Code(err)
}

func TestWhoMaySpeakAndWhat(t *testing.T) {
	k := open(t)
	r := k.room()
	user := id.Make[id.User](k.db)
	want := func(text, code string) live.Message {
		t.Helper()
		m, got := k.speak(r, user, text)
		if got != code {
			t.Errorf("%q: %q, want %q", text, got, code)
		}
		return m
	}
	want("hello", "")
	for word, a := range map[string]moderation.Action{"bad": moderation.Refuse, "odd": moderation.Hold, "rude": moderation.Mask} {
		_, err := k.words.AddWord(t.Context(), moderation.Word{Shop: k.shop, Text: word, Action: a})
		k.must(err)
	}
	want("b a d", "live.refused_text")
	if m := want("rude one", ""); m.Text != "**** one" {
		t.Errorf("said %q", m.Text)
	}
	held := want("an odd one", "")
	if held.State != live.Held {
		t.Error("not held")
	}
	room := realtime.RoomChannel(r.ID)
	if n := len(k.news.of(room, "message")); n != 2 {
		t.Errorf("%d messages on the screens, want 2", n)
	}
	if n := len(k.news.of(realtime.ShopChannel(k.shop), "held")); n != 1 {
		t.Errorf("staff heard of %d held messages", n)
	}
	if list, err := k.service.Messages(t.Context(), r.ID, live.HeldOnes); err != nil || len(list) != 1 {
		t.Errorf("held: %v, %v", list, err)
	}
	if err := k.service.Decide(t.Context(), id.Make[id.Shop](k.db), r.ID, held.ID, live.Shown); fault.Code(err) != "live.not_found" {
		t.Errorf("another shop shows it: %v", err)
	}
	for range 2 {
		k.must(k.service.Decide(t.Context(), k.shop, r.ID, held.ID, live.Shown))
	}
	if n := len(k.news.of(room, "message")); n != 3 {
		t.Errorf("%d messages on the screens, want 3", n)
	}

	slow, only := 10*time.Second, true
	k.must(k.service.Update(t.Context(), k.shop, r.ID, live.Change{Slow: &slow}))
	want("one", "")
	want("two", "live.slow_mode")
	k.clock.Advance(10 * time.Second)
	want("three", "")
	none := time.Duration(0)
	k.must(k.service.Update(t.Context(), k.shop, r.ID, live.Change{Slow: &none, FollowersOnly: &only}))
	want("four", "live.followers_only")
	_, err := k.follows.Follow(t.Context(), user, k.shop, true, r.ID)
	k.must(err)
	want("five", "")
	k.must(k.words.Silence(t.Context(), moderation.Silence{Shop: k.shop, User: user, By: k.host, Until: k.clock.Now().Add(time.Minute)}))
	want("six", "live.muted")
	k.must(k.words.Silence(t.Context(), moderation.Silence{Shop: k.shop, User: user, By: k.host, Banned: true}))
	want("seven", "live.banned")
}

func TestQuestionsArePickedOut(t *testing.T) {
	k := open(t)
	r := k.room()
	user := id.Make[id.User](k.db)
	for text, question := range map[string]bool{
		"这个多少钱": true, "有没有红色": true, "how big is it": true, "really？": true, "好看": false, "love it": false, "showing off": false,
	} {
		if m, _ := k.speak(r, user, text); m.Question != question {
			t.Errorf("%q: question is %v", text, m.Question)
		}
	}
	if list, err := k.service.Messages(t.Context(), r.ID, live.Questions); err != nil || len(list) != 4 {
		t.Errorf("%d questions, %v", len(list), err)
	}
}

func TestAMessageIsPinnedUntilItIsTakenAway(t *testing.T) {
	k := open(t)
	r := k.room()
	m, _ := k.speak(r, id.Make[id.User](k.db), "free shipping today")
	k.must(k.service.PinMessage(t.Context(), k.shop, r.ID, m.ID))
	if got := k.wantState(r, live.Scheduled); got.PinnedMessage != m.ID {
		t.Error("not pinned")
	}
	k.must(k.service.Decide(t.Context(), k.shop, r.ID, m.ID, live.Removed))
	if got := k.wantState(r, live.Scheduled); !got.PinnedMessage.IsZero() {
		t.Error("a message that was taken away is still pinned")
	}
	if err := k.service.PinMessage(t.Context(), k.shop, r.ID, m.ID); fault.Code(err) != "live.no_such_message" {
		t.Errorf("a message that was taken away is pinned: %v", err)
	}
	other := k.room()
	if err := k.service.PinMessage(t.Context(), k.shop, other.ID, m.ID); fault.Code(err) != "live.no_such_message" {
		t.Errorf("another room's message: %v", err)
	}
}

func TestManyPurchasesAreOneLine(t *testing.T) {
	k := open(t)
	tea := k.product(k.shop, "Tea")
	r := k.room(tea)
	k.publish(r)
	bus := events.NewBus(k.db, slog.New(slog.DiscardHandler))
	people := names{}
	k.service.Subscribe(bus, people)
	buy := func(n int) {
		for i := range n {
			user := id.Make[id.User](k.db)
			people[user] = account.User{DisplayName: fmt.Sprintf("%c buyer", 'A'+i)}
			k.must(k.db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
				return events.Record(ctx, tx, paidFor(r, user, tea.ID))
			}))
		}
		k.must(bus.Drain(t.Context()))
		k.tally()
	}
	room := realtime.RoomChannel(r.ID)
	buy(3)
	if said := k.news.of(room, "message"); len(said) != 3 {
		t.Fatalf("three purchases are %d lines", len(said))
	}
	buy(7)
	if said := k.news.of(room, "message"); len(said) != 4 {
		t.Errorf("seven purchases more are %d lines", len(said)-3)
	}
}

func TestAStretchThatWasExplainedIsToldWithTheStreamsClock(t *testing.T) {
	k := open(t)
	tea, mug := k.product(k.shop, "Tea"), k.product(k.shop, "Mug")
	r := k.room(tea, mug)
	k.publish(r)
	at := func() time.Time { return k.engine.health[r.ID.String()].Clock }
	pass := func(d time.Duration) {
		k.clock.Advance(d)
		k.engine.health[r.ID.String()] = stream.Health{Live: true, Clock: at().Add(d)}
	}
	bus := events.NewBus(k.db, slog.New(slog.DiscardHandler))
	told := explainedOn(bus)
	from := at()
	k.pin(r, tea.ID)
	pass(8 * time.Second)
	until := at()
	k.pin(r, mug.ID) // the next one ends the one before
	pass(4 * time.Second)
	k.must(k.service.Unpin(t.Context(), k.shop, r.ID)) // too short
	k.pin(r, tea.ID)
	pass(6 * time.Second)
	k.must(k.service.End(t.Context(), k.shop, r.ID)) // the end of the show ends it too
	k.must(bus.Drain(t.Context()))
	if len(*told) != 2 || (*told)[0].Product != tea.ID || !(*told)[0].From.Equal(from) || !(*told)[0].Until.Equal(until) {
		t.Errorf("told: %+v", *told)
	}
	pins, err := k.service.Marks(t.Context(), k.wantState(r, live.Ended))
	if err != nil || len(pins) != 3 || !pins[0].StreamUntil.Equal(until) {
		t.Errorf("marks: %+v, %v", pins, err)
	}
	if m := k.engine.marks; len(m) < 3 || m[0].Start != from || !m[0].End.IsZero() || !m[1].End.Equal(until) || m[1].ID != m[0].ID {
		t.Errorf("the picture was marked %+v", m)
	}
	k.engine.marks = nil
	k.service.OnPublish(r.ID.String(), 2) // the server was started again, or the publisher is back
	if len(k.engine.marks) != 0 {
		t.Errorf("a new show has the old one's marks: %+v", k.engine.marks)
	}
	shown, err := live.ShownIn(t.Context(), k.db.Reader(), r.ID, []id.Product{tea.ID, mug.ID})
	if err != nil || len(shown) != 2 {
		t.Errorf("shown: %+v, %v", shown, err)
	}
}
