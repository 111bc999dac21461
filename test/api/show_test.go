package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hawker/test/kit"
)

// TestAShowBecomesClipsAndAReport streams for real: what was explained becomes a
// draft that one tap publishes, and the report says what was sold while it was.
func TestAShowBecomesClipsAndAReport(t *testing.T) {
	m := kit.Start(t)
	merchant, shopper := m.SignIn("merchant"), m.SignIn("shopper")
	base := "/merchant/" + merchant.Shop(t) + "/rooms/"
	p := shopper.Find(t, mug)
	room := merchant.OpenRoom(t, map[string]any{"product_ids": []string{p.ID}, "mode": "warmup"})
	m.Stream(t, room.Stream.PublishURL)
	m.Eventually("the picture is there", func() bool { return merchant.Room(t, room.ID).Health.State != "waiting" })

	playlist := "/live/" + room.ID + "/live.m3u8"
	m.Eventually("staff see the warm-up", func() bool { return merchant.Fetch(playlist).Status == http.StatusOK })
	for _, who := range []*kit.Person{m.Visitor(), shopper} {
		who.Fetch(playlist).Want(t, http.StatusNotFound)
	}
	if got := merchant.Room(t, room.ID); got.State != "scheduled" {
		t.Errorf("a room in warm-up is %s", got.State)
	}
	merchant.Post(base+room.ID+"/mode", map[string]string{"mode": "open"}).Want(t, http.StatusOK)
	if got := merchant.Room(t, room.ID); got.State != "live" {
		t.Errorf("an open room is %s", got.State)
	}
	m.Visitor().Fetch(playlist).Want(t, http.StatusOK)
	var seen struct {
		Cover string `json:"cover_url"`
	}
	m.Visitor().Get("/live/rooms/"+room.ID).Want(t, http.StatusOK).Into(t, &seen)
	if !strings.HasPrefix(seen.Cover, "/") {
		t.Errorf("a room without a cover shows %q, not what it sells first", seen.Cover)
	}
	m.Visitor().Fetch("/metrics").Want(t, http.StatusNotFound)
	prometheus := m.Visitor()
	prometheus.Token = kit.MetricsToken
	if figures := string(prometheus.Fetch("/metrics").Want(t, http.StatusOK).Body); !strings.Contains(figures,
		`hawker_stream_bits_per_second{room="`+room.ID+`"}`) {
		t.Error("the operator's figures do not show the stream")
	}

	merchant.Post(base+room.ID+"/pin", map[string]string{"product_id": p.ID}).Want(t, http.StatusOK)
	wish := kit.Wish(p.SKUs[0].ID, shopper.Address(t), 2)
	wish["source"] = map[string]string{"room_id": room.ID}
	var placed struct{ Orders []kit.Order }
	shopper.Post("/orders", wish).Want(t, http.StatusCreated).Into(t, &placed)
	var unpaid kit.List[struct {
		Number string `json:"number"`
	}]
	merchant.Get(base+room.ID+"/unpaid").Want(t, http.StatusOK).Into(t, &unpaid)
	if len(unpaid.Items) != 1 || unpaid.Items[0].Number != placed.Orders[0].Number {
		t.Errorf("unpaid: %+v", unpaid)
	}
	m.Decide(t, shopper.PayURL(t, placed.Orders[0].ID), approve())
	shopper.Becomes(t, placed.Orders[0].ID, "paid")
	pinned := time.Now()
	m.Eventually("six seconds were explained", func() bool { return time.Since(pinned) > 6*time.Second })
	merchant.Post(base+room.ID+"/unpin", nil).Want(t, http.StatusNoContent)
	unpinned := time.Now()

	type video struct {
		ID      string `json:"id"`
		State   string `json:"state"`
		Width   int    `json:"width"`
		Height  int    `json:"height"`
		Length  int64  `json:"duration_ms"`
		MP4     string `json:"mp4_url"`
		Product *struct {
			ID string `json:"id"`
		} `json:"product"`
	}
	var clips kit.List[video]
	m.Eventually("the clip is a draft", func() bool {
		merchant.Get(base+room.ID+"/clips").Want(t, http.StatusOK).Into(t, &clips)
		return len(clips.Items) == 1 && clips.Items[0].State == "ready"
	})
	clip := clips.Items[0]
	t.Logf("the draft was there %s after unpinning", time.Since(unpinned).Round(100*time.Millisecond))
	if clip.Width != 360 || clip.Height != 640 || clip.Length < 5000 || clip.Length > 12000 || clip.Product == nil ||
		clip.Product.ID != p.ID {
		t.Errorf("the clip is %+v", clip)
	}
	showing := func() (out struct {
		Videos []string `json:"video_ids"`
	},
	) {
		shopper.Get("/products/"+p.ID).Want(t, http.StatusOK).Into(t, &out)
		return out
	}
	if got := showing(); len(got.Videos) != 0 {
		t.Errorf("a draft is on the product's page: %v", got)
	}
	shopper.Get("/videos/"+clip.ID).Want(t, http.StatusNotFound)
	merchant.Post("/videos/"+clip.ID+"/publish", nil).Want(t, http.StatusOK)
	if got := showing(); len(got.Videos) != 1 || got.Videos[0] != clip.ID {
		t.Errorf("the product's page shows %v", got)
	}

	var report struct {
		Paid      int64     `json:"paid_orders"`
		Revenue   kit.Money `json:"revenue"`
		Minutes   []struct{ Revenue kit.Money }
		Stretches []struct {
			Orders  int64
			Units   int64
			Revenue kit.Money
		}
	}
	merchant.Get(base+room.ID+"/report").Want(t, http.StatusOK).Into(t, &report)
	var sum int64
	for _, minute := range report.Minutes {
		sum += minute.Revenue.Amount
	}
	goods := 2 * p.SKUs[0].Price.Amount
	if report.Paid != 1 || report.Revenue.Amount != goods || sum != goods {
		t.Errorf("the report says %+v; goods for %d were sold", report, goods)
	}
	if len(report.Stretches) != 1 || report.Stretches[0].Units != 2 || report.Stretches[0].Revenue.Amount != goods {
		t.Errorf("stretches: %+v", report.Stretches)
	}
	merchant.Post(base+room.ID+"/end", nil).Want(t, http.StatusOK)
	var marks kit.List[struct {
		From time.Time `json:"from"`
	}]
	m.Visitor().Get("/live/rooms/"+room.ID+"/marks").Want(t, http.StatusOK).Into(t, &marks)
	if len(marks.Items) != 1 {
		t.Errorf("marks: %+v", marks)
	}
	m.Doctor()
}

// TestARehearsalIsThereForStaffOnly asks for everything of a rehearsal's room.
func TestARehearsalIsThereForStaffOnly(t *testing.T) {
	m := kit.Start(t)
	merchant, shopper := m.SignIn("merchant"), m.SignIn("shopper")
	p := shopper.Find(t, mug)
	room := merchant.OpenRoom(t, map[string]any{"product_ids": []string{p.ID}, "mode": "rehearsal"})
	m.Stream(t, room.Stream.PublishURL)
	m.Eventually("the rehearsal runs", func() bool { return merchant.Room(t, room.ID).State == "live" })
	base := "/merchant/" + merchant.Shop(t) + "/rooms/" + room.ID
	prices := map[string]any{"items": []map[string]any{{"sku_id": p.SKUs[0].ID, "price": 100}}}
	merchant.Do("PUT", base+"/prices", "some-key-2", prices).Want(t, http.StatusOK)
	deal := map[string]any{"product_id": p.ID, "items": []map[string]any{{
		"sku_id": p.SKUs[0].ID, "price": 90,
		"quantity": 1,
	}}, "countdown_seconds": 10, "run_seconds": 60, "limit_per_buyer": 1, "start": true}
	merchant.Post(base+"/deals", deal).Want(t, http.StatusCreated)
	for _, path := range []string{"", "/shelf", "/messages", "/marks", "/deals", "/coupons", "/auction", "/bags"} {
		for _, who := range []*kit.Person{m.Visitor(), shopper} {
			who.Get("/live/rooms/"+room.ID+path).WantProblem(t, http.StatusNotFound, "live.not_found")
		}
		merchant.Get("/live/rooms/"+room.ID+path).Want(t, http.StatusOK)
	}
	quote := map[string]any{
		"items":  []map[string]any{{"sku_id": p.SKUs[0].ID, "quantity": 1}},
		"source": map[string]string{"room_id": room.ID},
	}
	goods := func(who *kit.Person) int64 {
		var q struct {
			Groups []struct {
				Lines []struct {
					Payable kit.Money `json:"payable"`
				} `json:"lines"`
			} `json:"groups"`
		}
		who.Post("/checkout/quote", quote).Want(t, http.StatusOK).Into(t, &q)
		return q.Groups[0].Lines[0].Payable.Amount
	}
	if got := goods(shopper); got != p.SKUs[0].Price.Amount {
		t.Errorf("a stranger would pay %d, the normal price is %d", got, p.SKUs[0].Price.Amount)
	}
	if got := goods(merchant); got > 100 {
		t.Errorf("staff would pay %d in the rehearsal, its price is 100", got)
	}
}

// TestWhatARehearsalStartedEndsWithIt starts a deal, an auction and a lucky bag in a
// rehearsal, and goes live.
func TestWhatARehearsalStartedEndsWithIt(t *testing.T) {
	m := kit.Start(t)
	merchant, guest := m.SignIn("merchant"), m.Visitor()
	p := guest.Find(t, mug)
	sku := p.SKUs[0].ID
	room := merchant.OpenRoom(t, map[string]any{"product_ids": []string{p.ID}, "mode": "rehearsal"})
	m.Stream(t, room.Stream.PublishURL)
	m.Eventually("the rehearsal runs", func() bool { return merchant.Room(t, room.ID).State == "live" })
	base := "/merchant/" + merchant.Shop(t) + "/rooms/" + room.ID
	begin := func() {
		t.Helper()
		merchant.Post(base+"/deals", map[string]any{
			"product_id": p.ID, "items": []map[string]any{{"sku_id": sku, "price": 90, "quantity": 1}},
			"countdown_seconds": 10, "run_seconds": 60, "limit_per_buyer": 1, "start": true,
		}).Want(t, http.StatusCreated)
		merchant.Post(base+"/auctions", map[string]any{
			"sku_id": sku, "start_price": 100, "run_seconds": 60, "start": true,
		}).Want(t, http.StatusCreated)
		merchant.Post(base+"/bags", map[string]any{
			"prize": map[string]string{"sku_id": sku}, "winners": 1, "follow": true, "draw_seconds": 60,
		}).Want(t, http.StatusCreated)
	}
	states := func() (out []string) {
		t.Helper()
		for _, path := range []string{"/deals", "/auctions", "/bags"} {
			var list kit.List[struct{ State string }]
			merchant.Get(base+path).Want(t, http.StatusOK).Into(t, &list)
			for _, it := range list.Items {
				out = append(out, it.State)
			}
		}
		return out
	}
	visible := func(who *kit.Person) (n int) {
		t.Helper()
		for _, path := range []string{"/deals", "/bags"} {
			var list kit.List[struct{ ID string }]
			who.Get("/live/rooms/"+room.ID+path).Want(t, http.StatusOK).Into(t, &list)
			n += len(list.Items)
		}
		var now struct{ Auction *struct{ ID string } }
		who.Get("/live/rooms/"+room.ID+"/auction").Want(t, http.StatusOK).Into(t, &now)
		if now.Auction != nil {
			n++
		}
		return n
	}
	begin()
	if n := visible(merchant); n != 3 {
		t.Errorf("in the rehearsal staff see %d of three", n)
	}
	merchant.Post(base+"/mode", map[string]string{"mode": "open"}).Want(t, http.StatusOK)
	if n := visible(guest); n != 0 {
		t.Errorf("of the rehearsal a guest sees %d of three", n)
	}
	want := []string{"ended", "cancelled", "cancelled"}
	m.Eventually("all three are over", func() bool { return slices.Equal(states(), want) })
	begin()
	if n := visible(guest); n != 3 {
		t.Errorf("of the show a guest sees %d of three", n)
	}
	m.Doctor()
}
