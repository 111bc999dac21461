package show_test

import (
	"testing"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/room"
	"hawker/internal/show"
	"hawker/internal/stage/stagetest"
)

// TestWhatBeganInAForgottenRehearsal is told from what began in a show of the room,
// whichever ran since, by when it began.
func TestWhatBeganInAForgottenRehearsal(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r, other := k.Room(), k.Room()
	now := func() time.Time { k.Clock.Advance(time.Minute); return k.Clock.Now() }
	want := func(what string, of id.Room, at time.Time, want bool) {
		t.Helper()
		if got, err := k.Shows.Aired(t.Context(), k.DB.Reader(), of, at); err != nil || got != want {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
	before := now()
	k.Clock.Advance(time.Second)
	k.Publish(r)
	first := now()
	k.Unpublish(r)
	k.Clock.Advance(time.Second)
	k.Publish(r)
	later := now()
	k.End(r)
	between := now()
	want("before all", r, before, false)
	want("in the first show", r, first, true)
	want("and after its break", r, later, true)
	want("in no show", r, between, false)

	k.Must(k.Mode(r, room.Rehearsal))
	k.Clock.Advance(2 * time.Minute)
	k.Publish(r)
	tried := now()
	want("in the rehearsal that runs", r, tried, true)
	k.End(r)
	k.Clock.Advance(2 * time.Minute)
	k.Publish(r) // it goes on
	want("in the rehearsal that was ended and goes on", r, tried, true)
	k.Must(k.Mode(r, room.Open))
	if st := k.Want(r, show.Live); st.Now.Rehearsal {
		t.Error("the rehearsal is not over")
	}
	public := now()
	want("in the rehearsal that was left", r, tried, false)
	want("in the first show, still", r, first, true)
	want("in the show that runs", r, public, true)
	want("in another room", other, public, false)
}
