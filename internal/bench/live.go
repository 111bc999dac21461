package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
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

// live measures taking streams in and handing them on.
func (b *Bench) live(ctx context.Context, window time.Duration) error {
	f, err := demo.Open("live.flv")
	if err != nil {
		return err
	}
	tags, err := flv.ReadFile(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := b.firstMedia(ctx, tags); err != nil {
		return err
	}
	for _, n := range []int{1, streamsMany} {
		if err := b.ingest(ctx, tags, n, max(window, 10*time.Second)); err != nil {
			return err
		}
	}
	return b.delay(ctx, tags)
}

// publish keeps a clip on air until ctx ends.
func (b *Bench) publish(ctx context.Context, tags []flv.Tag, name string) error {
	c, err := rtmp.Dial(ctx, "rtmp://"+b.server.rtmp+"/live/"+name)
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
func (b *Bench) onAir(ctx context.Context, tags []flv.Tag, names []string, fn func(ctx context.Context) error) error {
	air, off := context.WithCancel(ctx)
	var wg sync.WaitGroup
	failed := make([]error, len(names))
	for i, name := range names {
		wg.Go(func() { failed[i] = b.publish(air, tags, name) })
	}
	err := fn(ctx)
	off()
	wg.Wait()
	return errors.Join(append(failed, err)...)
}

func (b *Bench) playlist(ctx context.Context, name string) ([]string, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+b.server.http+"/live/"+name+"/live.m3u8", nil)
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

func hasMedia(lines []string) bool {
	return slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "#EXT-X-PART:") })
}

// waitMedia polls until a stream can be played.
func (b *Bench) waitMedia(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, firstWithin)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		lines, err := b.playlist(ctx, name)
		if err != nil || hasMedia(lines) {
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
func (b *Bench) firstMedia(ctx context.Context, tags []flv.Tag) error {
	var took []time.Duration
	for i := range startSamples {
		name := fmt.Sprintf("first%d", i)
		start := time.Now()
		err := b.onAir(ctx, tags, []string{name}, func(ctx context.Context) error { return b.waitMedia(ctx, name) })
		if err != nil {
			return err
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.add(Figure{"live", "publish to first playable part, median", took[len(took)/2].Seconds(), "s", "≤ 0.8 s"})
	return nil
}

// ingest measures what a published stream costs, packaging included.
func (b *Bench) ingest(ctx context.Context, tags []flv.Tag, n int, window time.Duration) error {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("in%d-%d", n, i)
	}
	return b.onAir(ctx, tags, names, func(ctx context.Context) error {
		for _, name := range names {
			if err := b.waitMedia(ctx, name); err != nil {
				return err
			}
		}
		pid := b.server.cmd.Process.Pid
		before, err := cpu(pid)
		if err != nil {
			return err
		}
		start := time.Now()
		select {
		case <-time.After(window):
		case <-ctx.Done():
			return ctx.Err()
		}
		after, err := cpu(pid)
		if err != nil {
			return err
		}
		memory, err := rss(pid)
		each := (after - before).Seconds() / float64(n) / time.Since(start).Minutes()
		b.add(Figure{"live", fmt.Sprintf("ingest and LL-HLS, %d streams: CPU a stream-minute", n), each, "CPU s", "≤ 0.30 at 20"})
		b.add(Figure{"live", fmt.Sprintf("memory at %d streams", n), memory, "MiB", "≤ 120 at 20"})
		return err
	})
}

// delay measures how old the newest media of a playlist is, by the stream's own
// clock: what a player adds is its hold-back.
func (b *Bench) delay(ctx context.Context, tags []flv.Tag) error {
	const name = "delay"
	return b.onAir(ctx, tags, []string{name}, func(ctx context.Context) error {
		if err := b.waitMedia(ctx, name); err != nil {
			return err
		}
		var ages []time.Duration
		holdBack := 0.0
		tick := time.NewTicker(delayInterval)
		defer tick.Stop()
		for range delaySamples {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return ctx.Err()
			}
			lines, err := b.playlist(ctx, name)
			if err != nil {
				return err
			}
			edge, hold := edgeOf(lines)
			if !edge.IsZero() {
				ages, holdBack = append(ages, time.Since(edge)), hold
			}
		}
		if len(ages) == 0 {
			return errors.New("no playlist carried PROGRAM-DATE-TIME")
		}
		slices.Sort(ages)
		median := ages[len(ages)/2].Seconds()
		b.add(Figure{"live", "age of the newest media by PROGRAM-DATE-TIME, median", median, "s", ""})
		b.add(Figure{"live", "live delay of a player at PART-HOLD-BACK", median + holdBack, "s", "≤ 2.2 s"})
		return nil
	})
}

// edgeOf finds the end of the newest part by the playlist's clock, and the
// hold-back that it asks players for.
func edgeOf(lines []string) (edge time.Time, holdBack float64) {
	for _, l := range lines {
		switch {
		case strings.HasPrefix(l, "#EXT-X-PROGRAM-DATE-TIME:"):
			edge, _ = time.Parse(time.RFC3339, strings.TrimPrefix(l, "#EXT-X-PROGRAM-DATE-TIME:"))
		case strings.HasPrefix(l, "#EXT-X-PART:"):
			edge = edge.Add(seconds(l, "DURATION="))
		case strings.HasPrefix(l, "#EXT-X-SERVER-CONTROL:"):
			holdBack = seconds(l, "PART-HOLD-BACK=").Seconds()
		}
	}
	return edge, holdBack
}

func seconds(line, attribute string) time.Duration {
	_, rest, found := strings.Cut(line, attribute)
	if !found {
		return 0
	}
	value, _, _ := strings.Cut(rest, ",")
	f, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return 0
	}
	return time.Duration(f * float64(time.Second))
}
