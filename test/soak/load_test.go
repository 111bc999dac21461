//go:build soak

package soak_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/test/kit"
)

const (
	mug        = "马克杯"
	buyers     = 8
	uploadsMax = 18 // of one buyer, below what is allowed
	filmSize   = 200 << 10
)

// bought is an order that was acknowledged.
type bought struct {
	by       *kit.Person
	id       string
	approved bool // the bank has said yes to the buyer
	paid     bool // the mall has said so
}

// sent is an upload that was acknowledged whole.
type sent struct {
	by *kit.Person
	id string
}

// load is what comes in, and what the mall has said that it keeps.
type load struct {
	t     *testing.T
	m     *kit.Mall
	sku   string
	room  atomic.Pointer[kit.Room]
	beat  time.Duration // between two acts of one buyer
	every int           // acts of a buyer from one film to the next
	stop  chan struct{}
	wg    sync.WaitGroup

	mu       sync.Mutex
	orders   []*bought
	messages []string
	uploads  []sent
	refused  map[string]int // act and answer
	films    atomic.Int64   // times a publisher was let in
}

func (l *load) note(act string, a kit.Answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case a.Err != nil:
		l.refused[act+": no answer"]++
	default:
		l.refused[fmt.Sprintf("%s: %d %s", act, a.Status, a.Problem())]++
	}
}

// counts are orders, messages and uploads so far.
func (l *load) counts() [3]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return [3]int{len(l.orders), len(l.messages), len(l.uploads)}
}

func (l *load) begin() {
	for i := range buyers {
		p := l.m.Register(fmt.Sprintf("soaker%02d", i))
		address := p.Address(l.t)
		l.wg.Go(func() { l.buyer(p, address, i) })
	}
	l.wg.Go(l.publisher)
}

// buyer orders, pays for most, talks, and sends a film now and then.
func (l *load) buyer(p *kit.Person, address string, nth int) {
	tick := time.NewTicker(l.beat)
	defer tick.Stop()
	films, pool := 0, &http.Client{Timeout: time.Minute}
	for n := nth; ; n++ {
		select {
		case <-l.stop:
			return
		case <-tick.C:
		}
		switch {
		case n%5 == 4:
			l.say(p, n)
		case n%l.every == l.every/2 && films < uploadsMax:
			if l.upload(pool, p, byte(n)) {
				films++
			}
		default:
			l.order(pool, p, address, n%4 != 3)
		}
	}
}

func (l *load) order(pool *http.Client, p *kit.Person, address string, pays bool) {
	a := p.Post("/orders", kit.Wish(l.sku, address, 1))
	var placed struct {
		Orders []kit.Order `json:"orders"`
	}
	if a.Err != nil || a.Status != http.StatusCreated || json.Unmarshal(a.Body, &placed) != nil {
		l.note("order", a)
		return
	}
	o := &bought{by: p, id: placed.Orders[0].ID}
	l.mu.Lock()
	l.orders = append(l.orders, o)
	l.mu.Unlock()
	if !pays {
		return
	}
	a = p.Post("/orders/"+o.id+"/pay", map[string]string{"provider": "sandbox", "return_url": "/orders"})
	var pay struct {
		Action struct {
			URL string `json:"url"`
		} `json:"action"`
	}
	if a.Err != nil || a.Status != http.StatusOK || json.Unmarshal(a.Body, &pay) != nil {
		l.note("pay", a)
		return
	}
	o.approved = approve(pool, pay.Action.URL)
	if a = p.Get("/orders/" + o.id); a.Err == nil && a.Status == http.StatusOK {
		var seen kit.Order
		o.paid = json.Unmarshal(a.Body, &seen) == nil && seen.Status == "paid"
	}
}

// approve reports whether the bank has said yes.
func approve(pool *http.Client, page string) bool {
	c := *pool
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := c.PostForm(page, url.Values{"decision": {"approve"}})
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusSeeOther
}

func (l *load) say(p *kit.Person, n int) {
	room := l.room.Load()
	if room == nil {
		return
	}
	a := p.Post("/live/rooms/"+room.ID+"/messages", map[string]string{"text": fmt.Sprint("for how much? ", n)})
	var said kit.Named
	if a.Err != nil || a.Status != http.StatusCreated || json.Unmarshal(a.Body, &said) != nil {
		l.note("message", a)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.messages = append(l.messages, said.ID)
}

// tus sends one request of an upload; nil when nobody answered.
func (l *load) tus(pool *http.Client, p *kit.Person, method, path string, header map[string]string,
	body []byte,
) *http.Response {
	req, err := http.NewRequest(method, l.m.URL+path, bytes.NewReader(body))
	if err != nil {
		l.t.Error(err)
		return nil
	}
	req.Header.Set("Authorization", "Bearer "+p.Token)
	req.Header.Set("Tus-Resumable", "1.0.0")
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := pool.Do(req)
	if err != nil {
		l.note(method+" upload", kit.Answer{Err: err})
		return nil
	}
	res.Body.Close()
	if res.StatusCode/100 != 2 {
		l.note(method+" upload", kit.Answer{Status: res.StatusCode})
		return nil
	}
	return res
}

func (l *load) upload(pool *http.Client, p *kit.Person, fill byte) bool {
	made := l.tus(pool, p, "POST", "/api/v1/uploads", map[string]string{"Upload-Length": fmt.Sprint(filmSize)}, nil)
	if made == nil {
		return false
	}
	at := made.Header.Get("Location")
	whole := l.tus(pool, p, "PATCH", at, map[string]string{
		"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream",
	}, bytes.Repeat([]byte{fill}, filmSize))
	if whole == nil || whole.Header.Get("Upload-Offset") != fmt.Sprint(filmSize) {
		return true // it counts against what the buyer may have
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.uploads = append(l.uploads, sent{p, at[strings.LastIndex(at, "/"):]})
	return true
}

// publisher keeps a room on the air: whenever it is cut off it comes again, in another room when that show is over.
func (l *load) publisher() {
	merchant := l.m.SignIn("merchant")
	shop := merchant.Shop(l.t)
	for {
		select {
		case <-l.stop:
			return
		case <-time.After(time.Second):
		}
		room := l.room.Load()
		if room != nil {
			a := merchant.Get("/merchant/" + shop + "/rooms/" + room.ID)
			var now kit.Room
			if a.Err != nil || a.Status != http.StatusOK || json.Unmarshal(a.Body, &now) != nil {
				continue
			}
			room = &now
		}
		if room == nil || room.State == "ended" {
			a := merchant.Post("/merchant/"+shop+"/rooms", map[string]any{"title": "A soak", "product_ids": []string{}})
			room = &kit.Room{}
			if a.Err != nil || a.Status != http.StatusCreated || json.Unmarshal(a.Body, room) != nil {
				l.note("room", a)
				continue
			}
		}
		l.room.Store(room)
		l.films.Add(1)
		l.publish(room.Stream.PublishURL)
	}
}

// publish sends a picture until it is cut off or the load ends.
func (l *load) publish(to string) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cmd := exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i",
		"testsrc2=s=180x320:r=15",
		"-f", "lavfi", "-i", "sine=f=440:r=44100", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency",
		"-g", "15", "-b:v", "200k", "-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "flv", to)
	ended := make(chan struct{})
	go func() { _ = cmd.Run(); close(ended) }() // it is cut off: its verdict says nothing
	select {
	case <-l.stop:
		cancel()
		<-ended
	case <-ended:
	}
}
