package realtime_test

import (
	"fmt"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/redis"
	"hawker/internal/platform/redis/redistest"
)

// two are nodes that have a Redis server in common, and where the second is.
func two(t *testing.T, s *redistest.Server, d *door) (first, second *realtime.Node, addr string) {
	t.Helper()
	opener := func() realtime.Opener {
		r, err := redis.Open(redis.Options{URL: s.URL(), Clock: clock.Real{}})
		if err != nil {
			t.Fatal(err)
		}
		return r.Realtime
	}
	first, _ = serveOn(t, d, opener())
	second, addr = serveOn(t, d, opener())
	return first, second, addr
}

// What is said at one node is heard at another, and whose right ended at one hears no
// more at any.
func TestARightThatEndsAtAnotherNode(t *testing.T) {
	t.Parallel()
	d := &door{banned: map[string]bool{}, staff: true}
	first, second, addr := two(t, redistest.Start(t), d)
	v := enter(t, addr)
	for _, channel := range []string{room, desk, counter} {
		if r := v.call(fmt.Sprintf(`"subscribe":{"channel":%q}`, channel)); r.Error != nil {
			t.Fatalf("not let into %s: %+v", channel, r.Error)
		}
	}
	if n := first.Listeners(room); n != 1 {
		t.Errorf("%d listeners, seen from the other node", n)
	}
	publish(t, first, "for all")
	if r := v.next(); r.Push == nil || r.Push.Channel != room {
		t.Errorf("heard %+v, want what was said at the other node", r.Push)
	}
	d.set(func(d *door) { d.banned["rom_1"] = true })
	if err := first.Recheck(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	v.wantRevoked(room)
	d.set(func(d *door) { d.staff = false })
	if err := first.RecheckUser(t.Context(), id.User{}); err != nil {
		t.Fatal(err)
	}
	v.wantRevoked(counter)
	d.set(func(d *door) { d.banned["rom_2"] = true })
	if err := second.RecheckAll(t.Context()); err != nil { // the first could not tell
		t.Fatal(err)
	}
	v.wantRevoked(desk)
	first.DisconnectSession(id.Session{})
	v.wantClosed()
}

// After the server was away, rooms talk across nodes again without anybody doing anything.
func TestRoomsTalkAgain(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	first, _, addr := two(t, s, &door{})
	v := enter(t, addr)
	if r := v.call(fmt.Sprintf(`"subscribe":{"channel":%q}`, room)); r.Error != nil {
		t.Fatalf("not let in: %+v", r.Error)
	}
	s.Down()
	if err := first.Publish(t.Context(), room, "into the void"); err == nil {
		t.Error("said to nobody, and nobody was told")
	}
	s.Up()
	heard := make(chan reply)
	go func() { heard <- v.next() }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case r := <-heard:
			if r.Push == nil || r.Push.Channel != room {
				t.Errorf("heard %+v", r)
			}
			return
		case <-tick.C:
			_ = first.Publish(t.Context(), room, "again") // until the node has found the server
		}
	}
}
