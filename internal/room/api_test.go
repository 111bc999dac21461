package room_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/idem"
	"hawker/internal/room"
	"hawker/internal/stage"
	"hawker/internal/stage/stagetest"
)

type body = map[string]any

func behind(t *testing.T) (*stagetest.Kit, *httpapitest.Door) {
	t.Helper()
	k := stagetest.Open(t)
	d := httpapitest.Open(t, k.Clock, k.Rooms.Module())
	d.Hire(k.Host, k.Shop, permission.LiveRun)
	d.Name("shop", k.Shop)
	return k, d
}

func TestSettingsBehindTheDoor(t *testing.T) {
	t.Parallel()
	k, d := behind(t)
	d.Strangers()
	const path = "/merchant/{shop}/live-settings"
	if got := d.Call(k.Host, 200, "GET "+path, nil); got.Show("keep_days", "clips", "ladder", "renditions") !=
		"90 true false [720 480 360]" {
		t.Errorf("what nobody has set: %v", got)
	}
	wanted := body{"keep_days": 7, "clips": false, "ladder": true, "renditions": []int{480}}
	for range 2 {
		d.Call(k.Host, 200, "PUT "+path, wanted)
	}
	if got := d.Call(k.Host, 200, "GET "+path, nil); got.Show("keep_days", "clips", "ladder", "renditions") !=
		"7 false true [480]" {
		t.Errorf("set: %v", got)
	}
	for _, bad := range []body{
		{"keep_days": 0, "clips": true, "ladder": true, "renditions": []int{480}},
		{"keep_days": 3651, "clips": true, "ladder": true, "renditions": []int{480}},
		{"keep_days": 7, "clips": true, "ladder": true, "renditions": []int{}},
		{"keep_days": 7, "clips": true, "ladder": true, "renditions": []int{1, 2, 3, 4, 5, 6, 7}},
	} {
		d.Refuse(k.Host, 422, "request.invalid", "PUT "+path, bad)
	}
	d.Refuse(k.Host, 422, "live.bad_renditions", "PUT "+path,
		body{"keep_days": 7, "clips": true, "ladder": true, "renditions": []int{143}})
	if set, err := k.Rooms.SettingsOf(t.Context(), id.Make[id.Shop](k.DB)); err != nil ||
		set.KeepDays != room.KeepDefault {
		t.Errorf("another shop has %+v, %v", set, err)
	}
}

func TestAReminderBehindTheDoor(t *testing.T) {
	t.Parallel()
	k, d := behind(t)
	r, ann := k.Room(), id.Make[id.User](k.DB)
	door := func() {
		t.Helper()
		x, err := k.Rooms.Door(t.Context(), r)
		k.Must(err)
		d.Room(r, x)
	}
	door()
	d.Name("room", r)
	const path = "/live/rooms/{room}/reminder"
	reminded := func(want bool) {
		t.Helper()
		if got, err := k.Rooms.Reminds(t.Context(), r, ann); err != nil || got != want {
			t.Errorf("reminded: %v, %v; want %v", got, err, want)
		}
	}
	d.Refuse(id.User{}, 401, "auth.sign_in_required", "PUT "+path, nil)
	for _, want := range []bool{true, true, false, false} {
		d.Call(ann, 204, map[bool]string{true: "PUT ", false: "DELETE "}[want]+path, nil)
		reminded(want)
	}
	k.Must(k.Mode(r, room.WarmUp)) // its lobby is where people ask to be reminded
	door()
	d.Call(ann, 204, "PUT "+path, nil)
	reminded(true)
	k.Must(k.Mode(r, room.Rehearsal))
	door()
	d.Refuse(ann, 404, "live.not_found", "DELETE "+path, nil)
	reminded(true)
	if err := k.Rooms.Remind(t.Context(), id.Make[id.Room](k.DB), ann, true); fault.Code(err) != "live.not_found" {
		t.Errorf("of a room that is not there: %v", err)
	}
}

// Those who asked are reminded once, ten minutes before, of the time that is planned
// then; of what was called off or has begun they hear nothing.
func TestWhenPeopleAreReminded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		then func(k *stagetest.Kit, r id.Room)
		want int
	}{
		{"as planned", func(*stagetest.Kit, id.Room) {}, 1},
		{
			"called off", func(k *stagetest.Kit, r id.Room) { k.Must(k.Stage.Cancel(context.Background(), k.Shop, r)) },
			0,
		},
		{"begun before", func(k *stagetest.Kit, r id.Room) { k.Publish(r) }, 0},
		{"put off by an hour", func(k *stagetest.Kit, r id.Room) {
			later := k.Clock.Now().Add(2 * time.Hour)
			k.Must(k.Stage.Update(context.Background(), k.Shop, r, room.Change{ScheduledAt: &later}))
		}, 0},
	} {
		k := stagetest.Open(t)
		r := k.Room()
		at := k.Clock.Now().Add(time.Hour)
		k.Must(k.Stage.Update(t.Context(), k.Shop, r, room.Change{ScheduledAt: &at}))
		k.Must(k.Rooms.Remind(t.Context(), r, id.Make[id.User](k.DB), true))
		due, err := k.Rooms.NextReminder(t.Context(), k.DB.Reader())
		if k.Must(err); !due.Equal(at.Add(-10 * time.Minute)) {
			t.Errorf("due at %s, the show is at %s", due, at)
		}
		c.then(k, r)
		said := func() (n int) {
			for _, s := range k.Inbox.Sent {
				if strings.HasPrefix(s, "live.soon ") {
					n++
				}
			}
			return n
		}
		k.Clock.Advance(50*time.Minute - time.Second)
		k.Must(k.Rooms.SweepReminders(t.Context()))
		if said() != 0 {
			t.Errorf("%s: reminded too early", c.what)
		}
		for range 2 {
			k.Clock.Advance(time.Second)
			k.Must(k.Rooms.SweepReminders(t.Context()))
		}
		if said() != c.want {
			t.Errorf("%s: reminded %d times, want %d", c.what, said(), c.want)
		}
	}
}

func TestWhatIsNoRoom(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	now := k.Clock.Now()
	for _, c := range []struct {
		what, title, code string
		at                time.Time
	}{
		{"no title", " \t", "live.bad_title", time.Time{}},
		{"a long title", strings.Repeat("茶", room.TitleMax+1), "live.bad_title", time.Time{}},
		{"as long as may be", strings.Repeat("茶", room.TitleMax), "", time.Time{}},
		{"yesterday", "x", "live.bad_schedule", now.Add(-time.Second)},
		{"now", "x", "", now},
		{"in a year", "x", "", now.Add(365 * 24 * time.Hour)},
		{"later", "x", "live.bad_schedule", now.Add(365*24*time.Hour + time.Second)},
	} {
		_, err := k.Stage.Create(t.Context(), idem.Fresh("test"), stage.Plan{Plan: room.Plan{
			Shop: k.Shop, Host: k.Host, Title: c.title, ScheduledAt: c.at,
		}})
		if fault.Code(err) != c.code || (err == nil) != (c.code == "") {
			t.Errorf("%s: %v, want %q", c.what, err, c.code)
		}
	}
	r := k.Room()
	for slow, code := range map[time.Duration]string{
		-1: "live.bad_chat_rules", 0: "", 600e9: "",
		601e9: "live.bad_chat_rules",
	} {
		if err := k.Rooms.Update(t.Context(), k.Shop, r, room.Change{Slow: &slow}); fault.Code(err) != code {
			t.Errorf("slow by %s: %v, want %q", slow, err, code)
		}
	}
	title := "x"
	if err := k.Rooms.Update(t.Context(), id.Make[id.Shop](k.DB), r, room.Change{Title: &title}); fault.Code(
		err) != "live.not_found" {
		t.Errorf("by another shop: %v", err)
	}
	if err := k.Rooms.ResetKey(t.Context(), id.Make[id.Shop](k.DB), r); fault.Code(err) != "live.not_found" {
		t.Errorf("the key by another shop: %v", err)
	}
}

// Whatever is changed of a room in whatever order, each change sets what it names and
// nothing else.
func TestAChangeSetsWhatItNames(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	stagetest.Walk(t, func(rt *rapid.T) {
		r := k.Room()
		want, err := k.Rooms.Find(t.Context(), r)
		k.Must(err)
		for range rapid.IntRange(1, 6).Draw(rt, "changes") {
			var c room.Change
			if rapid.Bool().Draw(rt, "title") {
				title := fmt.Sprint("t", rapid.IntRange(0, 9).Draw(rt, "n"))
				c.Title, want.Title = &title, title
			}
			if rapid.Bool().Draw(rt, "slow") {
				slow := time.Duration(rapid.IntRange(0, 600).Draw(rt, "s")) * time.Second
				c.Slow, want.Slow = &slow, slow
			}
			if rapid.Bool().Draw(rt, "followers") {
				only := rapid.Bool().Draw(rt, "only")
				c.FollowersOnly, want.FollowersOnly = &only, only
			}
			if rapid.Bool().Draw(rt, "ladder") {
				ladder := rapid.Bool().Draw(rt, "on")
				c.Ladder, want.Ladder = &ladder, ladder
			}
			k.Must(k.Rooms.Update(t.Context(), k.Shop, r, c))
		}
		got, err := k.Rooms.Find(t.Context(), r)
		if err != nil || got != want {
			rt.Fatalf("%+v, want %+v, %v", got, want, err)
		}
	})
}
