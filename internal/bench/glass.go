package bench

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"hawker/internal/media/flv"
)

//go:embed reader.js
var reader string

const (
	glassOnAir  = 6 * time.Second  // the viewer comes in the middle of a show
	glassSettle = 12 * time.Second // its player starts behind and catches up
	glassWindow = 20 * time.Second
	glassPoll   = 500 * time.Millisecond
	glassWithin = 30 * time.Second
)

// way is one way in which a viewer gets the picture.
type way struct {
	name     string
	p50, p95 string // goals
	fast     bool   // parts of 0.2 s
	whep     bool
	edge     bool // by nginx-rtmp in front
}

// glass is a browser in front of rooms.
type glass struct {
	*Bench
	browser *chromium
	peer    *nginx // nil where it is not installed
	window  time.Duration
	clips   map[bool][]flv.Tag // by whether they are for WHEP
}

// glass measures the delay from the moment in which a frame was handed to the
// publisher's socket until the browser had shown it: Chromium opens the mall's own
// page of a real room, and each frame's number is read from the picture.
func (b *Bench) glass(ctx context.Context, peer *nginx, window time.Duration) (err error) {
	browser, err := startChromium(ctx)
	if errors.Is(err, errNoChromium) {
		b.note(err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, browser.stop()) }()
	if err := browser.run(reader); err != nil {
		return err
	}
	g := &glass{Bench: b, browser: browser, peer: peer, window: max(window, glassWindow), clips: map[bool][]flv.Tag{}}
	all := []way{
		{name: "parts by default", p50: "≤ 2.2 s"},
		{name: "0.2 s parts", p50: "≤ 1.1 s", p95: "≤ 1.5 s", fast: true},
		{name: "WHEP", p50: "≤ 0.4 s", whep: true},
	}
	if peer != nil {
		all = append(all, way{name: "nginx-rtmp's HLS", edge: true})
	}
	own := 0.0 // what a room does when nothing is set
	for i, w := range all {
		v, err := g.view(ctx, w)
		if err != nil {
			return fmt.Errorf("send to picture by %s: %w", w.name, err)
		}
		p50 := v.quantile(0.5)
		b.add(Figure{Area: "live", Name: "send to picture, " + w.name + ", p50", Value: p50, Unit: "s", Goal: w.p50})
		b.add(Figure{
			Area: "live", Name: "send to picture, " + w.name + ", p95",
			Value: v.quantile(0.95), Unit: "s", Goal: w.p95,
		})
		b.add(Figure{
			Area: "live", Name: "stalls, " + w.name,
			Value: float64(v.stalls), Unit: fmt.Sprintf("in %d frames", len(v.ages)),
		})
		if i == 0 {
			own = p50
		}
		if w.edge {
			b.add(Figure{Area: "live", Name: "  ours to " + w.name + ", p50", Value: own / p50, Unit: "", Goal: ""})
		}
	}
	return nil
}

// glassAlone is glass without the rest of live.
func (b *Bench) glassAlone(ctx context.Context, window time.Duration) (err error) {
	peer, err := b.peer(ctx)
	if err != nil {
		return err
	}
	if peer != nil {
		defer func() { err = errors.Join(err, peer.stop()) }()
	}
	return b.glass(ctx, peer, window)
}

// clip gives a counter that nobody has sent yet; encoding it takes seconds.
func (g *glass) clip(ctx context.Context, w way) (*counter, error) {
	tags, ok := g.clips[w.whep]
	if !ok {
		var err error
		if tags, err = encodeCounter(ctx, w.whep); err != nil {
			return nil, err
		}
		g.clips[w.whep] = tags
	}
	return newCounter(tags)
}

// viewed is what came to the glass.
type viewed struct {
	ages   []float64 // seconds, sorted
	stalls int       // the picture stood for more than 0.3 s
}

func (v viewed) quantile(q float64) float64 { return quantile(v.ages, q) }

// view opens a room, publishes to it and watches it.
func (g *glass) view(ctx context.Context, w way) (out viewed, err error) {
	clip, err := g.clip(ctx, w)
	if err != nil {
		return out, err
	}
	room, key, err := g.stage(ctx, w)
	if err != nil {
		return out, err
	}
	to := "rtmp://" + g.server.rtmp + "/live/" + key
	if w.edge {
		to = "rtmp://" + g.peer.rtmp + "/rooms/" + room + "?key=" + key
	}
	air, off := context.WithCancel(ctx)
	var wg sync.WaitGroup
	var failed error
	wg.Go(func() { failed = clip.publish(air, to) })
	err = g.onScreen(ctx, room, w)
	if err == nil {
		out, err = g.watch(ctx, clip)
	}
	if err == nil && w.whep {
		err = g.stillReal()
	}
	off()
	wg.Wait()
	return out, errors.Join(err, failed, g.browser.open("about:blank"))
}

// stillReal fails when the page has given WHEP up meanwhile and plays HLS.
func (g *glass) stillReal() error {
	yes, err := g.browser.says("realTime")()
	if err == nil && !yes {
		err = errors.New("the page fell back to HLS")
	}
	return err
}

// stage makes a room.
func (b *Bench) stage(ctx context.Context, w way) (room, key string, err error) {
	host, shop, err := b.host(ctx)
	if err != nil {
		return "", "", err
	}
	if room, err = b.room(ctx); err != nil {
		return "", "", err
	}
	var r struct {
		Stream struct {
			Key string `json:"key"`
		} `json:"stream"`
	}
	err = host.want(ctx, "PATCH", shop+"/rooms/"+room, map[string]any{"low_latency": w.fast}, &r)
	return room, r.Stream.Key, err
}

// onScreen opens the room's page as soon as the room is on air, and waits until its picture runs.
func (g *glass) onScreen(ctx context.Context, room string, w way) error {
	ctx, cancel := context.WithTimeout(ctx, glassWithin)
	defer cancel()
	visitor := g.visitor()
	onAir := func() (bool, error) {
		var r struct {
			State string `json:"state"`
		}
		err := visitor.want(ctx, "GET", "/live/rooms/"+room, nil, &r)
		return r.State == "live", err
	}
	if err := until(ctx, "the room is on air", onAir); err != nil {
		return err
	}
	select {
	case <-time.After(glassOnAir):
	case <-ctx.Done():
		return ctx.Err()
	}
	page := "http://" + g.server.http + "/live/" + room
	if w.whep {
		page += "?sheet=menu"
	}
	if err := g.browser.open(page); err != nil {
		return err
	}
	if err := until(ctx, "the picture runs", g.browser.says("playing")); err != nil || !w.whep {
		return err
	}
	if err := until(ctx, "there is a switch for low delay", g.browser.says("press")); err != nil {
		return err
	}
	return until(ctx, "the picture comes by WHEP", g.browser.says("realTime"))
}

// says asks the reader in the page, once it is there.
func (c *chromium) says(what string) func() (bool, error) {
	return func() (yes bool, err error) {
		err = c.ask("Boolean(window.hawkerGlass?."+what+"())", &yes)
		return yes, err
	}
}

func until(ctx context.Context, what string, ok func() (bool, error)) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if yes, err := ok(); yes || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("not in time: %s: %w", what, ctx.Err())
		}
	}
}

// watch lets the player settle and then notes how old each frame is when it is shown.
func (g *glass) watch(ctx context.Context, clip *counter) (out viewed, err error) {
	begin := time.Now().Add(glassSettle)
	tick := time.NewTicker(glassPoll)
	defer tick.Stop()
	for time.Since(begin) < g.window {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return out, ctx.Err()
		}
		var got struct {
			Shown  [][2]int64 `json:"shown"` // when, and which
			Stalls int        `json:"stalls"`
		}
		if err := g.browser.ask("hawkerGlass.take()", &got); err != nil {
			return out, err
		}
		if time.Since(begin) < 0 {
			continue
		}
		out.stalls += got.Stalls
		for _, s := range got.Shown {
			if age, ok := clip.age(int(s[1]), time.UnixMilli(s[0])); ok {
				out.ages = append(out.ages, age.Seconds())
			}
		}
	}
	slices.Sort(out.ages)
	if len(out.ages) == 0 {
		err = errors.New("no frame was shown")
	}
	return out, err
}
