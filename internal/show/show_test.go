package show_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/media/stream"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/show"
	"hawker/internal/stage/stagetest"
)

func TestALifeOnAir(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Publish(r)
	first := k.Want(r, show.Live).Now
	k.Clock.Advance(time.Minute)
	k.Unpublish(r)
	k.Want(r, show.Paused)
	k.Clock.Advance(59 * time.Second)
	k.Sweep()
	k.Want(r, show.Paused)
	k.Publish(r) // back in time: the same show
	if got := k.Want(r, show.Live).Now; got.ID != first.ID || !got.StartedAt.Equal(first.StartedAt) {
		t.Errorf("the show began anew: %+v", got)
	}
	k.Unpublish(r)
	k.Clock.Advance(time.Minute)
	k.Sweep()
	if got := k.Want(r, show.Ended).Now; !got.EndedAt.Equal(k.Clock.Now()) {
		t.Errorf("ended at %v", got.EndedAt)
	}
	var told []any
	for _, n := range k.News.Of(realtime.RoomChannel(r), "state") {
		told = append(told, n["state"])
	}
	if !slices.Equal(told, []any{"live", "paused", "live", "paused", "ended"}) {
		t.Errorf("viewers heard %v", told)
	}
	k.Publish(r) // a show that ended by a cut is over; what comes now is another
	if got := k.Want(r, show.Live).Now; got.ID == first.ID || !got.StartedAt.Equal(k.Clock.Now()) ||
		!got.EndedAt.IsZero() {
		t.Errorf("the new show: %+v", got)
	}
}

// A publisher that takes over, at our own door or at a server in front, restarts
// nothing and tells nobody twice.
func TestATakeoverRestartsNothing(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	started := stagetest.Hear[show.Started](k, show.EventStarted)
	k.Publish(r)
	first := k.Want(r, show.Live).Now
	k.Clock.Advance(5 * time.Minute)
	k.Ingest.OnUnpublish(r.String(), 1, stream.ErrReplaced) // as the engine tells of a takeover
	k.Ingest.OnPublish(r.String(), 2)
	k.Ingest.OnUnpublish(r.String(), 2, nil) // its goodbye comes while the third sends
	k.Ingest.OnPublish(r.String(), 3)
	k.Must(k.Stage.Arrived(t.Context(), r, room.Connection{URL: "https://edge.example/x.m3u8", ID: "srs:1"}))
	if got := k.Want(r, show.Live).Now; got.ID != first.ID || !got.StartedAt.Equal(first.StartedAt) {
		t.Errorf("a takeover moved the start of the show from %v to %v", first.StartedAt, got.StartedAt)
	}
	if told := started(); len(told) != 1 || told[0].Show != first.ID {
		t.Errorf("told of the start: %+v", told)
	}
}

func TestASecondShowBeginsAtZero(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	tea := k.Product(k.Shop, "Tea")
	r := k.Room(tea)
	k.Publish(r)
	first := k.Want(r, show.Live).Now
	k.Pin(r, tea.ID)
	k.Speak(r, id.Make[id.User](k.DB), "hello")
	_, err := k.Audience.Like(t.Context(), r, 7)
	k.Must(err)
	k.Present(r, 3)
	k.Tally()
	k.Must(k.Shows.AddRecording(t.Context(), show.Recording{Room: r, Show: first.ID, Generation: 1, Folder: "one"}))
	k.End(r)
	k.Clock.Advance(2 * time.Minute)

	k.Publish(r)
	second := k.Want(r, show.Live)
	if second.Now.ID == first.ID || second.Now.Figures != (show.Figures{}) || k.Shows.ReplayURL(second) != "" {
		t.Errorf("the second show begins with %+v", second.Now)
	}
	if marks, err := k.Shelf.Marks(t.Context(), second.Now.ID); err != nil || len(marks) != 0 {
		t.Errorf("the second show begins with marks: %v, %v", marks, err)
	}
	if said, err := k.Chat.Recent(t.Context(), r); err != nil || len(said) != 0 {
		t.Errorf("the second show begins with messages: %v, %v", said, err)
	}
	was, err := k.Shows.Find(t.Context(), r, first.ID)
	k.Must(err)
	if was.Likes != 7 || was.Messages != 1 || was.ViewersPeak != 3 || was.State != show.Ended || !was.Replay {
		t.Errorf("left of the first show: %+v", was)
	}
	if marks, err := k.Shelf.Marks(t.Context(), first.ID); err != nil || len(marks) != 1 {
		t.Errorf("left of the first show's marks: %v, %v", marks, err)
	}
	all, err := k.Shows.OfRoom(t.Context(), r, page.Request{})
	if err != nil || len(all.Items) != 2 || all.Items[0].ID != second.Now.ID {
		t.Errorf("shows of the room: %+v, %v", all.Items, err)
	}
}

func TestAShowIsFoundInItsRoomOnly(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r, other := k.Room(), k.Room()
	k.Must(k.Mode(other, room.Rehearsal))
	k.Publish(r)
	for name, c := range map[string]struct {
		room id.Room
		show id.Show
	}{
		"another room's": {other, k.Standing(r).Now.ID},
		"a rehearsal":    {other, k.Standing(other).Now.ID},
		"nowhere":        {r, id.Make[id.Show](k.DB)},
	} {
		if _, err := k.Shows.Find(t.Context(), c.room, c.show); fault.Code(err) != "live.no_such_show" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFollowersAndWhoeverAskedHearOfTheShow(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	follower, asked, left := id.Make[id.User](k.DB), id.Make[id.User](k.DB), id.Make[id.User](k.DB)
	_, err := k.Follows.Follow(t.Context(), follower, k.Shop, true, id.Room{})
	k.Must(err)
	for user, want := range map[id.User]bool{asked: true, left: true} {
		k.Must(k.Rooms.Remind(t.Context(), r, user, want))
	}
	k.Must(k.Rooms.Remind(t.Context(), r, left, false))
	want := []string{"live.started " + asked.String(), "live.started " + follower.String()}
	k.Publish(r)
	k.Drain()
	if !slices.Equal(k.Inbox.Sent, want) || k.Inbox.Refs[0] != k.Standing(r).Now.ID.String() {
		t.Errorf("when it began: %v about %v", k.Inbox.Sent, k.Inbox.Refs)
	}
	k.Unpublish(r)
	k.Publish(r) // back after a cut: the same show
	k.Ingest.OnUnpublish(r.String(), 2, stream.ErrReplaced)
	k.Ingest.OnPublish(r.String(), 3) // and taken over
	k.Drain()
	if len(k.Inbox.Sent) != 2 {
		t.Errorf("after a cut and a takeover: %v", k.Inbox.Sent)
	}
	k.Must(k.Mode(k.Room(), room.Rehearsal))
	rehearsed := k.Room()
	k.Must(k.Mode(rehearsed, room.Rehearsal))
	k.Publish(rehearsed)
	k.Drain()
	if len(k.Inbox.Sent) != 2 {
		t.Errorf("of a rehearsal: %v", k.Inbox.Sent)
	}
}

func TestWhoMustNotSeeAShowIsNotTold(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Must(k.Mode(r, room.Rehearsal))
	k.Publish(r)
	k.Want(r, show.Live)
	q, stranger := k.DB.Reader(), id.Make[id.User](k.DB)
	for name, c := range map[string]struct {
		user id.User
		want bool
	}{"staff": {k.Host, true}, "a stranger": {stranger, false}, "nobody": {id.User{}, false}} {
		if _, on, err := k.Shows.OnAirTo(t.Context(), q, r, c.user); on != c.want || err != nil {
			t.Errorf("a rehearsal is on air to %s: %v, %v", name, on, err)
		}
	}
	if shop, on, err := k.Shows.OnAir(t.Context(), q, r); !on || shop != k.Shop || err != nil {
		t.Errorf("for the program itself: %v, %v", on, err)
	}
	if shop, on, err := k.Shows.OnAirTo(t.Context(), q, id.Make[id.Room](k.DB), k.Host); on || !shop.IsZero() ||
		err != nil {
		t.Errorf("a room that is not there: %v, %v, %v", shop, on, err)
	}
	public := k.Room()
	k.Publish(public)
	if _, on, err := k.Shows.OnAirTo(t.Context(), q, public, id.User{}); !on || err != nil {
		t.Errorf("a public show, to a visitor: %v, %v", on, err)
	}
	on, err := k.Shows.RoomsOnAir(t.Context(), []id.Shop{k.Shop, id.Make[id.Shop](k.DB)})
	if err != nil || len(on) != 1 || on[k.Shop] != public {
		t.Errorf("on air for everybody: %v, %v", on, err)
	}
}

// Many publishers at once begin one show, and it is told of once.
func TestManyPublishersAtOnceBeginOneShow(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	started := stagetest.Hear[show.Started](k, show.EventStarted)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { k.Must(k.Stage.Arrived(t.Context(), r, room.Connection{})) })
		for range 3 { // as when the room is opened, which takes no lock before it looks
			all.Go(func() {
				k.Must(k.DB.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
					_, _, err := show.Begin(ctx, tx, r, id.Show{})
					return err
				}))
			})
		}
	}
	all.Wait()
	_, err := k.Shows.Look(t.Context(), r)
	k.Must(err)
	shows, err := k.Shows.OfRoom(t.Context(), r, page.Request{})
	if told := started(); err != nil || len(shows.Items) != 1 || len(told) != 1 {
		t.Errorf("%d shows, told of %d, %v", len(shows.Items), len(told), err)
	}
	var ends sync.WaitGroup
	var mu sync.Mutex
	ended := 0
	for range 8 {
		ends.Go(func() {
			err := k.Stage.End(t.Context(), k.Shop, r)
			mu.Lock()
			defer mu.Unlock()
			switch fault.Code(err) {
			case "live.not_on_air":
			default:
				k.Must(err)
				ended++
			}
		})
	}
	ends.Wait()
	if over := stagetest.Hear[show.Closed](k, show.EventEnded)(); ended != 1 || len(over) != 1 {
		t.Errorf("ended %d times, told of %d", ended, len(over))
	}
}

// Calling off beside going on air: one of the two happens, and not a bit of the
// other.
func TestCalledOffOrOnAir(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	for range 12 {
		r := k.Room()
		var off error
		var both sync.WaitGroup
		both.Go(func() { off = k.Stage.Cancel(t.Context(), k.Shop, r) })
		both.Go(func() { k.Must(k.Stage.Arrived(t.Context(), r, room.Connection{})) })
		both.Wait()
		st := k.Standing(r)
		switch {
		case off == nil && st.State() == show.Cancelled && st.Now.ID.IsZero():
		case fault.Code(off) == "live.not_planned" && st.State() == show.Live:
		default:
			t.Fatalf("calling off answered %v and the room is %s with show %s", off, st.State(), st.Now.ID)
		}
	}
}

// One recording that cannot be deleted keeps no other.
func TestOldRecordingsGo(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Publish(r)
	x := k.Standing(r).Now.ID
	for i, folder := range []string{"stuck", "old"} {
		k.Must(k.Shows.AddRecording(t.Context(), show.Recording{
			Room: r, Show: x, Generation: int64(i),
			Folder: folder,
		}))
	}
	k.End(r)
	if k.Shows.ReplayURL(k.Standing(r)) == "" {
		t.Fatal("no replay")
	}
	k.Archive.Broken = "stuck"
	k.Clock.Advance(91 * 24 * time.Hour)
	if err := k.Shows.SweepRecordings(t.Context()); err == nil {
		t.Error("nothing is said of what cannot be deleted")
	}
	if !slices.Equal(k.Archive.Removed, []string{"old"}) || k.Shows.ReplayURL(k.Standing(r)) == "" {
		t.Errorf("deleted: %v", k.Archive.Removed)
	}
	k.Archive.Broken = ""
	k.Must(k.Shows.SweepRecordings(t.Context()))
	if k.Shows.ReplayURL(k.Standing(r)) != "" {
		t.Error("there is a replay of nothing")
	}
}

// What was recorded of no show of the room can be reached by none.
func TestARecordingWithoutAShowIsNoReplay(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r, other := k.Room(), k.Room()
	k.Publish(r)
	k.Publish(other)
	x := k.Standing(other).Now.ID
	k.Must(k.Shows.AddRecording(t.Context(), show.Recording{Room: r, Show: x, Generation: 1, Folder: "a"}))
	urls, err := k.Shows.ReplayURLs(t.Context(), []id.Show{x, k.Standing(r).Now.ID})
	if err != nil || len(urls) != 0 {
		t.Errorf("replays: %v, %v", urls, err)
	}
}

// Begin runs in a transaction of its caller and does nothing twice.
func TestBeginDoesNothingTwice(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	var began []bool
	for range 2 {
		var once bool
		k.Must(k.DB.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) (err error) {
			_, once, err = show.Begin(ctx, tx, r, id.Show{})
			return err
		}))
		began = append(began, once)
	}
	if !slices.Equal(began, []bool{true, false}) {
		t.Errorf("began: %v", began)
	}
}

// The doctor finds a room whose shows are not what they must be.
func TestTheDoctorLooksAtShows(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	found := func() []string {
		t.Helper()
		wrong, err := show.Checks()[0].Run(t.Context(), k.DB.Reader())
		k.Must(err)
		return wrong
	}
	r, other := k.Room(), k.Room()
	for _, x := range []id.Room{r, other} {
		k.Publish(x)
		k.End(x)
		k.Clock.Advance(2 * time.Minute)
		k.Publish(x)
	}
	if wrong := found(); len(wrong) != 0 {
		t.Errorf("two shows one after another: %v", wrong)
	}
	k.Break("UPDATE live_show SET state = ? WHERE room_id = ?", show.Live, r)
	k.Break("UPDATE room SET show_id = ? WHERE id = ?", k.Standing(r).Now.ID, other)
	if wrong := found(); len(wrong) != 2 || !slices.Contains(wrong, r.String()) || !slices.Contains(wrong,
		other.String()) {
		t.Errorf("found: %v", wrong)
	}
}
