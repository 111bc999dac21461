package stage_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/chat"
	"hawker/internal/media/stream"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/realtime"
	"hawker/internal/room"
	"hawker/internal/show"
	"hawker/internal/stage"
	"hawker/internal/stage/stagetest"
)

func listed(k *stagetest.Kit, staff bool, state show.State) int {
	p, err := k.Shows.List(k.T.Context(), k.Shop, state, staff, page.Request{})
	k.Must(err)
	return len(p.Items)
}

func TestAWarmUpGoesOnAirWhenItIsOpened(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Must(k.Mode(r, room.WarmUp))
	g, err := k.Admit(k.Key(r))
	if err != nil || g.Record || g.Stage != (stream.Stage{Private: true}) {
		t.Errorf("a warm-up is granted %+v, %v", g, err)
	}
	k.Publish(r)
	k.Want(r, show.Scheduled)
	if listed(k, false, "") != 1 || listed(k, false, show.Scheduled) != 1 {
		t.Error("a warm-up has no waiting page")
	}
	k.Clock.Advance(time.Minute)
	k.Engine.Stages = nil
	var modes []room.Mode // of the room when the picture changes hands
	k.Engine.OnStage = func() { modes = append(modes, k.Standing(r).Mode) }
	k.Must(k.Mode(r, room.Open))
	st := k.Want(r, show.Live)
	if len(modes) == 0 || modes[0] != room.WarmUp {
		t.Errorf("the picture changed hands in %v; anybody might have come in before", modes)
	}
	if !st.Now.StartedAt.Equal(k.Clock.Now()) {
		t.Errorf("the show began at %v", st.Now.StartedAt)
	}
	if want := (stream.Stage{Show: st.Now.ID.String()}); len(k.Engine.Stages) == 0 ||
		slices.ContainsFunc(k.Engine.Stages, func(s stream.Stage) bool { return s != want }) {
		t.Errorf("the picture went to %+v, want %+v before anybody may come in", k.Engine.Stages, want)
	}
	if err := k.Mode(r, room.WarmUp); fault.Code(err) != "live.not_staged" {
		t.Errorf("a public show goes behind the curtain: %v", err)
	}
	if err := k.Stage.SetMode(t.Context(), id.Make[id.Shop](k.DB), r,
		room.WarmUp); fault.Code(err) != "live.not_found" {
		t.Errorf("by another shop: %v", err)
	}
}

// The engine knows the show before it begins, so that nothing of it is kept
// elsewhere.
func TestAPublisherIsGrantedTheShowThatBegins(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	granted := func() string {
		g, err := k.Admit(k.Key(r))
		if err != nil || !g.Record || g.Stage.Private {
			t.Errorf("granted %+v, %v", g, err)
		}
		return g.Stage.Show
	}
	first := granted()
	if again := granted(); again != first {
		t.Errorf("an encoder that tries twice is granted %s and %s", first, again)
	}
	k.Publish(r)
	if x := k.Standing(r).Now.ID.String(); x != first || granted() != first {
		t.Errorf("the show is %s, granted was %s", x, first)
	}
	k.End(r)
	k.Clock.Advance(2 * time.Minute)
	second := granted()
	k.Publish(r)
	if x := k.Standing(r).Now.ID.String(); x != second || second == first {
		t.Errorf("the second show is %s, granted was %s after %s", x, second, first)
	}
	st, err := k.Stage.Create(t.Context(), idem.Fresh("test"), stage.Plan{Plan: room.Plan{
		Shop: k.Shop, Title: "Unkept",
		Unkept: true,
	}})
	k.Must(err)
	if g, err := k.Admit(k.Key(st.ID)); err != nil || g.Record || g.Stage.Show != "" {
		t.Errorf("a room that keeps nothing is granted %+v, %v", g, err)
	}
}

func TestARehearsalLeavesNothing(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	tea := k.Product(k.Shop, "Tea")
	r := k.Room(tea)
	waiting, _ := k.Speak(r, id.Make[id.User](k.DB), "I wait")
	k.Must(k.Mode(r, room.Rehearsal))
	k.Want(r, show.Scheduled)
	early := k.Pin(r, tea.ID) // before the picture
	k.Publish(r)
	st := k.Want(r, show.Live)
	if listed(k, false, "") != 0 || listed(k, true, "") != 1 {
		t.Error("a rehearsal is listed for everybody, or not for staff")
	}
	if early.Show != st.Now.ID || !st.Now.Rehearsal {
		t.Errorf("pinned in %s, the rehearsal is %+v", early.Show, st.Now)
	}
	k.Pin(r, tea.ID)
	said, _ := k.Speak(r, k.Host, "hello")
	k.Must(k.Chat.PinMessage(t.Context(), k.Shop, r, said.ID))
	_, err := k.Audience.Like(t.Context(), r, 5)
	k.Must(err)
	k.Tally()
	if got := k.Standing(r).Now.Figures; got.Likes != 5 || got.Messages != 1 {
		t.Errorf("nothing works in a rehearsal: %+v", got)
	}
	if !slices.Contains(k.Sockets.Channels, realtime.RoomChannel(r)) {
		t.Error("who listened before goes on listening")
	}
	k.End(r)
	k.Must(k.Mode(r, room.Open))
	st = k.Want(r, show.Scheduled)
	if !st.Now.ID.IsZero() || k.Shows.ReplayURL(st) != "" || !st.PinnedMessage.IsZero() {
		t.Errorf("left of the rehearsal: %+v", st)
	}
	list, err := k.Chat.Messages(t.Context(), r, chat.AllMessages)
	if err != nil || len(list) != 1 || list[0].ID != waiting.ID {
		t.Errorf("left of the rehearsal: %v, %v", list, err)
	}
	if p, on, err := k.Shelf.Pinned(t.Context(), r); on || err != nil {
		t.Errorf("left of the rehearsal: %+v, %v", p, err)
	}
	if pins, err := k.Shelf.Marks(t.Context(), early.Show); err != nil || len(pins) != 0 {
		t.Errorf("left of the rehearsal: %+v, %v", pins, err)
	}
	if p, err := k.Shows.OfRoom(t.Context(), r, page.Request{}); err != nil || len(p.Items) != 0 {
		t.Errorf("a rehearsal is among the shows: %+v, %v", p.Items, err)
	}
}

// A rehearsal between two shows leaves the first as it was.
func TestARehearsalBetweenShows(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	tea := k.Product(k.Shop, "Tea")
	r := k.Room(tea)
	k.Publish(r)
	first := k.Standing(r).Now.ID
	k.Pin(r, tea.ID)
	k.Speak(r, k.Host, "the first show")
	_, err := k.Audience.Like(t.Context(), r, 5)
	k.Must(err)
	k.Tally()
	k.End(r)
	k.Clock.Advance(2 * time.Minute)

	k.Must(k.Mode(r, room.Rehearsal))
	k.Publish(r)
	k.Pin(r, tea.ID)
	k.Speak(r, k.Host, "the rehearsal")
	if st := k.Want(r, show.Live); st.Now.ID == first || st.Now.Likes != 0 {
		t.Errorf("the rehearsal is %+v", st.Now)
	}
	k.End(r)
	k.Must(k.Mode(r, room.Open))
	st := k.Want(r, show.Ended)
	if st.Now.ID != first || st.Now.Likes != 5 || st.Now.Messages != 1 {
		t.Errorf("after the rehearsal the room's show is %+v", st.Now)
	}
	list, err := k.Chat.Recent(t.Context(), r)
	if err != nil || len(list) != 1 || list[0].Text != "the first show" {
		t.Errorf("said: %v, %v", list, err)
	}
	if marks, err := k.Shelf.Marks(t.Context(), first); err != nil || len(marks) != 1 {
		t.Errorf("marks: %v, %v", marks, err)
	}
}

// A rehearsal whose room is opened while the picture is on becomes no show: the
// show that begins has nothing of it.
func TestAShowBeginsWhereARehearsalWasOn(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Must(k.Mode(r, room.Rehearsal))
	k.Publish(r)
	k.Speak(r, k.Host, "only for us")
	rehearsal := k.Standing(r).Now.ID
	k.Must(k.Mode(r, room.Open))
	st := k.Want(r, show.Live)
	list, err := k.Chat.Recent(t.Context(), r)
	if err != nil || len(list) != 0 || st.Now.ID == rehearsal || st.Now.Rehearsal || st.Now.Messages != 0 {
		t.Errorf("the show is %+v and has %v, %v", st.Now, list, err)
	}
}

func TestTheHostEndsTheShow(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	p := k.Product(k.Shop, "Tea")
	r := k.Room(p)
	end := func(shop id.Shop) string { return fault.Code(k.Stage.End(t.Context(), shop, r)) }
	if code := end(k.Shop); code != "live.not_on_air" {
		t.Errorf("ending what has not begun: %q", code)
	}
	k.Publish(r)
	k.Pin(r, p.ID)
	if code := end(id.Make[id.Shop](k.DB)); code != "live.not_found" {
		t.Errorf("another shop ends it: %q", code)
	}
	k.Want(r, show.Live)
	k.End(r)
	k.Want(r, show.Ended)
	if len(k.Engine.Closed) != 1 {
		t.Errorf("the publisher was not sent away: %v", k.Engine.Closed)
	}
	if _, on, err := k.Shelf.Pinned(t.Context(), r); on || err != nil {
		t.Errorf("something is still pinned: %v", err)
	}
	if told := k.News.Of(realtime.RoomChannel(r), "pin"); len(told) != 1 || told[0]["pin"] != nil {
		t.Errorf("viewers heard of the pin %v", told)
	}
	if _, err := k.Admit(k.Key(r)); !errors.Is(err, room.ErrEnded) {
		t.Errorf("the encoder that reconnects by itself: %v", err)
	}
	k.Clock.Advance(time.Minute)
	if _, err := k.Admit(k.Key(r)); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

func TestAShowThatIsCalledOff(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	follower, asked := id.Make[id.User](k.DB), id.Make[id.User](k.DB)
	_, err := k.Follows.Follow(t.Context(), follower, k.Shop, true, id.Room{})
	k.Must(err)
	k.Must(k.Rooms.Remind(t.Context(), r, asked, true))
	at := k.Clock.Now().Add(time.Hour)
	k.Must(k.Stage.Update(t.Context(), k.Shop, r, room.Change{ScheduledAt: &at}))
	key := k.Key(r)
	off := func(shop id.Shop, r id.Room) string { return fault.Code(k.Stage.Cancel(t.Context(), shop, r)) }
	if code := off(id.Make[id.Shop](k.DB), r); code != "live.not_found" {
		t.Errorf("by another shop: %q", code)
	}
	if code := off(k.Shop, r); code != "" {
		t.Fatal(code)
	}
	k.Want(r, show.Cancelled)
	k.Drain()
	k.Clock.Advance(55 * time.Minute)
	k.Must(k.Rooms.SweepReminders(t.Context()))
	if !slices.Equal(k.Inbox.Sent, []string{"live.called_off " + asked.String()}) {
		t.Errorf("told: %v", k.Inbox.Sent)
	}
	if _, err := k.Admit(key); !errors.Is(err, room.ErrEnded) {
		t.Errorf("its key: %v", err)
	}
	if listed(k, false, "") != 0 || listed(k, true, "") != 1 {
		t.Error("it is listed for everybody, or not for staff")
	}
	if _, code := k.Speak(r, asked, "why?"); code != "live.not_on_air" {
		t.Errorf("speaking there: %q", code)
	}
	if code := off(k.Shop, r); code != "live.not_planned" {
		t.Errorf("called off twice: %q", code)
	}
	if err := k.Mode(r, room.WarmUp); fault.Code(err) != "live.not_staged" {
		t.Errorf("a room that was called off is staged: %v", err)
	}
	k.Publish(r)
	k.Want(r, show.Cancelled)
	running := k.Room()
	k.Publish(running)
	if code := off(k.Shop, running); code != "live.not_planned" {
		t.Errorf("a show that runs: %q", code)
	}
	rehearsal := k.Room()
	k.Must(k.Mode(rehearsal, room.Rehearsal))
	if code := off(k.Shop, rehearsal); code != "" || !k.Want(rehearsal, show.Cancelled).Now.ID.IsZero() {
		t.Errorf("a rehearsal is called off: %q", code)
	}
	k.Drain()
	if len(k.Inbox.Sent) != 2 { // the other is of the show that runs
		t.Errorf("of a rehearsal, told: %v", k.Inbox.Sent)
	}
}

// aired has a show in a room and ends it.
func aired(k *stagetest.Kit, r id.Room) id.Show {
	k.T.Helper()
	k.Publish(r)
	x := k.Want(r, show.Live).Now.ID
	k.End(r)
	k.Clock.Advance(2 * time.Minute)
	return x
}

func TestAfterACrashShowsWaitForTheirPublishers(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	on, off, rehearsed, over := k.Room(), k.Room(), k.Room(), k.Room()
	k.Must(k.Mode(rehearsed, room.Rehearsal))
	long := aired(k, over) // its recordings were closed long before the crash
	k.Clock.Advance(2 * time.Hour)
	lately := aired(k, over)
	k.Publish(on)
	k.Publish(rehearsed)
	k.Clock.Advance(240 * time.Hour) // nobody was there
	var looked []id.Show
	k.Archive.Found = func(x show.Show) ([]show.Recording, error) {
		looked = append(looked, x.ID)
		if x.ID == lately {
			return nil, errors.New("the archive says no")
		}
		return []show.Recording{{Room: x.Room, Show: x.ID, Folder: "cut"}}, nil
	}
	k.Restart()
	k.Must(k.Stage.Recover(t.Context()))
	if len(looked) != 2 || slices.Contains(looked, long) || !slices.Contains(looked, lately) {
		t.Errorf("looked for recordings of %v", looked)
	}
	if got := k.Want(on, show.Paused); k.Shows.ReplayURL(got) == "" {
		t.Error("the recording of the crashed show cannot be played")
	}
	if got := k.Want(rehearsed, show.Paused); got.Now.Replay {
		t.Error("a rehearsal has a replay")
	}
	k.Want(off, show.Scheduled)
	if next, err := k.Stage.NextEnd(t.Context(), k.DB.Reader()); err != nil ||
		!next.Equal(k.Clock.Now().Add(time.Minute)) {
		t.Errorf("the next end is due at %v, %v", next, err)
	}
	k.Clock.Advance(time.Minute)
	k.Sweep()
	k.Want(on, show.Ended)
	k.Want(rehearsed, show.Ended)
	if next, err := k.Stage.NextEnd(t.Context(), k.DB.Reader()); err != nil || !next.IsZero() {
		t.Errorf("another end is due at %v, %v", next, err)
	}
}

// One show that cannot be ended keeps no other.
func TestABrokenRoomKeepsNoOther(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	broken, fine := k.Room(), k.Room()
	for _, r := range []id.Room{broken, fine} {
		k.Publish(r)
		k.Unpublish(r)
	}
	k.Clock.Advance(time.Minute)
	k.Break("DELETE FROM room WHERE id = ?", broken)
	if err := k.Stage.Sweep(t.Context()); err == nil {
		t.Error("nothing is said of the broken room")
	}
	k.Want(fine, show.Ended)
}
