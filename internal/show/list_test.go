package show_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/show"
	"hawker/internal/stage"
	"hawker/internal/stage/stagetest"
)

// made is a room in one of the ways in which rooms stand.
func made(k *stagetest.Kit, shop id.Shop, how int) id.Room {
	st, err := k.Stage.Create(context.Background(), idem.Fresh("test"), stage.Plan{Plan: room.Plan{
		Shop: shop, Host: k.Host, Title: "x",
	}})
	k.Must(err)
	turn := func(m room.Mode) { k.Must(k.Stage.SetMode(context.Background(), shop, st.ID, m)) }
	end := func() { k.Must(k.Stage.End(context.Background(), shop, st.ID)); k.Unpublish(st.ID) }
	switch how {
	case 1:
		k.Publish(st.ID)
	case 2:
		k.Publish(st.ID)
		k.Unpublish(st.ID)
	case 3:
		k.Publish(st.ID)
		end()
	case 4:
		k.Must(k.Stage.Cancel(context.Background(), shop, st.ID))
	case 5:
		turn(room.WarmUp)
	case 6:
		turn(room.Rehearsal)
		k.Publish(st.ID)
	case 7:
		turn(room.Rehearsal)
	case 8: // a show is over, the next one waits in private
		k.Publish(st.ID)
		end()
		turn(room.WarmUp)
	}
	return st.ID
}

// Rooms in every state, of two shops: each list holds what somebody would pick by
// hand, newest first, each once, whatever the size of a page.
func TestListsAreWhatOneWouldPick(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	shops := []id.Shop{k.Shop, id.Make[id.Shop](k.DB)}
	var all []id.Room
	for i := range 18 {
		all = append(all, made(k, shops[i/9], i%9))
		k.Clock.Advance(time.Millisecond)
	}
	slices.Reverse(all)
	for _, shop := range []id.Shop{shops[0], shops[1], {}} {
		for _, state := range []show.State{"", show.Live, show.Scheduled, show.Ended, show.Cancelled} {
			for _, staff := range []bool{false, true} {
				var want, got []id.Room
				for _, r := range all {
					st := k.Standing(r)
					fits := state == "" || st.State() == state || state == show.Live && st.OnAir()
					secret := st.Mode == room.Rehearsal || st.State() == show.Cancelled
					if fits && (shop.IsZero() || st.Shop == shop) && (staff || !secret) {
						want = append(want, r)
					}
				}
				for cursor, more := "", true; more; more = cursor != "" {
					p, err := k.Shows.List(t.Context(), shop, state, staff, page.Request{Cursor: cursor, Limit: 2})
					k.Must(err)
					for _, st := range p.Items {
						got = append(got, st.ID)
					}
					cursor = p.NextCursor
				}
				if !slices.Equal(got, want) {
					t.Errorf("%q of shop %v for staff %v: %d rooms, want %d", state, shop, staff, len(got), len(want))
				}
			}
		}
	}
	if _, err := k.Shows.List(t.Context(), k.Shop, "", true, page.Request{Cursor: "torn"}); fault.As(err) == nil {
		t.Errorf("a torn cursor: %v", err)
	}
}

// A room's shows are listed newest first to those who read figures, rehearsals never.
func TestShowsBehindTheDoor(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	d := httpapitest.Open(t, k.Clock, k.Shows.Module())
	door, err := k.Rooms.Door(t.Context(), r)
	k.Must(err)
	d.Room(r, door)
	reader, host, rival := id.Make[id.User](k.DB), id.Make[id.User](k.DB), id.Make[id.User](k.DB)
	d.Hire(reader, k.Shop, permission.FiguresRead)
	d.Hire(host, k.Shop, permission.LiveRun)
	theirs := id.Make[id.Shop](k.DB)
	d.Hire(rival, theirs)
	d.Name("shop", k.Shop)
	d.Name("room", r)
	d.Strangers()
	const path = "GET /merchant/{shop}/rooms/{room}/shows"
	var want []string
	for range 3 {
		k.Publish(r)
		want = append(want, k.Standing(r).Now.ID.String())
		k.End(r)
		k.Clock.Advance(2 * time.Minute)
	}
	k.Must(k.Mode(r, room.Rehearsal))
	k.Publish(r)
	slices.Reverse(want)
	var got []string
	for cursor, more := "", true; more; more = cursor != "" {
		p := d.Call(reader, 200, path+"?limit=2&cursor="+cursor, nil)
		for _, x := range p.List("items") {
			if got = append(got, x.Text("id")); x.Text("state") != "ended" || x.At("ended_at") == nil {
				t.Errorf("a show that is over: %v", x)
			}
		}
		cursor = p.Text("next_cursor")
	}
	if !slices.Equal(got, want) {
		t.Errorf("shows: %v, want %v", got, want)
	}
	d.Refuse(host, 403, "shop.not_staff", path, nil)
	d.Refuse(rival, 404, "live.not_found", "GET /merchant/"+theirs.String()+"/rooms/{room}/shows", nil)
	d.Dismiss(reader, k.Shop)
	d.Refuse(reader, 403, "shop.not_staff", path, nil)
}

// Figures only grow, in whatever order and by however many hands they come.
func TestFiguresOnlyGrow(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Publish(r)
	x := k.Standing(r).Now.ID
	want := show.Figures{}
	stagetest.Walk(t, func(rt *rapid.T) {
		n := rapid.Int64Range(0, 1000)
		more := show.Figures{
			Likes: n.Draw(rt, "likes"), Entries: n.Draw(rt, "entries"), Follows: n.Draw(rt, "follows"),
			Messages: n.Draw(rt, "messages"), ViewersPeak: n.Draw(rt, "viewers"),
		}
		want.Likes += more.Likes
		want.Entries += more.Entries
		want.Follows += more.Follows
		want.Messages += more.Messages
		want.ViewersPeak = max(want.ViewersPeak, more.ViewersPeak)
		var got show.Figures
		k.Must(k.DB.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) (err error) {
			got, err = show.AddFigures(ctx, tx, x, more)
			return err
		}))
		if got != want {
			rt.Fatalf("%+v, want %+v", got, want)
		}
	})
	k.End(r)
	k.Must(k.DB.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		if counted, err := show.CountMessage(ctx, tx, x); counted || err != nil {
			t.Errorf("a message of a show that is over counts: %v", err)
		}
		return show.NoteMinute(ctx, tx, id.Make[id.Show](k.DB), 3) // of a rehearsal that was forgotten
	}))
}

// Recordings go when their shop has kept them long enough, not before; the replay
// goes with the last of a show's.
func TestRecordingsAreKeptAsLongAsTheShopSays(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	const day = 24 * time.Hour
	k.Must(k.Rooms.SaveSettings(t.Context(), k.Shop, room.Settings{KeepDays: 7, Renditions: []int{480}}))
	k.Publish(r)
	x := k.Standing(r).Now.ID
	keep := func(folder string) {
		k.Must(k.Shows.AddRecording(t.Context(), show.Recording{Room: r, Show: x, Folder: folder}))
	}
	sweep := func(gone ...string) {
		t.Helper()
		k.Must(k.Shows.SweepRecordings(t.Context()))
		if !slices.Equal(k.Archive.Removed, gone) {
			t.Errorf("deleted are %v, want %v", k.Archive.Removed, gone)
		}
	}
	keep("first")
	k.Clock.Advance(day)
	keep("second")
	keep("second") // told of twice
	k.End(r)
	k.Clock.Advance(6 * day)
	sweep()
	k.Clock.Advance(time.Millisecond)
	sweep("first")
	if k.Shows.ReplayURL(k.Standing(r)) == "" {
		t.Error("the replay is gone while half of it is there")
	}
	k.Must(k.Rooms.SaveSettings(t.Context(), k.Shop, room.Settings{KeepDays: 30, Renditions: []int{480}}))
	k.Clock.Advance(20 * day)
	sweep("first")
	k.Clock.Advance(10 * day)
	sweep("first", "second")
	sweep("first", "second")
	if url := k.Shows.ReplayURL(k.Standing(r)); url != "" {
		t.Errorf("there is a replay of nothing at %s", url)
	}
}

// What the program remembers of running shows is what the database says, whoever
// moves rooms at once; who waits for a show wakes when there is one.
func TestWhatRunsIsRemembered(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	woken := make(chan bool)
	go func() { woken <- k.Shows.Await(t.Context()) }()
	var rooms []id.Room
	for range 4 {
		rooms = append(rooms, k.Room())
	}
	var all sync.WaitGroup
	for _, r := range rooms {
		all.Go(func() {
			for range 3 {
				k.Must(k.Stage.Arrived(t.Context(), r, room.Connection{}))
				k.Must(k.Stage.End(t.Context(), k.Shop, r))
			}
			k.Must(k.Stage.Arrived(t.Context(), r, room.Connection{}))
		})
	}
	all.Wait()
	if !<-woken {
		t.Error("who waits for a show sleeps on")
	}
	for range 2 {
		if n := len(k.Shows.Running()); n != len(rooms) {
			t.Errorf("%d shows run, want %d", n, len(rooms))
		}
		for _, r := range rooms {
			if x, ok := k.Shows.RunningIn(r); !ok || x.ID != k.Standing(r).Now.ID {
				t.Errorf("in %s runs %s, %v", r, x.ID, ok)
			}
		}
		k.Must(k.Shows.Load(t.Context())) // as after a start: the same
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if k.Shows.Await(ctx) {
		t.Error("a program that ends is told to go on")
	}
	since, err := k.Shows.Since(t.Context(), k.Shop, k.Clock.Now().Add(time.Minute))
	if err != nil || len(since) != len(rooms) { // those that run, not those that are over
		t.Errorf("%d shows since then, %v", len(since), err)
	}
}

// Two hands that note a recording at once note it once, and the replay is the show's
// whatever order its recordings come in.
func TestRecordingsComeInAnyOrder(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	var shows []id.Show
	for range 3 {
		k.Publish(r)
		shows = append(shows, k.Standing(r).Now.ID)
		k.End(r)
		k.Clock.Advance(2 * time.Minute)
	}
	var all sync.WaitGroup
	for _, i := range []int{2, 0, 2, 0} {
		all.Go(func() {
			k.Must(k.Shows.AddRecording(t.Context(), show.Recording{
				Room: r, Show: shows[i],
				Folder: shows[i].String(),
			}))
		})
	}
	all.Wait()
	urls, err := k.Shows.ReplayURLs(t.Context(), shows)
	if err != nil || len(urls) != 2 || urls[shows[1]] != "" || urls[shows[0]] == urls[shows[2]] {
		t.Errorf("replays: %v, %v", urls, err)
	}
	for i, want := range []int{1, 0, 1} {
		var n int
		k.Must(k.DB.Reader().QueryRow(t.Context(), "SELECT COUNT(*) FROM recording WHERE show_id = ?", shows[i]).
			Scan(&n))
		if n != want {
			t.Errorf("show %d has %d recordings, want %d", i, n, want)
		}
	}
}
