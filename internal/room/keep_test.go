package room_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/stage"
	"hawker/internal/stage/stagetest"
)

// post is an inbox that is full for some people.
type post struct {
	full map[id.User]bool
	got  map[id.User]int
}

func (p *post) Send(_ context.Context, users []id.User, kind, _ string, payload any) error {
	n, ok := payload.(room.Notice)
	if kind != "live.soon" || !ok || n.Title == "" || n.At.IsZero() {
		return errors.New("this is no reminder")
	}
	for _, u := range users {
		if p.full[u] {
			return errors.New("no room for another notice")
		}
	}
	for _, u := range users {
		p.got[u]++
	}
	return nil
}

// One whose inbox is full keeps nobody of another room waiting, and is reminded when
// there is room again, as long as the show is to come.
func TestAFullInboxKeepsNoOther(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	p := &post{full: map[id.User]bool{}, got: map[id.User]int{}}
	rooms := room.New(room.Options{DB: k.DB, Box: k.Box, Notices: p, Renditions: []int{480}})
	at := k.Clock.Now().Add(10 * time.Minute)
	var people []id.User
	for i := range 3 {
		r, who := k.Room(), id.Make[id.User](k.DB)
		k.Must(rooms.Update(t.Context(), k.Shop, r, room.Change{ScheduledAt: &at}))
		k.Must(rooms.Remind(t.Context(), r, who, true))
		people = append(people, who)
		p.full[who] = i == 1
	}
	for round, want := range [][]int{{1, 0, 1}, {1, 0, 1}, {1, 1, 1}, {1, 1, 1}} {
		p.full[people[1]] = round < 2
		if err := rooms.SweepReminders(t.Context()); (err != nil) != (round < 2) {
			t.Errorf("round %d: %v", round, err)
		}
		var got []int
		for _, who := range people {
			got = append(got, p.got[who])
		}
		if !slices.Equal(got, want) {
			t.Errorf("round %d: reminded %v times, want %v", round, got, want)
		}
		next, err := rooms.NextReminder(t.Context(), k.DB.Reader())
		if err != nil || next.IsZero() != (round >= 2) {
			t.Errorf("round %d: the next is due at %v, %v", round, next, err)
		}
		k.Clock.Advance(time.Minute)
	}
}

// Pages go through everybody once, in order, until one is empty or something fails.
func TestPagesGoThroughEverybody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n, size := rapid.IntRange(0, 40).Draw(rt, "people"), rapid.IntRange(1, 9).Draw(rt, "page")
		stop := rapid.IntRange(-1, 8).Draw(rt, "fails at")
		var all, got []id.User
		for i := range n {
			all = append(all, id.FromInt[id.User](int64(i+1)))
		}
		broken, pages := errors.New("broken"), 0
		err := room.EachPage(func(after id.User) ([]id.User, error) {
			rest := all[min(len(all), int(after.Int())):]
			return rest[:min(size, len(rest))], nil
		}, func(users []id.User) error {
			if pages++; pages-1 == stop {
				return broken
			}
			got = append(got, users...)
			return nil
		})
		want := all
		fails := stop >= 0 && stop*size < n
		if fails {
			want = all[:stop*size]
		}
		if !slices.Equal(got, want) || fails != errors.Is(err, broken) {
			rt.Fatalf("%d of %d, %v", len(got), n, err)
		}
	})
}

// Settings are kept as they were given, or not at all.
func TestSettingsAreKeptWhole(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	want, err := k.Rooms.SettingsOf(t.Context(), k.Shop)
	k.Must(err)
	stagetest.Walk(t, func(rt *rapid.T) {
		for range 5 {
			set := room.Settings{
				KeepDays: rapid.SampledFrom([]int{-1, 0, 1, 90, 3650, 3651}).Draw(rt, "days"),
				Clips:    rapid.Bool().Draw(rt, "clips"), Ladder: rapid.Bool().Draw(rt, "ladder"),
				Renditions: rapid.SliceOfN(rapid.SampledFrom([]int{143, 144, 360, 720, 2160, 2161}), 0, 7).Draw(rt,
					"sizes"),
			}
			code := ""
			switch {
			case set.KeepDays < 1 || set.KeepDays > 3650:
				code = "live.bad_settings"
			case len(set.Renditions) < 1 || len(set.Renditions) > 6 || slices.Contains(set.Renditions, 143) ||
				slices.Contains(set.Renditions, 2161):
				code = "live.bad_renditions"
			}
			if err := k.Rooms.SaveSettings(k.T.Context(), k.Shop, set); fault.Code(err) != code {
				rt.Fatalf("%+v: %v, want %q", set, err, code)
			}
			if code == "" {
				want = set
			}
			got, err := k.Rooms.SettingsOf(k.T.Context(), k.Shop)
			if err != nil || got.KeepDays != want.KeepDays || got.Clips != want.Clips || got.Ladder != want.Ladder ||
				!slices.Equal(got.Renditions, want.Renditions) {
				rt.Fatalf("kept: %+v, want %+v, %v", got, want, err)
			}
		}
	})
}

// A key is nowhere in the database as it is, and of many rooms that want the same one
// has it.
func TestAKeyIsKeptSecret(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	const key = "live_a-key-that-a-host-has-chosen"
	var mu sync.Mutex
	var won []id.Room
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			st, err := k.Stage.Create(t.Context(), idem.Fresh("test"), stage.Plan{Plan: room.Plan{
				Shop: k.Shop, Host: k.Host, Title: "x", Key: key,
			}})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won = append(won, st.ID)
			} else if fault.Code(err) != "live.key_taken" {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(won) != 1 || k.Key(won[0]) != key {
		t.Fatalf("%d rooms have the key", len(won))
	}
	var index, sealed string
	k.Must(k.DB.Reader().QueryRow(t.Context(), "SELECT key_index, key_sealed FROM room WHERE id = ?", won[0]).
		Scan(&index,
			&sealed))
	if strings.Contains(index+sealed, key) || strings.Contains(index+sealed, "host-has-chosen") {
		t.Errorf("the database holds %q and %q", index, sealed)
	}
	other := k.Room() // a sealed key that is moved to another room opens nothing there
	k.Break("UPDATE room SET key_sealed = ? WHERE id = ?", sealed, other)
	if got, err := k.Rooms.Key(t.Context(), other); err == nil {
		t.Errorf("in another room it is read as %q", got)
	}
}

// The same moment in another time zone is the same plan: nobody is reminded twice.
func TestTheSameMomentIsTheSamePlan(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Must(k.Rooms.Remind(t.Context(), r, id.Make[id.User](k.DB), true))
	at := k.Clock.Now().Add(5 * time.Minute).Truncate(time.Second)
	for _, zone := range []*time.Location{
		time.UTC, time.FixedZone("CST", 8*3600), time.FixedZone("", -11*3600), time.FixedZone("", 5*3600+1800),
	} {
		there := at.In(zone)
		k.Must(k.Stage.Update(t.Context(), k.Shop, r, room.Change{ScheduledAt: &there}))
		k.Must(k.Rooms.SweepReminders(t.Context()))
		if got := k.Standing(r).ScheduledAt; !got.Equal(at) {
			t.Errorf("planned in %s for %s, kept as %s", zone, there, got)
		}
	}
	if len(k.Inbox.Sent) != 1 || !strings.HasSuffix(k.Inbox.Refs[0], at.UTC().Format("@20060102T150405")) {
		t.Errorf("reminded: %v of %v", k.Inbox.Sent, k.Inbox.Refs)
	}
}

// Whatever connections come and go at a server in front, each room knows the one that
// came last, and a goodbye takes only that.
func TestTheNewestConnectionIsKnown(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	stagetest.Walk(t, func(rt *rapid.T) {
		rooms := []id.Room{k.Room(), k.Room()}
		held := map[id.Room]string{}
		in := func(do func(ctx context.Context, tx *sqldb.Tx) error) { k.Must(k.DB.Update(k.T.Context(), do)) }
		names := []string{rooms[0].String() + ":1", rooms[0].String() + ":2"} // of this walk alone
		rt.Repeat(map[string]func(*rapid.T){
			"connect": func(t *rapid.T) {
				r := rapid.SampledFrom(rooms).Draw(t, "room")
				c := room.Connection{URL: "https://x.example/y.m3u8", ID: rapid.SampledFrom(names).Draw(t,
					"connection")}
				for _, other := range held {
					if other == c.ID {
						t.Skip("a name is one connection's")
					}
				}
				in(func(ctx context.Context, tx *sqldb.Tx) error { return room.Connect(ctx, tx, r, c) })
				held[r] = c.ID
			},
			"disconnect": func(t *rapid.T) {
				r, c := rapid.SampledFrom(rooms).Draw(t, "room"), rapid.SampledFrom(names).Draw(t, "connection")
				var done bool
				in(func(ctx context.Context, tx *sqldb.Tx) (err error) {
					done, err = room.Disconnect(ctx, tx, r, c)
					return err
				})
				if done != (held[r] == c) {
					rt.Fatalf("the goodbye of %s in a room that %q holds: %v", c, held[r], done)
				}
				if done {
					delete(held, r)
				}
			},
			"detach": func(t *rapid.T) {
				r := rapid.SampledFrom(rooms).Draw(t, "room")
				in(func(ctx context.Context, tx *sqldb.Tx) error { _, err := room.Detach(ctx, tx, r); return err })
				delete(held, r)
			},
			"": func(*rapid.T) {
				for _, r := range rooms {
					there, err := room.Outside(k.T.Context(), k.DB.Reader(), r)
					if err != nil || there.ID != held[r] {
						rt.Fatalf("who publishes in front: %q, want %q, %v", there.ID, held[r], err)
					}
				}
				for _, c := range names {
					found, err := k.Rooms.Connected(k.T.Context(), c)
					if err == nil && held[found.ID] != c || err != nil && (!errors.Is(err, sql.ErrNoRows) ||
						held[rooms[0]] == c || held[rooms[1]] == c) {
						rt.Fatalf("%s publishes in %s, want %v, %v", c, found.ID, held, err)
					}
				}
			},
		})
	})
}

// Whoever asks and takes back without end is stopped, and others are not.
func TestAskingWithoutEnd(t *testing.T) {
	t.Parallel()
	k, d := behind(t)
	r := k.Room()
	door, err := k.Rooms.Door(t.Context(), r)
	k.Must(err)
	d.Room(r, door)
	d.Name("room", r)
	ask := func(who id.User) httpapitest.Answer { return d.Do(who, "PUT /live/rooms/{room}/reminder", nil) }
	ann, bob := id.Make[id.User](k.DB), id.Make[id.User](k.DB)
	stopped := 0
	for range 30 {
		if ask(ann).Status == 429 {
			stopped++
		}
	}
	if stopped != 10 {
		t.Errorf("of thirty, %d were stopped", stopped)
	}
	if got := ask(bob); got.Status != 204 {
		t.Errorf("another is answered %d", got.Status)
	}
	k.Clock.Advance(time.Minute)
	if got := ask(ann); got.Status != 204 {
		t.Errorf("a minute later: %d", got.Status)
	}
}
