package audience_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/id"
	"hawker/internal/chat"
	"hawker/internal/moderation"
	"hawker/internal/platform/realtime"
	"hawker/internal/room"
	"hawker/internal/stage/stagetest"
)

func TestWhoMayListen(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r, hidden := k.Room(), k.Room()
	k.Must(k.Mode(hidden, room.Rehearsal))
	warm := k.Room()
	k.Must(k.Mode(warm, room.WarmUp))
	banned := id.Make[id.User](k.DB)
	k.Must(k.Words.Silence(t.Context(), moderation.Silence{Shop: k.Shop, User: banned, By: k.Host, Banned: true}))
	for name, c := range map[string]struct {
		room id.Room
		user id.User
		want realtime.Entry
	}{
		"a visitor":                {r, id.User{}, realtime.Counted},
		"a shopper":                {r, id.Make[id.User](k.DB), realtime.Counted},
		"the host":                 {r, k.Host, realtime.Uncounted},
		"who was banned":           {r, banned, realtime.Refused},
		"a room that is not there": {id.Make[id.Room](k.DB), k.Host, realtime.Refused},
		"no room":                  {id.Room{}, k.Host, realtime.Refused},
		"a waiting page":           {warm, id.User{}, realtime.Counted},
		"a rehearsal, visitor":     {hidden, id.User{}, realtime.Refused},
		"a rehearsal, shopper":     {hidden, id.Make[id.User](k.DB), realtime.Refused},
		"a rehearsal, host":        {hidden, k.Host, realtime.Uncounted},
	} {
		if got := k.Enter(c.room, c.user); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestAShowsFiguresAreWritten(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r, user := k.Room(), id.Make[id.User](k.DB)
	k.Enter(r, user) // before the show: waits, and is not of it
	k.Publish(r)
	for range 2 {
		k.Enter(r, user) // one who reconnects has not come anew
	}
	k.Enter(r, id.User{})
	n, err := k.Audience.Like(t.Context(), r, 5)
	if err != nil || n != 5 {
		t.Errorf("%d likes, %v", n, err)
	}
	k.Present(r, 4)
	k.Tally()
	k.Present(r, 2)
	if n, err = k.Audience.Like(t.Context(), r, 2); err != nil || n != 7 {
		t.Errorf("%d likes, %v", n, err)
	}
	k.Tally()
	if got := k.Standing(r).Now.Figures; got.Likes != 7 || got.Entries != 2 || got.ViewersPeak != 4 {
		t.Errorf("figures: %+v", got)
	}
	told := k.News.Of(realtime.RoomChannel(r), "stats")
	if len(told) != 2 || told[1]["likes"] != 7.0 || told[1]["viewers"] != 2.0 {
		t.Errorf("told: %v", told)
	}
	k.End(r)
	if n, err = k.Audience.Like(t.Context(), r, 3); err != nil || n != 7 {
		t.Errorf("the figures of a show that is over do not stand: %d, %v", n, err)
	}
}

// refusing is a context in which nothing can be written.
func refusing(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// What cannot be written in one moment is written in the next.
func TestNothingIsLostThatCouldNotBeWritten(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	tea := k.Product(k.Shop, "Tea")
	r, user := k.Room(tea), id.Make[id.User](k.DB)
	k.People[user] = account.User{DisplayName: "Wang"}
	k.Publish(r)
	k.Tally()
	k.Enter(r, user)
	_, err := k.Audience.Like(t.Context(), r, 5)
	k.Must(err)
	k.Record(k.Paid(r, user, tea.ID))
	k.Clock.Advance(65 * time.Second)
	if err := k.Audience.Tally(refusing(t)); !errors.Is(err, context.Canceled) {
		t.Fatalf("a database that is away: %v", err)
	}
	channel := realtime.RoomChannel(r)
	if n := len(k.News.Of(channel, "message")); n != 0 {
		t.Fatalf("%d lines told", n)
	}
	_, err = k.Audience.Like(t.Context(), r, 1)
	k.Must(err)
	k.Tally()
	if got := k.Standing(r).Now.Figures; got.Likes != 6 || got.Entries != 1 || got.Messages != 1 {
		t.Errorf("figures: %+v", got)
	}
	if said, joined := k.News.Of(channel, "message"), k.News.Of(channel, "joined"); len(said) != 1 || len(joined) != 1 {
		t.Errorf("told: %v, %v", said, joined)
	}
	if rows := minutes(k, r); rows != 2 {
		t.Errorf("%d minutes are written, want those of both moments", rows)
	}
}

// minutes counts what the report has of a show.
func minutes(k *stagetest.Kit, r id.Room) (n int) {
	k.Must(k.DB.Reader().QueryRow(context.Background(), "SELECT COUNT(*) FROM show_minute WHERE show_id = ?",
		k.Standing(r).Now.ID).Scan(&n))
	return n
}

// Likes of the last moment before the end are the show's.
func TestTheLastMomentCounts(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Publish(r)
	_, err := k.Audience.Like(t.Context(), r, 5)
	k.Must(err)
	k.End(r)
	for range 2 {
		k.Tally()
	}
	if got := k.Standing(r).Now.Likes; got != 5 {
		t.Errorf("%d likes", got)
	}
}

func TestManyPurchasesAreOneLine(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	tea := k.Product(k.Shop, "普洱茶")
	r := k.Room(tea)
	k.Publish(r)
	buy := func(n int) {
		for i := range n {
			user := id.Make[id.User](k.DB)
			k.People[user] = account.User{DisplayName: fmt.Sprintf("%c buyer", 'A'+i)}
			k.Record(k.Paid(r, user, tea.ID))
		}
		k.Tally()
	}
	channel := realtime.RoomChannel(r)
	buy(3)
	said := k.News.Of(channel, "message")
	if len(said) != 3 {
		t.Fatalf("three purchases are %d lines", len(said))
	}
	m := said[0]["message"].(map[string]any)
	if m["kind"] != "order" || m["user_name"] != "A**" || m["text"] != "普洱茶 × 1" {
		t.Errorf("said: %v", m)
	}
	buy(7)
	if said := k.News.Of(channel, "message"); len(said) != 4 {
		t.Errorf("seven purchases more are %d lines", len(said)-3)
	}
	if list, err := k.Chat.Recent(t.Context(), r); err != nil || len(list) != 4 || k.Standing(r).Now.Messages != 4 {
		t.Errorf("the chat keeps %d lines and counts %d, %v", len(list), k.Standing(r).Now.Messages, err)
	}
}

// A purchase whose fact has been taken is told although the program dies before the
// moment in which it would have been.
func TestAPurchaseSurvivesACrash(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	tea := k.Product(k.Shop, "Tea")
	r := k.Room(tea)
	k.Publish(r)
	k.Tally()
	k.Record(k.Paid(r, id.Make[id.User](k.DB), tea.ID))
	if list, err := k.Chat.Messages(t.Context(), r, chat.AllMessages); err != nil || len(list) != 0 {
		t.Errorf("before it is told, the staff see %v, %v", list, err)
	}
	k.Restart()
	k.Must(k.Stage.Recover(t.Context()))
	k.Publish(r)
	for range 2 {
		k.Tally()
	}
	if said := k.News.Of(realtime.RoomChannel(r), "message"); len(said) != 1 {
		t.Errorf("told: %v", said)
	}
	k.End(r)
	k.Record(k.Paid(r, id.Make[id.User](k.DB), tea.ID)) // who pays after the end is not told of
	k.Tally()
	if said := k.News.Of(realtime.RoomChannel(r), "message"); len(said) != 1 {
		t.Errorf("told: %v", said)
	}
}

// A program in which no show runs does nothing: it neither reads, nor writes, nor
// wakes up.
func TestNothingIsDoneWhileNoShowRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := stagetest.Open(t)
		r := k.Room()
		synctest.Wait()
		before := k.Timers.Load() // of a lease, on a shared database
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- k.Audience.Run(ctx) }()
		asleep := func(want int64, when string) {
			t.Helper()
			synctest.Wait()
			if got := k.Timers.Load() - before; got != want {
				t.Errorf("%s it has set %d timers, want %d", when, got, want)
			}
		}
		asleep(0, "before any show")
		k.Publish(r)
		asleep(1, "when one has begun")
		k.Clock.Advance(time.Second)
		asleep(2, "a second later")
		k.End(r)
		k.Clock.Advance(time.Second)
		asleep(2, "when it is over")
		stop()
		k.Must(<-done)
	})
}
