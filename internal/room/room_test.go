package room_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/media/stream"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/idem"
	"hawker/internal/room"
	"hawker/internal/show"
	"hawker/internal/stage"
	"hawker/internal/stage/stagetest"
)

func TestOnlyTheKeyOpensTheRoom(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	key := k.Key(r)
	for name, c := range map[string]struct {
		request stream.PublishRequest
		want    error
	}{
		"by name":       {stream.PublishRequest{App: "live", Name: key}, nil},
		"by query":      {stream.PublishRequest{App: "live", Name: "anything", Query: url.Values{"key": {key}}}, nil},
		"no key":        {stream.PublishRequest{App: "live"}, room.ErrWrongKey},
		"the room's id": {stream.PublishRequest{App: "live", Name: r.String()}, room.ErrWrongKey},
		"half a key":    {stream.PublishRequest{App: "live", Name: key[:len(key)-1]}, room.ErrWrongKey},
		"other case":    {stream.PublishRequest{App: "live", Name: strings.ToUpper(key)}, room.ErrWrongKey},
		"other app":     {stream.PublishRequest{App: "vod", Name: key}, room.ErrWrongKey},
	} {
		g, err := k.Ingest.Admit(t.Context(), c.request)
		if !errors.Is(err, c.want) || (err == nil) != (g.StreamID == r.String()) {
			t.Errorf("%s: %+v, %v", name, g, err)
		}
	}
	k.Must(k.Stage.ResetKey(t.Context(), k.Shop, r))
	if _, err := k.Admit(key); !errors.Is(err, room.ErrWrongKey) {
		t.Errorf("the old key: %v", err)
	}
	if _, err := k.Admit(k.Key(r)); err != nil {
		t.Errorf("the new key: %v", err)
	}
	if len(k.Engine.Closed) != 1 {
		t.Errorf("the publisher with the old key was not sent away: %v", k.Engine.Closed)
	}
	if err := k.Stage.ResetKey(t.Context(), id.Make[id.Shop](k.DB), r); fault.Code(err) != "live.not_found" {
		t.Errorf("another shop resets the key: %v", err)
	}
}

func TestAKeyIsNobodyElses(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	_, err := k.Stage.Create(t.Context(), idem.Fresh("test"), stage.Plan{
		Plan: room.Plan{Shop: k.Shop, Title: "Two", Key: k.Key(k.Room())},
	})
	if fault.Code(err) != "live.key_taken" {
		t.Errorf("a second room with the same key: %v", err)
	}
}

func sizes(k *stagetest.Kit, r id.Room) []int {
	g, err := k.Admit(k.Key(r))
	k.Must(err)
	return g.Ladder
}

func TestAShopChoosesItsRenditions(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	save := func(set room.Settings) { k.Must(k.Rooms.SaveSettings(t.Context(), k.Shop, set)) }
	plain := k.Room()
	if got := sizes(k, plain); got != nil {
		t.Errorf("a machine without room makes %v", got)
	}
	on := true
	k.Must(k.Stage.Update(t.Context(), k.Shop, plain, room.Change{Ladder: &on}))
	if got := sizes(k, plain); !slices.Equal(got, []int{720, 480, 360}) {
		t.Errorf("the installation's are %v", got)
	}
	save(room.Settings{KeepDays: 30, Ladder: true, Renditions: []int{480, 240}})
	for name, r := range map[string]id.Room{"old": plain, "new": k.Room()} {
		if got := sizes(k, r); !slices.Equal(got, []int{480, 240}) {
			t.Errorf("%s room: %v", name, got)
		}
	}
	set, err := k.Rooms.SettingsOf(t.Context(), k.Shop)
	if err != nil || set.KeepDays != 30 || set.Clips || !set.Ladder || !slices.Equal(set.Renditions, []int{480, 240}) {
		t.Errorf("kept: %+v, %v", set, err)
	}
	save(room.Settings{KeepDays: 30, Renditions: []int{480}})
	if got := sizes(k, k.Room()); got != nil {
		t.Errorf("switched off, a new room makes %v", got)
	}
	other, err := k.Rooms.SettingsOf(t.Context(), id.Make[id.Shop](k.DB))
	if err != nil || !slices.Equal(other.Renditions, []int{720, 480, 360}) || other.KeepDays != 90 || !other.Clips {
		t.Errorf("another shop: %+v, %v", other, err)
	}
}

func TestWhatAreNoSettings(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	many := []int{1080, 900, 720, 600, 480, 360, 240}
	for name, c := range map[string]struct {
		set  room.Settings
		code string
	}{
		"no time":      {room.Settings{Renditions: []int{480}}, "live.bad_settings"},
		"for ever":     {room.Settings{KeepDays: 3651, Renditions: []int{480}}, "live.bad_settings"},
		"no size":      {room.Settings{KeepDays: 1}, "live.bad_renditions"},
		"too small":    {room.Settings{KeepDays: 1, Renditions: []int{480, 96}}, "live.bad_renditions"},
		"too large":    {room.Settings{KeepDays: 1, Renditions: []int{4320}}, "live.bad_renditions"},
		"too many":     {room.Settings{KeepDays: 1, Renditions: many}, "live.bad_renditions"},
		"as it may be": {room.Settings{KeepDays: 3650, Renditions: []int{2160, 144}}, ""},
	} {
		if err := k.Rooms.SaveSettings(t.Context(), k.Shop, c.set); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}

// Two hands at once change a room, each another thing of it: both keep theirs.
func TestTwoChangesAtOnceBothHold(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	for i := range 10 {
		title, slow := fmt.Sprintf("Title %d", i), time.Duration(i+1)*time.Second
		var both sync.WaitGroup
		both.Go(func() { k.Must(k.Rooms.Update(t.Context(), k.Shop, r, room.Change{Title: &title})) })
		both.Go(func() { k.Must(k.Rooms.Update(t.Context(), k.Shop, r, room.Change{Slow: &slow})) })
		both.Wait()
		if got := k.Standing(r); got.Title != title || got.Slow != slow {
			t.Fatalf("round %d: %q and %v, want %q and %v", i, got.Title, got.Slow, title, slow)
		}
	}
	if err := k.Rooms.Update(t.Context(), id.Make[id.Shop](k.DB), r,
		room.Change{}); fault.Code(err) != "live.not_found" {
		t.Errorf("another shop changes the room: %v", err)
	}
}

// A show that is put off is announced at its new time.
func TestAShowThatIsPutOffIsAnnouncedAnew(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r, asked := k.Room(), id.Make[id.User](k.DB)
	k.Must(k.Rooms.Remind(t.Context(), r, asked, true))
	for i := range 2 {
		at := k.Clock.Now().Add(time.Hour)
		k.Must(k.Stage.Update(t.Context(), k.Shop, r, room.Change{ScheduledAt: &at}))
		next, err := k.Rooms.NextReminder(t.Context(), k.DB.Reader())
		if err != nil || !next.Equal(at.Add(-10*time.Minute)) {
			t.Errorf("the next reminder is due at %v, %v", next, err)
		}
		k.Clock.Advance(51 * time.Minute)
		for range 2 {
			k.Must(k.Rooms.SweepReminders(t.Context()))
		}
		if len(k.Inbox.Sent) != i+1 {
			t.Fatalf("told: %v", k.Inbox.Sent)
		}
	}
	if next, err := k.Rooms.NextReminder(t.Context(), k.DB.Reader()); err != nil || !next.IsZero() {
		t.Errorf("another reminder is due at %v, %v", next, err)
	}
}

func TestEverybodyWhoAskedIsReminded(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	const people = 2*room.PeopleBatch + 1
	for range people {
		k.Must(k.Rooms.Remind(t.Context(), r, id.Make[id.User](k.DB), true))
	}
	at := k.Clock.Now().Add(5 * time.Minute)
	k.Must(k.Stage.Update(t.Context(), k.Shop, r, room.Change{ScheduledAt: &at}))
	k.Must(k.Rooms.SweepReminders(t.Context()))
	told := slices.Compact(slices.Sorted(slices.Values(k.Inbox.Sent)))
	if len(told) != people || k.Inbox.Most > room.PeopleBatch {
		t.Errorf("%d of %d were told, up to %d in one transaction", len(told), people, k.Inbox.Most)
	}
}

func TestADoorIsKnownWithoutLooking(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	door := func() httpapi.RoomDoor {
		t.Helper()
		d, err := k.Rooms.Door(t.Context(), r)
		k.Must(err)
		return d
	}
	if d := door(); d.Private() || d.Shop != k.Shop {
		t.Errorf("an open room: %+v", d)
	}
	for _, mode := range []room.Mode{room.WarmUp, room.Rehearsal, room.Open} {
		k.Must(k.Mode(r, mode))
		if d := door(); d.Mode != string(mode) {
			t.Errorf("after %s the door says %+v", mode, d)
		}
	}
	if _, err := k.Rooms.Door(t.Context(), id.Make[id.Room](k.DB)); fault.Code(err) != "live.not_found" {
		t.Errorf("a room that is not there: %v", err)
	}
	k.Must(k.Mode(r, room.WarmUp))
	k.Restart()
	if d := door(); !d.Private() {
		t.Error("after a restart the picture of a warm-up is public")
	}
	k.Must(k.Stage.Cancel(t.Context(), k.Shop, r))
	if d := door(); d.Private() || k.Standing(r).State() != show.Cancelled {
		t.Errorf("a room that was called off: %+v", d)
	}
}
