package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	chatViewers  = 2000
	chatSpeakers = 50
	chatRate     = 50 // messages a second, of all speakers
	chatMark     = "bench@"
	chatLinger   = 3 * time.Second // for what is under way when the last was said
	sampleEvery  = 20              // viewers of whom one measures delays
)

// crowd is a room full of viewers.
type crowd struct {
	received atomic.Int64
	packets  atomic.Int64 // in which that came
	bytes    atomic.Int64
	mu       sync.Mutex
	delays   []time.Duration
}

// chat fills a room with viewers and speakers: each message reaches each viewer.
func (b *Bench) chat(ctx context.Context, window time.Duration) error {
	room, err := b.room(ctx)
	if err != nil {
		return err
	}
	speakers, err := b.speakers(ctx)
	if err != nil {
		return err
	}
	idle, err := b.spent(ctx, 3*time.Second)
	if err != nil {
		return err
	}
	unheard, err := b.unheard(ctx, room, speakers, window, idle)
	if err != nil {
		return err
	}
	c := &crowd{}
	sockets, err := b.enter(ctx, room)
	defer func() {
		for _, s := range sockets {
			_ = s.conn.Close()
		}
	}()
	if err != nil {
		return err
	}
	var readers sync.WaitGroup
	for i, s := range sockets {
		readers.Go(func() { c.listen(s, i%sampleEvery == 0) })
	}
	before, err := cpu(b.server.cmd.Process.Pid)
	if err != nil {
		return err
	}
	said, took, err := b.talk(ctx, room, speakers, window)
	if err != nil {
		return err
	}
	after, err := cpu(b.server.cmd.Process.Pid)
	if err != nil {
		return err
	}
	memory, err := rss(b.server.cmd.Process.Pid)
	for _, s := range sockets {
		_ = s.conn.Close()
	}
	readers.Wait()
	spent := after - before - time.Duration(idle*float64(took))
	b.chatFigures(c, said, spent, took)
	if err := b.besideBareHub(ctx, c, spent-unheard*time.Duration(said), took); err != nil {
		return err
	}
	b.add(Figure{
		Area: "chat", Name: "memory with " + strconv.Itoa(chatViewers) + " viewers", Value: memory, Unit: "MiB",
	})
	return err
}

// unheard measures what a message costs with nobody in the room: to be let in, judged and stored.
func (b *Bench) unheard(ctx context.Context, room string, speakers []client, window time.Duration, idle float64) (
	time.Duration, error,
) {
	before, err := cpu(b.server.cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	said, took, err := b.talk(ctx, room, speakers, window)
	if err != nil {
		return 0, err
	}
	after, err := cpu(b.server.cmd.Process.Pid)
	each := (after - before - time.Duration(idle*float64(took))) / time.Duration(max(said, 1))
	b.add(Figure{
		Area: "chat", Name: "server CPU for a message that nobody hears", Value: float64(each.Microseconds()), Unit: "µs",
	})
	return each, err
}

func (b *Bench) chatFigures(c *crowd, said int64, spent, took time.Duration) {
	want, got := said*chatViewers, c.received.Load()
	slices.Sort(c.delays)
	at := func(q float64) float64 { return float64(quantile(c.delays, q).Microseconds()) / 1000 }
	b.add(Figure{
		Area: "chat", Name: "messages said", Value: float64(said) / took.Seconds(), Unit: "a second", Goal: "50",
	})
	b.add(Figure{
		Area: "chat", Name: "deliveries lost",
		Value: float64(want - got), Unit: fmt.Sprintf("of %d", want), Goal: "0",
	})
	b.add(Figure{
		Area: "chat", Name: "server CPU for one delivery",
		Value: float64(spent.Nanoseconds()) / 1000 / float64(max(got, 1)), Unit: "µs", Goal: "≤ 4.5",
	})
	b.add(Figure{Area: "chat", Name: "said → on the screen, p50", Value: at(0.5), Unit: "ms", Goal: ""})
	b.add(Figure{Area: "chat", Name: "said → on the screen, p99", Value: at(0.99), Unit: "ms", Goal: "≤ 150"})
}

// besideBareHub compares what a packet costs for one viewer, whatever it holds and without the messages
// themselves, with what it costs a bare hub in the same run.
func (b *Bench) besideBareHub(ctx context.Context, c *crowd, spent, took time.Duration) error {
	packets := c.packets.Load()
	if packets == 0 {
		return nil
	}
	floor, err := b.bareChat(ctx, int(packets/chatViewers), c.bytes.Load()/packets, took)
	if err != nil {
		return err
	}
	micros := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
	const what = "server CPU for one packet to one viewer"
	b.add(Figure{Area: "chat", Name: "a bare hub: " + what, Value: micros(floor), Unit: "µs"})
	b.add(Figure{Area: "chat", Name: what, Value: micros(spent) / float64(packets), Unit: "µs", Goal: "≤ 1.5 ×"}.
		of(micros(floor), "a bare hub"))
	return nil
}

// spent measures what the server costs while nothing is said, in CPU seconds a
// second.
func (b *Bench) spent(ctx context.Context, d time.Duration) (float64, error) {
	before, err := cpu(b.server.cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(d):
	}
	after, err := cpu(b.server.cmd.Process.Pid)
	return (after - before).Seconds() / d.Seconds(), err
}

// host signs in whoever runs the demo's shop, and gives the path of its things.
func (b *Bench) host(ctx context.Context) (c client, shop string, err error) {
	c = b.visitor()
	var s struct {
		Token string `json:"token"`
		User  struct {
			Shops []struct {
				ID string `json:"id"`
			} `json:"shops"`
		} `json:"user"`
	}
	if err := c.want(ctx, "POST", "/auth/login", map[string]string{
		"email":    "merchant@hawker.demo",
		"password": "hawker-demo",
	}, &s); err != nil {
		return c, "", err
	}
	c.token = s.Token
	return c, "/merchant/" + s.User.Shops[0].ID, nil
}

func (b *Bench) room(ctx context.Context) (string, error) {
	host, shop, err := b.host(ctx)
	if err != nil {
		return "", err
	}
	var room struct {
		ID string `json:"id"`
	}
	err = host.want(ctx, "POST", shop+"/rooms", map[string]any{"title": "Bench", "product_ids": []string{}}, &room)
	return room.ID, err
}

func (b *Bench) speakers(ctx context.Context) ([]client, error) {
	out := make([]client, chatSpeakers)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i := range out {
		g.Go(func() (err error) {
			out[i], _, err = b.buyer(ctx, 1000+i)
			return err
		})
	}
	return out, g.Wait()
}

func (b *Bench) enter(ctx context.Context, room string) ([]*socket, error) {
	sockets := make([]*socket, chatViewers)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(32)
	for i := range sockets {
		g.Go(func() (err error) {
			s, err := dialSocket(ctx, b.server.http, "/ws")
			if err != nil {
				return err
			}
			sockets[i] = s
			return s.join("room:" + room)
		})
	}
	err := g.Wait()
	return slices.DeleteFunc(sockets, func(s *socket) bool { return s == nil }), err
}

// listen counts what one viewer gets until the connection is closed.
func (c *crowd) listen(s *socket, measure bool) {
	mark := []byte(chatMark)
	for {
		raw, err := s.next()
		if err != nil {
			return
		}
		if bytes.Equal(raw, []byte("{}")) { // are you there?
			if s.send("{}") != nil {
				return
			}
			continue
		}
		c.received.Add(int64(bytes.Count(raw, mark)))
		c.packets.Add(1)
		c.bytes.Add(int64(len(raw)))
		if measure {
			c.measure(raw, mark, time.Now())
		}
	}
}

func (c *crowd) measure(raw, mark []byte, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		i := bytes.Index(raw, mark)
		if i < 0 {
			return
		}
		raw = raw[i+len(mark):]
		end := bytes.IndexByte(raw, '.')
		if end < 0 {
			return
		}
		if sent, err := strconv.ParseInt(string(raw[:end]), 10, 64); err == nil {
			c.delays = append(c.delays, now.Sub(time.UnixMicro(sent)))
		}
	}
}

// talk says messages at an even pace, whatever each takes.
func (b *Bench) talk(ctx context.Context, room string, speakers []client, window time.Duration) (said int64,
	took time.Duration, err error,
) {
	start := time.Now()
	tick := time.NewTicker(time.Second / chatRate)
	defer tick.Stop()
	var ok atomic.Int64
	var wg sync.WaitGroup
	var mu sync.Mutex
	for n := 0; time.Since(start) < window; n++ {
		select {
		case <-ctx.Done():
			wg.Wait()
			return ok.Load(), time.Since(start), ctx.Err()
		case <-tick.C:
		}
		who := speakers[n%len(speakers)]
		wg.Go(func() {
			text := chatMark + strconv.FormatInt(time.Now().UnixMicro(), 10) + "."
			status, callErr := who.do(ctx, "POST", "/live/rooms/"+room+"/messages", map[string]string{"text": text},
				nil)
			if callErr == nil && status == http.StatusCreated {
				ok.Add(1)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			err = errors.Join(err, callErr)
		})
	}
	wg.Wait()
	took = time.Since(start)
	select {
	case <-ctx.Done():
	case <-time.After(chatLinger):
	}
	return ok.Load(), took, err
}
