package stage_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/media/stream"
	"hawker/internal/room"
	"hawker/internal/show"
	"hawker/internal/stage"
	"hawker/internal/stage/stagetest"
)

// stroll is a room beside a naive idea of how it stands.
type stroll struct {
	*stagetest.Kit
	rt        *rapid.T
	room      id.Room
	mode      room.Mode
	public    show.State // of the newest show; "" for none
	rehearsal show.State
	paused    time.Time
	shut      time.Time // the door is closed until
	off       bool      // called off
	sends     bool      // a publisher does
	began     int
	over      int
}

// now is the state of what the room shows: its rehearsal, else its newest show.
func (w *stroll) now() *show.State {
	if w.mode == room.Rehearsal {
		return &w.rehearsal
	}
	return &w.public
}

// state is how the room stands on screens.
func (w *stroll) state() show.State {
	switch {
	case w.off:
		return show.Cancelled
	case w.mode == room.WarmUp, *w.now() == "":
		return show.Scheduled
	}
	return *w.now()
}

func (w *stroll) onAir() bool { return w.state() == show.Live || w.state() == show.Paused }

// pictured is what happens to a room whose picture is there.
func (w *stroll) pictured() {
	if w.mode == room.WarmUp || w.off {
		return
	}
	if s := w.now(); *s != show.Live {
		if w.mode == room.Open && *s != show.Paused {
			w.began++
		}
		*s = show.Live
	}
}

func (w *stroll) gone() {
	w.sends = false
	if w.state() == show.Live {
		*w.now(), w.paused = show.Paused, w.Clock.Now()
	}
}

func (w *stroll) finish() {
	if w.mode == room.Open {
		w.over++
	}
	*w.now() = show.Ended
}

func (w *stroll) refused(what string, err error, want string) {
	w.T.Helper()
	if fault.Code(err) != want || (err == nil) != (want == "") {
		w.rt.Fatalf("%s in a %s room, %s: %v, want %q", what, w.mode, w.state(), err, want)
	}
}

func (w *stroll) publish(*rapid.T) {
	_, err := w.Admit(w.Key(w.room))
	if shut := w.off || w.Clock.Now().Before(w.shut); shut != errors.Is(err, room.ErrEnded) || !shut && err != nil {
		w.rt.Fatalf("a publisher hears %v, the room is %s", err, w.state())
	}
	if err == nil {
		w.Publish(w.room)
		w.sends = true
		w.pictured()
	}
}

func (w *stroll) unpublish(*rapid.T) {
	if w.sends {
		w.Unpublish(w.room)
		w.gone()
	}
}

func (w *stroll) turn(t *rapid.T) {
	to := rapid.SampledFrom([]room.Mode{room.Open, room.WarmUp, room.Rehearsal}).Draw(t, "mode")
	want := ""
	if to != w.mode && (w.off || w.mode == room.Open && w.onAir()) {
		want = "live.not_staged"
	}
	w.refused("turning to "+string(to), w.Mode(w.room, to), want)
	if want != "" || to == w.mode {
		return
	}
	if w.mode = to; to == room.Rehearsal {
		w.rehearsal = show.Scheduled
	}
	if w.sends {
		w.pictured()
	}
}

func (w *stroll) end(*rapid.T) {
	want := "live.not_on_air"
	if w.onAir() {
		want = ""
	}
	w.refused("ending", w.Stage.End(w.T.Context(), w.Shop, w.room), want)
	if want != "" {
		return
	}
	w.finish()
	w.shut = w.Clock.Now().Add(time.Minute)
	w.unpublish(nil)
}

func (w *stroll) cancel(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "rarely") != 0 {
		return
	}
	want := "live.not_planned"
	if w.state() == show.Scheduled {
		want = ""
	}
	w.refused("calling off", w.Stage.Cancel(w.T.Context(), w.Shop, w.room), want)
	if want == "" {
		w.off, w.mode = true, room.Open
		w.unpublish(nil)
	}
}

func (w *stroll) wait(t *rapid.T) {
	w.Clock.Advance(time.Duration(rapid.SampledFrom([]int{1, 30, 59, 60, 90}).Draw(t, "seconds")) * time.Second)
	w.Sweep()
	if w.state() == show.Paused && w.Clock.Now().Sub(w.paused) >= stage.PauseMax {
		w.finish()
	}
}

// crash ends the program, with what it had in memory and its publishers.
func (w *stroll) crash(*rapid.T) {
	w.Engine.Set(w.room.String(), stream.Health{})
	w.Restart()
	w.Must(w.Stage.Recover(w.T.Context()))
	if w.sends = false; w.mode != room.WarmUp && *w.now() == show.Live {
		*w.now(), w.paused = show.Paused, w.Clock.Now()
	}
}

func (w *stroll) check(*rapid.T) {
	st := w.Standing(w.room)
	if st.State() != w.state() || st.Mode != w.mode {
		w.rt.Fatalf("the room is %s and %s, want %s and %s", st.Mode, st.State(), w.mode, w.state())
	}
	if _, running := w.Shows.RunningIn(w.room); running != w.onAir() {
		w.rt.Fatalf("the program believes that a show runs: %v; the room is %s", running, w.state())
	}
	if d, err := w.Rooms.Door(w.T.Context(), w.room); err != nil || d.Private() != (w.mode != room.Open) {
		w.rt.Fatalf("a %s room is open to %+v, %v", w.mode, d, err)
	}
	shows, err := w.Shows.OfRoom(w.T.Context(), w.room, page.Request{Limit: page.LimitMax})
	w.Must(err)
	over := 0
	for _, x := range shows.Items {
		if x.State == show.Ended {
			over++
		}
	}
	if len(shows.Items) != w.began || over != w.over {
		w.rt.Fatalf("%d shows of which %d are over, want %d and %d", len(shows.Items), over, w.began, w.over)
	}
	if n := len(w.Engine.Stages); n > 0 && w.sends && w.onAir() && w.Engine.Stages[n-1].Private != st.Private() {
		w.rt.Fatalf("the picture of a %s room belongs to %+v", w.mode, w.Engine.Stages[n-1])
	}
	wrong, err := show.Checks()[0].Run(w.T.Context(), w.DB.Reader())
	if err != nil || len(wrong) != 0 {
		w.rt.Fatalf("the doctor finds %v, %v", wrong, err)
	}
}

// Whatever hosts, publishers, time and crashes do in whatever order, a room stands as
// the rules say, each show begins and ends once, and the doctor finds nothing.
func TestARoomThroughWhateverHappens(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	closed := stagetest.Hear[show.Closed](k, show.EventEnded)
	stagetest.Walk(t, func(rt *rapid.T) {
		w := &stroll{Kit: k, rt: rt, room: k.Room(), mode: room.Open}
		rt.Repeat(map[string]func(*rapid.T){
			"publish": w.publish, "unpublish": w.unpublish, "turn": w.turn, "end": w.end, "cancel": w.cancel,
			"wait": w.wait, "crash": w.crash, "": w.check,
		})
		told := 0
		for _, e := range closed() {
			if e.Room == w.room {
				told++
			}
		}
		if told != w.over {
			rt.Fatalf("told of %d ends, want %d", told, w.over)
		}
	})
}
