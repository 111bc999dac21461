package live_test

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/live"
	"hawker/internal/platform/events"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/realtime"
)

// grant is what the engine is told of a room's picture.
func (k *studio) sizes(r live.Room) []int {
	k.t.Helper()
	g, err := k.admit(k.key(r))
	k.must(err)
	return g.Ladder
}

func (k *studio) save(set live.Settings) error {
	return k.service.SaveSettings(k.t.Context(), k.shop, set)
}

func TestAShopChoosesItsRenditions(t *testing.T) {
	k := open(t)
	plain := k.room()
	if got := k.sizes(plain); got != nil {
		t.Errorf("a machine without room makes %v", got)
	}
	on := true
	k.must(k.service.Update(t.Context(), k.shop, plain.ID, live.Change{Ladder: &on}))
	if got := k.sizes(plain); !slices.Equal(got, []int{720, 480, 360}) {
		t.Errorf("the installation's are %v", got)
	}
	k.must(k.save(live.Settings{KeepDays: 30, Ladder: true, Renditions: []int{480, 240}}))
	for name, r := range map[string]live.Room{"old": plain, "new": k.room()} {
		if got := k.sizes(r); !slices.Equal(got, []int{480, 240}) {
			t.Errorf("%s room: %v", name, got)
		}
	}
	set, err := k.service.SettingsOf(t.Context(), k.shop)
	if err != nil || set.KeepDays != 30 || set.Clips || !set.Ladder || !slices.Equal(set.Renditions, []int{480, 240}) {
		t.Errorf("kept: %+v, %v", set, err)
	}
	k.must(k.save(live.Settings{KeepDays: 30, Renditions: []int{480}}))
	if got := k.sizes(k.room()); got != nil {
		t.Errorf("switched off, a new room makes %v", got)
	}
	other, err := k.service.SettingsOf(t.Context(), id.Make[id.Shop](k.db))
	if err != nil || !slices.Equal(other.Renditions, []int{720, 480, 360}) || other.KeepDays != 90 || !other.Clips {
		t.Errorf("another shop: %+v, %v", other, err)
	}
}

func TestWhatAreNoSettings(t *testing.T) {
	k := open(t)
	for name, c := range map[string]struct {
		set  live.Settings
		code string
	}{
		"no time":      {live.Settings{Renditions: []int{480}}, "live.bad_settings"},
		"for ever":     {live.Settings{KeepDays: 3651, Renditions: []int{480}}, "live.bad_settings"},
		"no size":      {live.Settings{KeepDays: 1}, "live.bad_renditions"},
		"too small":    {live.Settings{KeepDays: 1, Renditions: []int{480, 96}}, "live.bad_renditions"},
		"too large":    {live.Settings{KeepDays: 1, Renditions: []int{4320}}, "live.bad_renditions"},
		"too many":     {live.Settings{KeepDays: 1, Renditions: []int{1080, 900, 720, 600, 480, 360, 240}}, "live.bad_renditions"},
		"as it may be": {live.Settings{KeepDays: 3650, Renditions: []int{2160, 144}}, ""},
	} {
		if err := k.save(c.set); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}

func TestAShowThatIsCalledOff(t *testing.T) {
	k := open(t)
	r := k.room()
	bus, queue, box := events.NewBus(k.db, slog.New(slog.DiscardHandler)), jobs.NewQueue(k.db, slog.New(slog.DiscardHandler)), &inbox{}
	k.service.Announce(bus, queue, box)
	follower, asked := id.Make[id.User](k.db), id.Make[id.User](k.db)
	_, err := k.follows.Follow(t.Context(), follower, k.shop, true, id.Room{})
	k.must(err)
	k.must(k.service.Remind(t.Context(), r.ID, asked, true))
	at := k.clock.Now().Add(time.Hour)
	k.must(k.service.Update(t.Context(), k.shop, r.ID, live.Change{ScheduledAt: &at}))
	key := k.key(r)
	if err := k.service.CallOff(t.Context(), id.Make[id.Shop](k.db), r.ID); fault.Code(err) != "live.not_found" {
		t.Errorf("by another shop: %v", err)
	}
	k.must(k.service.CallOff(t.Context(), k.shop, r.ID))
	k.wantState(r, live.Cancelled)
	k.must(bus.Drain(t.Context()))
	k.must(queue.Drain(t.Context()))
	k.clock.Advance(55 * time.Minute)
	k.must(k.service.SweepReminders(t.Context(), box))
	if !slices.Equal(box.sent, []string{"live.called_off " + asked.String()}) {
		t.Errorf("told: %v", box.sent)
	}
	if _, err := k.admit(key); err == nil {
		t.Error("its key still opens it")
	}
	if k.listed(false) != 0 || k.listed(true) != 1 {
		t.Error("it is listed for everybody, or not for staff")
	}
	if _, code := k.speak(r, asked, "why?"); code != "live.not_on_air" {
		t.Errorf("speaking there: %q", code)
	}
	if err := k.service.CallOff(t.Context(), k.shop, r.ID); fault.Code(err) != "live.not_planned" {
		t.Errorf("called off twice: %v", err)
	}
	running := k.room()
	k.publish(running)
	if err := k.service.CallOff(t.Context(), k.shop, running.ID); fault.Code(err) != "live.not_planned" {
		t.Errorf("a show that runs: %v", err)
	}
}

// Who has the page open must not find out by being refused.
func TestAnOpenPageHearsOfNewRules(t *testing.T) {
	k := open(t)
	r := k.room()
	slow, only := 30*time.Second, true
	k.must(k.service.Update(t.Context(), k.shop, r.ID, live.Change{Slow: &slow, FollowersOnly: &only}))
	told := k.news.of(realtime.RoomChannel(r.ID), "state")
	if len(told) != 1 || told[0]["slow_seconds"] != 30.0 || told[0]["followers_only"] != true {
		t.Errorf("told %v", told)
	}
}
