package audience_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/moderation"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/realtime"
	"hawker/internal/room"
	"hawker/internal/show"
	"hawker/internal/social"
	"hawker/internal/stage/stagetest"
)

// recount counts the audience of two rooms by hand.
type recount struct {
	*stagetest.Kit
	rt      *rapid.T
	rooms   []id.Room
	people  []id.User
	want    map[id.Show]*show.Figures
	of      map[id.Room]id.Show // that runs
	seen    map[id.Show]map[id.User]bool
	present map[id.Room]int
}

func (c *recount) room(t *rapid.T) id.Room { return rapid.SampledFrom(c.rooms).Draw(t, "room") }

// figures are those of what runs in a room, nil for nothing.
func (c *recount) figures(r id.Room) *show.Figures { return c.want[c.of[r]] }

func (c *recount) enter(t *rapid.T) {
	r, who := c.room(t), rapid.SampledFrom(c.people).Draw(t, "who")
	want := realtime.Counted
	if who == c.Host {
		want = realtime.Uncounted
	}
	if got := c.Enter(r, who); got != want {
		c.rt.Fatalf("entering is %v, want %v", got, want)
	}
	f, seen := c.figures(r), c.seen[c.of[r]]
	if f == nil || want == realtime.Uncounted || seen[who] {
		return
	}
	if f.Entries++; !who.IsZero() {
		seen[who] = true
	}
}

func (c *recount) like(t *rapid.T) {
	r, n := c.room(t), int64(rapid.IntRange(1, 50).Draw(t, "likes"))
	likes, err := c.Audience.Like(c.T.Context(), r, n)
	c.Must(err)
	if f := c.figures(r); f != nil {
		if f.Likes += n; likes != f.Likes {
			c.rt.Fatalf("who likes hears %d, want %d", likes, f.Likes)
		}
	}
}

func (c *recount) follow(t *rapid.T) {
	r, shop := c.room(t), c.Shop
	if rapid.Bool().Draw(t, "another shop") {
		shop = id.Make[id.Shop](c.DB) // the address may say whatever
	}
	c.Record(social.Followed{User: id.Make[id.User](c.DB), Shop: shop, Room: r})
	if f := c.figures(r); f != nil && shop == c.Shop {
		f.Follows++
	}
}

func (c *recount) watch(t *rapid.T) {
	r, n := c.room(t), rapid.IntRange(0, 30).Draw(t, "present")
	c.Present(r, n)
	c.present[r] = n
}

func (c *recount) tally(t *rapid.T) {
	c.Clock.Advance(time.Duration(rapid.SampledFrom([]int{1, 10}).Draw(t, "seconds")) * time.Second)
	if rapid.IntRange(0, 3).Draw(t, "the database is away") == 0 {
		ctx, cancel := context.WithCancel(c.T.Context())
		cancel()
		_ = c.Audience.Tally(ctx) // nothing is written, nothing may be lost
		return
	}
	c.Tally()
	for r, x := range c.of {
		f := c.want[x]
		f.ViewersPeak = max(f.ViewersPeak, int64(c.present[r]))
	}
	for x, f := range c.want {
		all, err := c.Shows.ReplayURLs(c.T.Context(), []id.Show{x})
		if c.Must(err); len(all) != 0 {
			c.rt.Fatal("a replay of what was not recorded")
		}
		if got := c.written(x); got != *f {
			c.rt.Fatalf("written is %+v, want %+v", got, *f)
		}
	}
}

// written are the figures of a show, wherever it was.
func (c *recount) written(x id.Show) show.Figures {
	for _, r := range c.rooms {
		if s, err := c.Shows.Find(c.T.Context(), r, x); err == nil {
			return s.Figures
		}
	}
	c.rt.Fatalf("no show %s", x)
	return show.Figures{}
}

// turn begins or ends a show.
func (c *recount) turn(t *rapid.T) {
	r := c.room(t)
	if _, on := c.of[r]; on {
		c.End(r)
		delete(c.of, r)
		return
	}
	c.Clock.Advance(time.Minute)
	c.Publish(r)
	x := c.Standing(r).Now.ID
	c.of[r], c.want[x], c.seen[x] = x, &show.Figures{}, map[id.User]bool{}
}

// Whatever comes, likes, follows and goes, and however often nothing can be written,
// what is written is what somebody would have counted who stood there.
func TestFiguresAreThoseOfARecount(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	stagetest.Walk(t, func(rt *rapid.T) {
		c := &recount{
			Kit: k, rt: rt, rooms: []id.Room{k.Room(), k.Room()}, want: map[id.Show]*show.Figures{},
			of: map[id.Room]id.Show{}, seen: map[id.Show]map[id.User]bool{}, present: map[id.Room]int{},
			people: []id.User{{}, k.Host, id.Make[id.User](k.DB), id.Make[id.User](k.DB)},
		}
		rt.Repeat(map[string]func(*rapid.T){
			"enter": c.enter, "like": c.like, "follow": c.follow, "watch": c.watch, "tally": c.tally, "turn": c.turn,
		})
		for r := range c.of {
			k.End(r)
		}
		k.Tally()
	})
}

// Many at once: nothing is counted twice, nothing is lost.
func TestManyAtOnceAreAllCounted(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Publish(r)
	const crowd = 40
	var all sync.WaitGroup
	for range crowd {
		all.Go(func() {
			who := id.Make[id.User](k.DB)
			for range 3 {
				k.Enter(r, who)
			}
			_, err := k.Audience.Like(t.Context(), r, 7)
			k.Must(err)
		})
	}
	all.Go(func() { // one teller, as the program has
		for range 10 {
			k.Tally()
		}
	})
	all.Wait()
	k.Tally()
	if got := k.Standing(r).Now.Figures; got.Entries != crowd || got.Likes != 7*crowd {
		t.Errorf("%d came and %d times 7 likes: %+v", crowd, crowd, got)
	}
}

// Who came and who follows is told with the first letter of a name, the newest for
// all, not more often than can be read.
func TestWhoCameIsTold(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Publish(r)
	k.Tally()
	channel := realtime.RoomChannel(r)
	come := func(n int) {
		for i := range n {
			who := id.Make[id.User](k.DB)
			k.People[who] = account.User{ID: who, DisplayName: fmt.Sprint(i, "王小明")}
			k.Enter(r, who)
		}
	}
	k.Clock.Advance(2 * time.Second)
	come(3)
	k.Tally()
	come(2)
	k.Tally() // too soon
	told := k.News.Of(channel, "joined")
	if len(told) != 1 || told[0]["count"] != 3.0 || told[0]["user_name"] != "2**" || told[0]["kind"] != "joined" {
		t.Errorf("told: %v", told)
	}
	k.Clock.Advance(2 * time.Second)
	k.Record(social.Followed{User: id.Make[id.User](k.DB), Shop: k.Shop, Room: r})
	k.Tally()
	k.Clock.Advance(2 * time.Second)
	k.Tally() // nobody came
	if told = k.News.Of(channel, "joined"); len(told) != 3 || told[1]["count"] != 2.0 || told[2]["kind"] != "followed" {
		t.Errorf("told: %v", told)
	}
}

// Who is banned while listening does not stay, nor does anybody but the staff when the
// room goes behind the curtain.
func TestWhoMayStay(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r, ann, bob := k.Room(), id.Make[id.User](k.DB), id.Make[id.User](k.DB)
	ch := k.Audience.Module().Channels[0]
	stays := func(who id.User, want bool) {
		t.Helper()
		actor := httpapi.Actor{User: who}
		_, err := k.Auth.Check(t.Context(), ch.Access, actor, ch.Subject(r.String()))
		stay := err == nil
		if stay {
			stay, err = ch.Stay(t.Context(), actor, r.String())
			k.Must(err)
		} else if fault.As(err) == nil {
			t.Fatal(err)
		}
		if stay != want {
			t.Errorf("%s may stay: %v, want %v", who, stay, want)
		}
	}
	for _, who := range []id.User{{}, ann, bob, k.Host} {
		stays(who, true)
	}
	k.Must(k.Words.Silence(t.Context(), moderation.Silence{
		Shop: k.Shop, User: ann, By: k.Host, Banned: true, Until: k.Clock.Now().Add(time.Hour),
	}))
	k.Must(k.Words.Silence(t.Context(), moderation.Silence{Shop: k.Shop, User: bob, By: k.Host}))
	stays(ann, false)
	stays(bob, true) // muted: may listen
	k.Clock.Advance(time.Hour)
	stays(ann, true)
	k.Must(k.Mode(r, room.Rehearsal))
	for who, want := range map[id.User]bool{{}: false, ann: false, k.Host: true} {
		stays(who, want)
	}
	for _, bad := range []string{"", "x", id.Room{}.String()} {
		if ok, err := ch.Stay(t.Context(), httpapi.Actor{User: ann}, bad); ok && err == nil {
			t.Errorf("in %q anybody stays", bad)
		}
	}
}

// Likes come by the door in handfuls, from anybody whom the room is open to.
func TestLikesBehindTheDoor(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r, hidden := k.Room(), k.Room()
	k.Must(k.Mode(hidden, room.Rehearsal))
	d := httpapitest.Open(t, k.Clock, k.Audience.Module())
	for _, x := range []id.Room{r, hidden} {
		door, err := k.Rooms.Door(t.Context(), x)
		k.Must(err)
		d.Room(x, door)
	}
	like := func(r id.Room) string { return "POST /live/rooms/" + r.String() + "/likes" }
	one := map[string]any{"count": 1}
	if got := d.Call(id.User{}, 200, like(r), one); got.Int("likes") != 0 {
		t.Errorf("before the show: %v", got)
	}
	k.Publish(r)
	for want := int64(50); want <= 150; want += 50 {
		if got := d.Call(id.User{}, 200, like(r), map[string]any{"count": 50}); got.Int("likes") != want {
			t.Errorf("liked: %v, want %d", got, want)
		}
	}
	for _, bad := range []any{0, -1, 51, 1.5, "1", nil, 1e300} {
		d.Refuse(id.User{}, 422, "request.invalid", like(r), map[string]any{"count": bad})
	}
	d.Refuse(id.User{}, 404, "live.not_found", like(hidden), one)
	d.Refuse(id.User{}, 404, "live.not_found", like(id.Make[id.Room](k.DB)), one)
	k.Tally()
	if got := k.Standing(r).Now.Likes; got != 150 {
		t.Errorf("written are %d likes", got)
	}
	limited := false
	for range 40 {
		limited = limited || d.Do(id.User{}, like(r), one).Status == 429
	}
	if !limited {
		t.Error("nobody stops a machine that likes")
	}
}
