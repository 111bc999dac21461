package stage_test

import (
	"sync"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/media/stream"
	"hawker/internal/platform/idem"
	"hawker/internal/room"
	"hawker/internal/show"
	"hawker/internal/stage"
	"hawker/internal/stage/stagetest"
)

// The goodbye of a publisher that was taken over from pauses no show, wherever the
// newer one sends.
func TestAnOldGoodbyePausesNothing(t *testing.T) {
	t.Parallel()
	for what, taken := range map[string]func(k *stagetest.Kit, r id.Room){
		"at a server in front": func(k *stagetest.Kit, r id.Room) {
			k.Must(k.Stage.Arrived(t.Context(), r, room.Connection{URL: "https://srs.example/x.m3u8", ID: "srs:1"}))
		},
		"at another node": func(k *stagetest.Kit, r id.Room) {
			k.Break("UPDATE live_show SET node = 'elsewhere' WHERE room_id = ?", r)
		},
		"here": func(k *stagetest.Kit, r id.Room) { k.Publish(r) },
	} {
		k := stagetest.Open(t)
		r := k.Room()
		k.Publish(r)
		taken(k, r)
		if what != "here" { // else the engine has the newer one
			k.Engine.Set(r.String(), stream.Health{})
		}
		k.Ingest.OnUnpublish(r.String(), 1, nil)
		if got := k.Standing(r).State(); got != show.Live {
			t.Errorf("after a takeover %s the show is %s", what, got)
		}
	}
}

// What is sent to a server in front is a picture as any other: a room that is opened
// with it goes on air, and one whose host ended the show or changed the key waits for
// a new connection.
func TestAPictureInFrontIsAPicture(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r, c := k.Room(), room.Connection{URL: "https://srs.example/x.m3u8", ID: "srs:1"}
	attached := func() bool {
		t.Helper()
		there, err := room.Outside(t.Context(), k.DB.Reader(), r)
		k.Must(err)
		return there.ID != ""
	}
	arrive := func() { t.Helper(); k.Must(k.Stage.Arrived(t.Context(), r, c)) }
	k.Must(k.Mode(r, room.WarmUp))
	arrive()
	k.Want(r, show.Scheduled)
	k.Must(k.Mode(r, room.Rehearsal))
	k.Want(r, show.Live)
	k.Must(k.Mode(r, room.Open))
	first := k.Want(r, show.Live).Now
	if first.Rehearsal || !attached() {
		t.Errorf("opened with a picture in front, the room has %+v", first)
	}
	k.Must(k.Stage.ResetKey(t.Context(), k.Shop, r))
	if k.Want(r, show.Paused); attached() {
		t.Error("who has the old key is still known")
	}
	arrive() // with the new key
	if got := k.Want(r, show.Live).Now.ID; got != first.ID {
		t.Error("a new key began another show")
	}
	k.Must(k.Stage.End(t.Context(), k.Shop, r))
	k.Must(k.Mode(r, room.WarmUp))
	k.Must(k.Mode(r, room.Open))
	if k.Want(r, show.Ended); attached() {
		t.Error("the show that was ended has its publisher still")
	}
	arrive()
	k.Must(k.Stage.Hung(t.Context(), r, c.ID))
	k.Clock.Advance(time.Minute)
	k.Sweep()
	k.Want(r, show.Ended)
}

// A show that waited too long for a server in front, which said no goodbye, is over
// with its connection.
func TestWhoWasForgottenInFrontIsNotThere(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Must(k.Stage.Arrived(t.Context(), r, room.Connection{URL: "https://srs.example/x.m3u8", ID: "srs:1"}))
	k.Restart()
	k.Must(k.Stage.Recover(t.Context()))
	k.Clock.Advance(stage.PauseMax)
	k.Sweep()
	k.Want(r, show.Ended)
	k.Must(k.Mode(r, room.WarmUp))
	k.Must(k.Mode(r, room.Open))
	k.Want(r, show.Ended)
}

// Hosts who press at once: one show begins, one end is told, and nobody hears more
// than that another was faster.
func TestHostsWhoPressAtOnce(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	press := func(n int, do func() error) (done int) {
		var mu sync.Mutex
		var all sync.WaitGroup
		for range n {
			all.Go(func() {
				err := do()
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					done++
				} else if fault.As(err) == nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		return done
	}
	for range 5 {
		r := k.Room()
		k.Must(k.Mode(r, room.WarmUp))
		k.Publish(r)
		press(4, func() error { return k.Mode(r, room.Open) })
		k.Want(r, show.Live)
		if n := press(4, func() error { return k.Stage.End(t.Context(), k.Shop, r) }); n != 1 {
			t.Errorf("%d hosts ended the show", n)
		}
		shows, err := k.Shows.OfRoom(t.Context(), r, page.Request{})
		if err != nil || len(shows.Items) != 1 {
			t.Errorf("%d shows, %v", len(shows.Items), err)
		}
	}
}

// A host ends the show while another publisher takes it over: the end holds.
func TestAnEndBesideATakeover(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	for range 8 {
		r := k.Room()
		k.Publish(r)
		first := k.Standing(r).Now.ID
		var both sync.WaitGroup
		both.Go(func() { k.Must(k.Stage.End(t.Context(), k.Shop, r)) })
		both.Go(func() { k.Must(k.Stage.Arrived(t.Context(), r, room.Connection{})) })
		both.Wait()
		old, err := k.Shows.Find(t.Context(), r, first)
		if err != nil || old.State != show.Ended {
			t.Errorf("the show is %s, %v", old.State, err)
		}
		if wrong, err := show.Checks()[0].Run(t.Context(), k.DB.Reader()); err != nil || len(wrong) != 0 {
			t.Errorf("the doctor finds %v, %v", wrong, err)
		}
	}
}

// The same plan sent twice under one key is one room; a shelf that may not be leaves
// no room behind.
func TestARoomIsMadeOnce(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	rooms := func() int {
		t.Helper()
		p, err := k.Shows.List(t.Context(), k.Shop, "", true, page.Request{})
		k.Must(err)
		return len(p.Items)
	}
	tea, foreign := k.Product(k.Shop, "Tea"), k.Product(id.Make[id.Shop](k.DB), "Foreign")
	plan := stage.Plan{
		Plan:     room.Plan{Shop: k.Shop, Host: k.Host, Title: " Tea \n", Mode: room.Rehearsal},
		Products: []id.Product{tea.ID},
	}
	key := idem.Fresh("test")
	first, err := k.Stage.Create(t.Context(), key, plan)
	k.Must(err)
	again, err := k.Stage.Create(t.Context(), key, plan)
	if err != nil || again.ID != first.ID || rooms() != 1 {
		t.Errorf("sent twice: %s and %s, %v", first.ID, again.ID, err)
	}
	if first.Title != "Tea" || !first.Now.Rehearsal || first.Now.State != show.Scheduled {
		t.Errorf("made: %+v", first)
	}
	plan.Products = []id.Product{foreign.ID}
	if _, err := k.Stage.Create(t.Context(), idem.Fresh("test"), plan); fault.Code(err) != "live.bad_shelf" {
		t.Errorf("with another shop's product: %v", err)
	}
	plan.Products, plan.Key = nil, k.Key(first.ID)
	if _, err := k.Stage.Create(t.Context(), idem.Fresh("test"), plan); fault.Code(err) != "live.key_taken" {
		t.Errorf("with a key that is taken: %v", err)
	}
	if rooms() != 1 {
		t.Errorf("%d rooms after what was refused", rooms())
	}
}
