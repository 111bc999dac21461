// Package show keeps broadcasts. A show is one broadcast of a room, from going on
// air to its end, with figures, marks, messages and a recording of its own: the
// next one in the same room begins with nothing, and what was stays as it was. It
// is started and ended exactly once, whoever publishes how often meanwhile, for
// each step is a compare-and-set.
//
// A rehearsal is run like a show so that everything works in it, and is none: it
// is told to nobody, counted nowhere, recorded never and forgotten when the room
// leaves it. A warm-up is only a picture that staff see.
package show

import (
	"context"
	"errors"
	"slices"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
)

// State is where a show is, or where a room is by its newest show.
type State string

// The states. A show is paused while its publisher is away for a moment. A room
// without a show is scheduled; only a rehearsal is scheduled before its picture.
const (
	Scheduled State = "scheduled"
	Live      State = "live"
	Paused    State = "paused"
	Ended     State = "ended"
	Cancelled State = "cancelled" // a room that was called off
)

// Figures are what a show came to.
type Figures struct {
	Likes       int64
	Messages    int64
	Entries     int64 // how often somebody came in
	ViewersPeak int64
	Follows     int64 // new followers while there
}

// Show is one broadcast. The zero Show is none.
type Show struct {
	ID        id.Show
	Room      id.Room
	Shop      id.Shop
	Rehearsal bool
	State     State
	StartedAt time.Time
	PausedAt  time.Time
	EndedAt   time.Time
	Figures
	Replay bool   // a recording can be played
	Node   string // where its picture is; "" where there is one node only
}

// Running tells whether the show is on air: live, or paused for a moment.
func (s Show) Running() bool { return s.State == Live || s.State == Paused }

// Standing is a room with its newest show; in a rehearsal, with that.
type Standing struct {
	room.Room
	Now Show // zero: none yet
}

// State is how the room stands on screens.
func (st Standing) State() State {
	switch {
	case !st.CancelledAt.IsZero():
		return Cancelled
	case st.Now.ID.IsZero(), st.Mode == room.WarmUp:
		return Scheduled
	}
	return st.Now.State
}

// OnAir tells whether the room's show, or rehearsal, runs.
func (st Standing) OnAir() bool { return st.State() == Live || st.State() == Paused }

// Current is the show that screens speak of: none while the room waits for the
// next.
func (st Standing) Current() Show {
	if st.State() == Scheduled && !st.Now.Rehearsal {
		return Show{}
	}
	return st.Now
}

// errContended is a room that others change faster than we can look.
var errContended = errors.New("the room changes too fast")

// turns bounds how often a step is decided anew because somebody else's came
// between.
const turns = 10

// Turn lets decide try a step on a room as it stands, again while others' steps
// come between. decide answers false when the room had changed. Fault
// live.not_found.
func Turn(
	ctx context.Context, tx *sqldb.Tx, r id.Room, decide func(st Standing) (bool, error),
) error {
	for range turns {
		st, err := Of(ctx, tx, r)
		if err != nil {
			return err
		}
		if done, err := decide(st); done || err != nil {
			return err
		}
	}
	return errContended
}

// Begin puts a room on air, now that its picture is there: a show that waits for
// its publisher goes on, one that runs is left alone, and where none does a new
// one begins, as promised if that is given, and is told of. began tells that.
// Nothing happens in a warm-up or a room that was called off. It answers how the
// room stands then. Fault live.not_found.
func Begin(ctx context.Context, tx *sqldb.Tx, r id.Room, promised id.Show) (st Standing, began bool, err error) {
	err = Turn(ctx, tx, r, func(now Standing) (done bool, err error) {
		st, began = now, false
		switch {
		case now.Mode == room.WarmUp, !now.CancelledAt.IsZero():
			return true, nil
		case now.Now.State == Live && now.Now.Node == tx.Node():
			return true, nil
		case now.Now.State == Live:
			done, err = move(ctx, tx, now.Now)
		case now.Now.State == Paused:
			done, err = step(ctx, tx, now.Now, Live)
		case now.Mode == room.Rehearsal:
			began = true
			done, err = step(ctx, tx, now.Now, Live)
		default:
			began = true
			done, err = start(ctx, tx, now.Room, promised)
		}
		if err == nil && done {
			st, err = Of(ctx, tx, r)
		}
		return done, err
	})
	if err != nil || !began || st.Now.Rehearsal {
		return st, began, err
	}
	return st, began, events.Record(ctx, tx, Started{
		Show: st.Now.ID, Room: st.ID, Shop: st.Shop, Host: st.Host, Title: st.Title, At: st.Now.StartedAt,
	})
}

// start takes the room before it writes the show: two publishers at once meet
// there, and the loser finds the winner's show.
func start(ctx context.Context, tx *sqldb.Tx, r room.Room, promised id.Show) (bool, error) {
	if promised.IsZero() || promised == r.Show {
		promised = id.Make[id.Show](tx)
	}
	if ok, err := room.Stage(ctx, tx, r, r.Mode, promised); err != nil || !ok {
		return false, err
	}
	return true, insertShow(ctx, tx, Show{ID: promised, Room: r.ID, Shop: r.Shop, State: Live, StartedAt: tx.Now()})
}

// Pause lets a live show wait for its publisher; false: it is not live any more, or
// its picture is at another node by now.
func Pause(ctx context.Context, tx *sqldb.Tx, s Show) (bool, error) { return pause(ctx, tx, s) }

// Orphans are the live shows whose node is not there any more; where one process has
// the database for itself, all that others before it had.
func (s *Service) Orphans(ctx context.Context) ([]Show, error) {
	all, err := runningShows(ctx, s.db.Reader())
	if err != nil {
		return nil, err
	}
	nodes, err := sqldb.Nodes(ctx, s.db.Reader(), s.db.Clock().Now())
	return slices.DeleteFunc(all, func(x Show) bool { return x.State != Live || nodes[x.Node] }), err
}

// End ends a show that runs; false: it does not. What hangs on its end is done
// only by whoever hears true.
func End(ctx context.Context, tx *sqldb.Tx, s Show) (bool, error) {
	ended, err := end(ctx, tx, s.ID)
	if err != nil || !ended || s.Rehearsal {
		return ended, err
	}
	return true, events.Record(ctx, tx, Closed{Show: s.ID, Room: s.Room, Shop: s.Shop, At: tx.Now()})
}

// Rehearse makes a rehearsal of a room, which waits for its picture.
func Rehearse(ctx context.Context, tx *sqldb.Tx, r room.Room) (id.Show, error) {
	s := Show{ID: id.Make[id.Show](tx), Room: r.ID, Shop: r.Shop, Rehearsal: true, State: Scheduled}
	return s.ID, insertShow(ctx, tx, s)
}

// Forget takes a rehearsal away. What was said and shown in it is for those to
// forget who keep that.
func Forget(ctx context.Context, tx *sqldb.Tx, rehearsal id.Show) error {
	return forget(ctx, tx, rehearsal)
}

// Last is the newest show of a room that is no rehearsal, zero for none.
func Last(ctx context.Context, q sqldb.Querier, r id.Room) (id.Show, error) {
	return lastShow(ctx, q, r)
}

// EventStarted is the name of Started.
const EventStarted = "live.started"

// Started tells that a public show has begun.
type Started struct {
	Show  id.Show   `json:"show"`
	Room  id.Room   `json:"room"`
	Shop  id.Shop   `json:"shop"`
	Host  id.User   `json:"host"`
	Title string    `json:"title"`
	At    time.Time `json:"at"`
}

// EventName implements event.Event.
func (Started) EventName() string { return EventStarted }

// EventKey implements event.Event.
func (e Started) EventKey() string { return e.Room.String() }

// EventEnded is the name of Closed.
const EventEnded = "live.ended"

// Closed tells that a public show is over.
type Closed struct {
	Show id.Show   `json:"show"`
	Room id.Room   `json:"room"`
	Shop id.Shop   `json:"shop"`
	At   time.Time `json:"at"`
}

// EventName implements event.Event.
func (Closed) EventName() string { return EventEnded }

// EventKey implements event.Event.
func (e Closed) EventKey() string { return e.Room.String() }

var (
	_ event.Event = Started{}
	_ event.Event = Closed{}
)
