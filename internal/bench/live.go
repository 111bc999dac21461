package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"hawker/internal/demo"
	"hawker/internal/media/flv"
	"hawker/internal/media/rtmp"
)

const (
	streamsMany   = 20
	startSamples  = 5
	delaySamples  = 40
	firstWithin   = 10 * time.Second
	delayInterval = 100 * time.Millisecond
)

// target is a server under measurement, ours or one that it stands against.
type target struct {
	label string // in front of its figures; empty for ours
	rtmp  string // address without the stream's name
	list  string // address of the playlist, with %s for the name
	media string // what a line of playable media begins with
	pids  func() ([]int, error)
}

func (b *Bench) ours() target {
	return target{
		rtmp: "rtmp://" + b.server.rtmp + "/live/", list: "http://" + b.server.http + "/live/%s/live.m3u8",
		media: "#EXT-X-PART:",
		pids:  func() ([]int, error) { return []int{b.server.cmd.Process.Pid}, nil },
	}
}

// live measures taking streams in and handing them on, beside nginx-rtmp if that
// is installed.
func (b *Bench) live(ctx context.Context, window time.Duration) (err error) {
	tags, err := liveTags()
	if err != nil {
		return err
	}
	all, nginx, err := b.sides(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, nginx.stop()) }()
	// Memory first: a stream stays in it for a while after its publisher left.
	if err := b.taking(ctx, all, tags, window); err != nil {
		return err
	}
	first := []quantity{{"publish to first playable media, median", "s", "≤ 0.8 s"}}
	if err := b.versus(all, first, func(t target) ([]float64, error) {
		return b.firstMedia(ctx, t, tags)
	}); err != nil {
		return err
	}
	edge := []quantity{{"age of the newest media at the edge, median", "s", ""}, {
		"delay of a player at its hold-back",
		"s", "≤ 2.2 s",
	}}
	if err := b.versus(all, edge, func(t target) ([]float64, error) { return b.delay(ctx, t, tags) }); err != nil {
		return err
	}
	if err := b.deliver(ctx, all, tags); err != nil {
		return err
	}
	if err := b.besideFloor(ctx, "live", tags, window); err != nil {
		return err
	}
	return b.glass(ctx, nginx, window)
}

// ingestAlone is the first part of live.
func (b *Bench) ingestAlone(ctx context.Context, window time.Duration) (err error) {
	tags, err := liveTags()
	if err != nil {
		return err
	}
	all, nginx, err := b.sides(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, nginx.stop()) }()
	return b.taking(ctx, all, tags, window)
}

// taking measures what published streams cost, packaging included, and what they hold.
func (b *Bench) taking(ctx context.Context, all []target, tags []flv.Tag, window time.Duration) error {
	window = max(window, 10*time.Second)
	for _, n := range []int{1, streamsMany} {
		names := []quantity{
			{fmt.Sprintf("ingest and HLS, %d streams: CPU a stream-minute", n), "CPU s", "≤ 0.30 at 20"},
			{fmt.Sprintf("memory at %d streams", n), "MiB", "≤ 120 at 20"},
		}
		err := b.versus(all, names, func(t target) ([]float64, error) { return b.ingest(ctx, t, tags, n, window) })
		if err != nil {
			return err
		}
	}
	return nil
}

// liveTags gives what publishers send.
func liveTags() ([]flv.Tag, error) {
	f, err := demo.Open("live.flv")
	if err != nil {
		return nil, err
	}
	tags, err := flv.ReadFile(f)
	return tags, errors.Join(err, f.Close())
}

// sides are the servers to compare, ours first, and the other one; nil where it is not installed.
func (b *Bench) sides(ctx context.Context) ([]target, *nginx, error) {
	all := []target{b.ours()}
	n, err := b.peer(ctx)
	if n != nil {
		all = append(all, n.target())
	}
	return all, n, err
}

// peer starts the server that ours stands against; nil where it is not installed.
func (b *Bench) peer(ctx context.Context) (*nginx, error) {
	n, err := startNginx(ctx, b.server)
	if errors.Is(err, errNoNginx) && b.needs == "" {
		b.note(err.Error())
		return nil, nil
	}
	return n, err
}

// quantity names a figure.
type quantity struct{ name, unit, goal string }

// versus measures the same of all targets and adds the ratios of ours to theirs.
func (b *Bench) versus(all []target, what []quantity, measure func(target) ([]float64, error)) error {
	var own []float64
	for i, t := range all {
		got, err := measure(t)
		if err != nil {
			return fmt.Errorf("%s%s: %w", t.label, what[0].name, err)
		}
		if i == 0 {
			own = got
		}
		for k, q := range what {
			if i == 0 {
				b.add(Figure{Area: "live", Name: q.name, Value: got[k], Unit: q.unit, Goal: q.goal})
				continue
			}
			b.add(Figure{Area: "live", Name: t.label + q.name, Value: got[k], Unit: q.unit, Goal: ""})
			b.add(Figure{
				Area: "live", Name: "  ours to " + t.label + q.name, Value: own[k] / got[k], Unit: "",
			})
		}
	}
	return nil
}

// publish keeps a clip on air until ctx ends.
func publish(ctx context.Context, t target, tags []flv.Tag, name string) error {
	c, err := rtmp.Dial(ctx, t.rtmp+name)
	if err != nil {
		return err
	}
	err = c.Loop(ctx, tags)
	if ctx.Err() != nil {
		err = nil
	}
	return errors.Join(err, c.Close())
}

// onAir runs n publishers beside fn.
func onAir(ctx context.Context, t target, tags []flv.Tag, names []string, fn func(ctx context.Context) error) error {
	air, off := context.WithCancel(ctx)
	var wg sync.WaitGroup
	failed := make([]error, len(names))
	for i, name := range names {
		wg.Go(func() { failed[i] = publish(air, t, tags, name) })
	}
	err := fn(ctx)
	off()
	wg.Wait()
	return errors.Join(append(failed, err)...)
}

func playlist(ctx context.Context, t target, name string) ([]string, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf(t.list, name), nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, nil
	}
	var lines []string
	scan := bufio.NewScanner(res.Body)
	for scan.Scan() {
		lines = append(lines, scan.Text())
	}
	return lines, scan.Err()
}

// waitMedia polls until a stream can be played.
func waitMedia(ctx context.Context, t target, name string) error {
	ctx, cancel := context.WithTimeout(ctx, firstWithin)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		lines, err := playlist(ctx, t, name)
		if err != nil || slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, t.media) }) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s did not come on air: %w", name, ctx.Err())
		}
	}
}

// firstMedia measures from connecting until a playlist with media is there.
func (b *Bench) firstMedia(ctx context.Context, t target, tags []flv.Tag) ([]float64, error) {
	var took []time.Duration
	for i := range startSamples {
		name := fmt.Sprintf("first%d", i)
		start := time.Now()
		err := onAir(ctx, t, tags, []string{name}, func(ctx context.Context) error { return waitMedia(ctx, t, name) })
		if err != nil {
			return nil, err
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return []float64{quantile(took, 0.5).Seconds()}, nil
}

// ingest measures what a published stream costs, packaging included.
func (b *Bench) ingest(ctx context.Context, t target, tags []flv.Tag, n int, window time.Duration) (out []float64,
	err error,
) {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("in%d", i)
	}
	err = onAir(ctx, t, tags, names, func(ctx context.Context) error {
		for _, name := range names {
			if err := waitMedia(ctx, t, name); err != nil {
				return err
			}
		}
		used, memory, err := t.during(func() error {
			select {
			case <-time.After(window):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		out = []float64{used.Seconds() / float64(n) / window.Minutes(), memory}
		return err
	})
	return out, err
}

// during gives the processor time that a target uses while fn runs, and the
// memory that it holds afterwards.
func (t target) during(fn func() error) (used time.Duration, memory float64, err error) {
	pids, err := t.pids()
	if err != nil {
		return 0, 0, err
	}
	sum := func() (total time.Duration, err error) {
		for _, pid := range pids {
			c, err := cpu(pid)
			if err != nil {
				return 0, err
			}
			total += c
		}
		return total, nil
	}
	before, err := sum()
	if err != nil {
		return 0, 0, err
	}
	if err := fn(); err != nil {
		return 0, 0, err
	}
	after, err := sum()
	for _, pid := range pids {
		m, failed := rss(pid)
		memory, err = memory+m, errors.Join(err, failed)
	}
	return after - before, memory, err
}
