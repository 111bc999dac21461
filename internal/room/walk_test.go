package room_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/media/stream"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/show"
	"hawker/internal/stage"
	"hawker/internal/stage/stagetest"
)

// Whatever people ask for and take back, each of those who asked last is reminded, of
// each time that was planned once.
func TestWhoAskedLastIsReminded(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	stagetest.Walk(t, func(rt *rapid.T) {
		r, want := k.Room(), map[id.User]bool{}
		var people []id.User
		for range 4 {
			people = append(people, id.Make[id.User](k.DB))
		}
		var at time.Time
		due := map[string]int{} // notices by person and time
		rt.Repeat(map[string]func(*rapid.T){
			"ask": func(t *rapid.T) {
				who, on := rapid.SampledFrom(people).Draw(t, "who"), rapid.Bool().Draw(t, "on")
				k.Must(k.Rooms.Remind(k.T.Context(), r, who, on))
				want[who] = on
			},
			"plan": func(t *rapid.T) {
				at = k.Clock.Now().Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "minutes")) * time.Minute)
				k.Must(k.Rooms.Update(k.T.Context(), k.Shop, r, room.Change{ScheduledAt: &at}))
			},
			"pass": func(t *rapid.T) {
				k.Clock.Advance(time.Duration(rapid.IntRange(1, 15).Draw(t, "minutes")) * time.Minute)
			},
			"sweep": func(*rapid.T) {
				k.Inbox.Sent, k.Inbox.Refs = nil, nil
				k.Must(k.Rooms.SweepReminders(k.T.Context()))
				now := k.Clock.Now()
				soon := at.After(now) && !at.After(now.Add(10*time.Minute))
				for i, s := range k.Inbox.Sent {
					due[s+k.Inbox.Refs[i]]++
				}
				for _, who := range people {
					key := "live.soon " + who.String() + room.Notice{Room: r, At: at}.Planned()
					if soon && want[who] && due[key] == 0 && len(k.Inbox.Sent) > 0 {
						rt.Fatalf("%s was not reminded of %s: %v", who, at, k.Inbox.Sent)
					}
					if !soon && len(k.Inbox.Sent) > 0 {
						rt.Fatalf("at %s, reminded of %s: %v", now, at, k.Inbox.Sent)
					}
				}
			},
			"": func(*rapid.T) {
				for _, who := range people {
					if got, err := k.Rooms.Reminds(k.T.Context(), r, who); err != nil || got != want[who] {
						rt.Fatalf("%s is to be reminded: %v, want %v, %v", who, got, want[who], err)
					}
				}
			},
		})
		far := k.Clock.Now().Add(24 * time.Hour)
		k.Must(k.Rooms.Update(k.T.Context(), k.Shop, r, room.Change{ScheduledAt: &far})) // out of the others' way
	})
}

// A room's picture is asked for a thousand times while its host goes behind the
// curtain and back: no answer after the change says what was before it.
func TestTheDoorIsNeverOlderThanTheChange(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	quit := make(chan struct{})
	var askers sync.WaitGroup
	for range 4 {
		askers.Go(func() {
			for {
				select {
				case <-quit:
					return
				default:
				}
				if _, err := k.Rooms.Door(t.Context(), r); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 40 {
		to := []room.Mode{room.WarmUp, room.Rehearsal, room.Open}[i%3]
		k.Must(k.Mode(r, to))
		if d, err := k.Rooms.Door(t.Context(), r); err != nil || d.Mode != string(to) {
			t.Errorf("after it went %s the door says %+v, %v", to, d, err)
		}
	}
	close(quit)
	askers.Wait()
}

// Hands that change the key at once: one key opens the room in the end, and none of
// those before it.
func TestOneKeyInTheEnd(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Publish(r)
	began := k.Standing(r).Now.ID
	old := []string{k.Key(r)}
	for range 4 {
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { k.Must(k.Stage.ResetKey(t.Context(), k.Shop, r)) })
		}
		all.Wait()
		old = append(old, k.Key(r))
	}
	for i, key := range old {
		g, err := k.Admit(key)
		if last := i == len(old)-1; last != (err == nil) || !last && !errors.Is(err, room.ErrWrongKey) {
			t.Errorf("key %d of %d: %+v, %v", i+1, len(old), g, err)
		}
	}
	k.Unpublish(r) // the engine has sent it away
	if g, err := k.Admit(k.Key(r)); err != nil || g.Stage.Show != began.String() {
		t.Errorf("back with the new key, the show is %+v, %v; it was %s", g.Stage, err, began)
	}
	k.Publish(r)
	k.Want(r, show.Live)
}

// A key opens its room by its exact letters only.
func TestAKeyIsExact(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	key := k.Key(r)
	stagetest.Walk(t, func(rt *rapid.T) {
		raw := []byte(key)
		switch i := rapid.IntRange(0, len(raw)-1).Draw(rt, "at"); rapid.IntRange(0, 2).Draw(rt, "how") {
		case 0:
			raw[i] = rapid.Byte().Draw(rt, "letter")
		case 1:
			raw = slices.Delete(raw, i, i+1)
		case 2:
			raw = slices.Insert(raw, i, rapid.Byte().Draw(rt, "letter"))
		}
		_, err := k.Rooms.ByKey(t.Context(), string(raw))
		if same := string(raw) == key; same != (err == nil) || !same && !errors.Is(err, room.ErrWrongKey) {
			rt.Fatalf("%q opens the room of %q: %v", raw, key, err)
		}
	})
	for _, guess := range []string{"", " ", key + " ", " " + key, key + "\x00", strings.Repeat(key, 100)} {
		if _, err := k.Rooms.ByKey(t.Context(), guess); !errors.Is(err, room.ErrWrongKey) {
			t.Errorf("%q: %v", guess, err)
		}
	}
}

// A title is one visible line, whatever is typed.
func TestATitleIsOneLine(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	for typed, want := range map[string]string{
		"  新茶\n上市 ": "新茶 上市", "a\u202eb": "ab", "\u200b\u200d\u3164": "", "\u2800": "", "e\u0301": "e\u0301",
		"\u0301": "", "👩\u200d👧": "👩\u200d👧", "\u200d👩\u200d\u200d👧\u200d": "👩\u200d👧",
		strings.Repeat(" ", 100) + "x": "x", strings.Repeat("\u200b", 100) + "x": "x",
	} {
		before := k.Standing(r).Title
		err := k.Rooms.Update(t.Context(), k.Shop, r, room.Change{Title: &typed})
		got := k.Standing(r).Title
		if want == "" && (fault.Code(err) != "live.bad_title" || got != before) || want != "" && got != want {
			t.Errorf("%q became %q, %v", typed, got, err)
		}
		for _, c := range got {
			if unicode.IsControl(c) {
				t.Errorf("%q has control characters", got)
			}
		}
	}
}

// A step decided by somebody who has read the room before another moved it does
// nothing.
func TestAStepFromTheWrongPlace(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	stale := k.Standing(r).Room
	k.Must(k.Mode(r, room.WarmUp))
	try := func(do func(ctx context.Context, tx *sqldb.Tx) (bool, error)) (done bool) {
		t.Helper()
		k.Must(k.DB.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) (err error) {
			done, err = do(ctx, tx)
			return err
		}))
		return done
	}
	for what, do := range map[string]func(ctx context.Context, tx *sqldb.Tx) (bool, error){
		"staged": func(ctx context.Context, tx *sqldb.Tx) (bool, error) {
			return room.Stage(ctx, tx, stale, room.Rehearsal, id.Show{})
		},
		"called off": func(ctx context.Context, tx *sqldb.Tx) (bool, error) { return room.Cancel(ctx, tx, stale) },
		"hung up": func(ctx context.Context, tx *sqldb.Tx) (bool, error) {
			return room.Disconnect(ctx, tx, r, "srs:nobody")
		},
		"detached": func(ctx context.Context, tx *sqldb.Tx) (bool, error) { return room.Detach(ctx, tx, r) },
	} {
		if try(do) {
			t.Errorf("%s from where it was", what)
		}
	}
	if st := k.Standing(r); st.Mode != room.WarmUp || !st.CancelledAt.IsZero() {
		t.Errorf("the room is %+v", st.Room)
	}
	lock := func(shop id.Shop, r id.Room) string {
		return fault.Code(k.DB.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			return room.Lock(ctx, tx, shop, r)
		}))
	}
	if a, b := lock(id.Make[id.Shop](k.DB), r), lock(k.Shop, id.Make[id.Room](k.DB)); a != "live.not_found" || b != a {
		t.Errorf("locked by another shop %q, where no room is %q", a, b)
	}
}

// What a publisher is granted follows what the room says from the next show on.
func TestWhatAPublisherIsGranted(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	st, err := k.Stage.Create(t.Context(), idem.Fresh("test"), stage.Plan{Plan: room.Plan{
		Shop: k.Shop, Host: k.Host, Title: "x", Key: "a key of its own",
	}})
	k.Must(err)
	yes, no := true, false
	for i, c := range []struct {
		change room.Change
		part   time.Duration
		ladder int
		stage  stream.Stage
	}{
		{room.Change{}, 0, 0, stream.Stage{}},
		{room.Change{LowLatency: &yes}, 200 * time.Millisecond, 0, stream.Stage{}},
		{room.Change{Ladder: &yes}, 200 * time.Millisecond, 3, stream.Stage{}},
		{room.Change{LowLatency: &no, Ladder: &no}, 0, 0, stream.Stage{}},
	} {
		k.Must(k.Rooms.Update(t.Context(), k.Shop, st.ID, c.change))
		g, err := k.Admit("a key of its own")
		if err != nil || g.PartTarget != c.part || len(g.Ladder) != c.ladder || !g.Record {
			t.Errorf("%d: granted %+v, %v", i, g, err)
		}
	}
	var doors []httpapi.RoomDoor
	for range 2 {
		d, err := k.Rooms.Door(t.Context(), st.ID)
		k.Must(err)
		doors = append(doors, d)
	}
	if fmt.Sprint(doors[0]) != fmt.Sprint(doors[1]) {
		t.Errorf("the door from the database and from memory: %+v", doors)
	}
}
