// Package cluster_test has several nodes serve one mall over real engines: what is said,
// shown and sold at one is so at all, and one that is killed takes nothing along.
package cluster_test

import (
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/platform/redis/redistest"
	"hawker/test/kit"
)

const mug = "马克杯"

// nodes starts a mall of two nodes over MariaDB and Redis.
func nodes(t *testing.T, env ...string) (a, b *kit.Mall) {
	t.Helper()
	if os.Getenv("HAWKER_TEST_MYSQL") == "" {
		t.Skip("several nodes need a MySQL server in HAWKER_TEST_MYSQL; make test starts one")
	}
	redis := redistest.Start(t)
	a = kit.Start(t, append(env, "HAWKER_REDIS_URL="+redis.URL(), "HAWKER_TRUSTED_PROXIES=127.0.0.0/8")...)
	b = a.Beside(t)
	b.Boot()
	return a, b
}

// at is the address by which an encoder publishes to the same room at another node.
func at(room kit.Room, from, to *kit.Mall) string {
	return strings.Replace(room.Stream.PublishURL, from.RTMP, to.RTMP, 1)
}

var sequences = regexp.MustCompile(`#EXT-X-MEDIA-SEQUENCE:(\d+)`)

// sequence is the first number of a room's playlist at a node; false where there is none.
func sequence(m *kit.Mall, room string) (n int, ok bool) {
	got := m.Visitor().Fetch("/live/" + room + "/live.m3u8")
	found := sequences.FindSubmatch(got.Body)
	if got.Status != http.StatusOK || found == nil {
		return 0, false
	}
	n, err := strconv.Atoi(string(found[1]))
	return n, err == nil
}

var pieces = regexp.MustCompile(`\d+/s\d+\.m4s`)

// TestAShowOfTwoNodes: it is published at one, and at the other it is watched, run, talked in and
// ended.
func TestAShowOfTwoNodes(t *testing.T) {
	a, b := nodes(t)
	host := a.SignIn("merchant")
	shop := host.Shop(t)
	p := host.Find(t, mug)
	room := host.OpenRoom(t, map[string]any{"product_ids": []string{p.ID}})
	b.Stream(t, at(room, a, b))
	watch := "/live/" + room.ID + "/"
	var piece string
	a.Eventually("the other node shows the picture", func() bool {
		got := a.Visitor().Fetch(watch + "live.m3u8")
		piece = pieces.FindString(string(got.Body))
		return got.Status == http.StatusOK && piece != ""
	})
	one, two := a.Visitor().Fetch(watch+piece).Want(t, 200), b.Visitor().Fetch(watch+piece).Want(t, 200)
	if string(one.Body) != string(two.Body) || len(one.Body) == 0 {
		t.Errorf("a segment is %d bytes at one node, %d at the other", len(one.Body), len(two.Body))
	}
	a.Visitor().Begin(watch+"live.flv").Want(t, 200)

	base := "/merchant/" + shop + "/rooms/" + room.ID
	a.Eventually("its state is known at the other node", func() bool {
		raw := host.Get(base+"/health").Want(t, 200)
		return strings.Contains(string(raw.Body), `"receiving"`) || strings.Contains(string(raw.Body), `"unstable"`)
	})
	hears := b.Visitor().Connect(t)
	channel := "room:" + room.ID
	if !hears.Subscribe(channel) {
		t.Fatal("the room does not let anybody listen")
	}
	host.Post(base+"/pin", map[string]string{"product_id": p.ID}).Want(t, 200)
	hears.WantSaid(channel, p.ID)
	a.SignIn("shopper").Post("/live/rooms/"+room.ID+"/messages", map[string]string{"text": "over the wire"}).Want(t, 0)
	hears.WantSaid(channel, "over the wire")
	b.Eventually("the pin stands in the playlist of the node that has the picture", func() bool {
		return strings.Contains(string(b.Visitor().Fetch(watch+"live.m3u8").Body), p.ID)
	})

	host.Post(base+"/end", nil).Want(t, 200)
	hears.WantSaid(channel, `"ended"`)
	b.Eventually("its publisher was sent away", func() bool {
		return strings.Contains(string(b.As(host).Get(base+"/health").Want(t, 200).Body), `"ended"`)
	})
	a.Doctor()
}

// TestANewerPublisherAtAnotherNode takes over: who sent to the first is sent away, and both show
// what comes to the second, with numbers that go on.
func TestANewerPublisherAtAnotherNode(t *testing.T) {
	a, b := nodes(t)
	host := a.SignIn("merchant")
	room := host.OpenRoom(t, nil)
	a.Stream(t, room.Stream.PublishURL)
	last := 0
	a.Eventually("the first is shown at both", func() bool {
		n, ok := sequence(b, room.ID)
		last = max(last, n)
		return ok
	})
	b.Stream(t, at(room, a, b))
	for _, m := range []*kit.Mall{b, a} {
		m.Eventually("the second is shown", func() bool {
			n, ok := sequence(m, room.ID)
			return ok && n > last+200 // numbers of a block of its own
		})
	}
	if state := host.Room(t, room.ID).State; state != "live" {
		t.Errorf("the show is %s", state)
	}
	// And back again: what the first had in memory is of another time.
	a.Stream(t, room.Stream.PublishURL)
	before, _ := sequence(b, room.ID)
	for _, m := range []*kit.Mall{a, b} {
		m.Eventually("the first is shown again", func() bool {
			n, ok := sequence(m, room.ID)
			return ok && n > before+200
		})
	}
	a.Doctor()
}

// TestANodeIsKilled while its show is on: the encoder comes back at the other node, the show goes on
// and no number of its playlist goes back.
func TestANodeIsKilled(t *testing.T) {
	a, b := nodes(t)
	host := b.SignIn("merchant")
	room := host.OpenRoom(t, nil)
	stop := a.Stream(t, at(room, b, a))
	last := 0
	b.Eventually("it is shown at the other node", func() bool {
		n, ok := sequence(b, room.ID)
		last = n
		return ok
	})
	p := host.Find(t, mug)
	shopper := a.SignIn("shopper")
	order := shopper.Place(t, p.SKUs[0].ID, 1)
	a.Kill()
	stop()
	b.Stream(t, room.Stream.PublishURL)
	b.Eventually("it goes on at the other node", func() bool {
		n, ok := sequence(b, room.ID)
		return ok && n > last
	})
	b.Eventually("the show is live", func() bool { return host.Room(t, room.ID).State == "live" })
	if got := b.As(shopper).Order(t, order.ID).Status; got != "pending_payment" {
		t.Errorf("an order that was acknowledged is %q", got)
	}
	b.Doctor()
}

// TestWhatNodesShare: sessions, keys of repeated requests, limits, and stock under a rush over both.
func TestWhatNodesShare(t *testing.T) {
	a, b := nodes(t)
	shopper := a.SignIn("shopper")
	p := shopper.Find(t, mug)
	address := shopper.Address(t)
	key := id.Token()
	wish := kit.Wish(p.SKUs[0].ID, address, 1)
	first, again := shopper.Do("POST", "/orders", key, wish), b.As(shopper).Do("POST", "/orders", key, wish)
	if first.Want(t, 0); string(first.Body) != string(again.Want(t, first.Status).Body) {
		t.Errorf("one key makes two orders:\n%s\n%s", first.Body, again.Body)
	}
	rush(t, a, b)

	guess := func(m *kit.Mall) int {
		return m.Visitor().Post("/auth/login", map[string]string{
			"email": "promoter@hawker.demo", "password": "wrong password",
		}).Status
	}
	for n := 0; guess(a) != http.StatusTooManyRequests; n++ {
		if n > 50 {
			t.Fatal("guesses have no limit")
		}
	}
	if got := guess(b); got != http.StatusTooManyRequests {
		t.Errorf("a limit that is used up at one node is open at the other: %d", got)
	}
	shopper.Post("/auth/logout", nil).Want(t, http.StatusNoContent)
	b.As(shopper).Get("/me").Want(t, http.StatusUnauthorized)
	a.Doctor()
}

// rush has a buyer want a few units many times at once, at both nodes.
func rush(t *testing.T, a, b *kit.Mall) {
	t.Helper()
	const wishes, units = 60, 20
	host, shopper := a.SignIn("merchant"), a.SignIn("shopper")
	sku := host.Find(t, mug).SKUs[1]
	host.Post("/merchant/"+host.Shop(t)+"/skus/"+sku.ID+"/stock", map[string]any{
		"delta": units - sku.Available, "reason": "a rush",
	}).Want(t, http.StatusOK)
	wish := kit.Wish(sku.ID, shopper.Address(t), 1)
	var mu sync.Mutex
	sold, refused := 0, 0
	var group sync.WaitGroup
	for n := range wishes {
		who := []*kit.Mall{a, b}[n%2].As(shopper)
		group.Go(func() {
			got := who.Post("/orders", wish)
			mu.Lock()
			defer mu.Unlock()
			switch got.Status {
			case http.StatusCreated:
				sold++
			case http.StatusConflict:
				refused++
			default:
				t.Errorf("%d %s", got.Status, got.Body)
			}
		})
	}
	group.Wait()
	if sold != units || refused != wishes-units {
		t.Errorf("%d sold, %d refused of %d units", sold, refused, units)
	}
}
