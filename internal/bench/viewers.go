package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hawker/internal/media/flv"
)

const (
	floorStream  = "floor"
	followWarm   = 2 * time.Second
	floorRounds  = 14
	floorRound   = 500 * time.Millisecond
	partsAMinute = 180 // of a third of a second each
	seatBuffer   = 16 << 10
	playlistMost = 1 << 20
)

// seat is a viewer's connection: the least of an HTTP client, so that a thousand of them
// fit beside what they measure.
type seat struct {
	conn net.Conn
	in   *bufio.Reader
}

func sit(ctx context.Context, addr string) (*seat, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	return &seat{conn, bufio.NewReaderSize(conn, seatBuffer)}, nil
}

func (s *seat) leave() { _ = s.conn.Close() } // nothing was being sent

// get gives the length of an answer, and its text if that is wanted.
func (s *seat) get(path string, text *bytes.Buffer) (int64, error) {
	if _, err := fmt.Fprintf(s.conn, "GET %s HTTP/1.1\r\nHost: bench\r\n\r\n", path); err != nil {
		return 0, err
	}
	res, err := http.ReadResponse(s.in, nil)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s: %s", path, res.Status)
	}
	if text == nil {
		return io.Copy(io.Discard, res.Body)
	}
	text.Reset()
	return text.ReadFrom(io.LimitReader(res.Body, playlistMost))
}

// show is what viewers follow, at ours or at the floor.
type show struct {
	addr string
	pid  int
	list string // path of the playlist as it is
	// next gives what a viewer asks for who has read a playlist: the newest part, and the
	// playlist with the part after it.
	next func(list []byte) (part, reload string)
}

func (b *Bench) ourShow(name string) show {
	folder := "/live/" + name + "/"
	return show{
		addr: b.server.http, pid: b.server.cmd.Process.Pid, list: folder + "live.m3u8",
		next: func(list []byte) (part, reload string) {
			e := tailOf(list)
			return folder + e.part, fmt.Sprintf("%slive.m3u8?_HLS_msn=%d&_HLS_part=%d", folder, e.segment, e.parts)
		},
	}
}

// show of the floor has answers as long as ours were.
func (f *floor) show(part, list int64) show {
	media, reload := fmt.Sprint("/", part), fmt.Sprint("/next/", list)
	return show{
		addr: f.addr, pid: f.cmd.Process.Pid, list: fmt.Sprint("/", list),
		next: func([]byte) (string, string) { return media, reload },
	}
}

// tail is the end of a playlist: the number of the unfinished segment and how many parts
// of it are there, the newest part, and the newest whole segment.
type tail struct {
	segment, parts int
	part, whole    string
}

func tailOf(list []byte) (e tail) {
	for line := range strings.Lines(string(list)) {
		line = strings.TrimRight(line, "\n")
		if rest, ok := strings.CutPrefix(line, "#EXT-X-MEDIA-SEQUENCE:"); ok {
			e.segment, _ = strconv.Atoi(rest) // a playlist that lies shows in what is asked for
		}
		if rest, ok := strings.CutPrefix(line, "#EXT-X-PART:"); ok {
			_, rest, _ = strings.Cut(rest, `URI="`)
			e.part, _, _ = strings.Cut(rest, `"`)
			e.parts++
		}
		if line != "" && line[0] != '#' {
			e.segment, e.parts, e.whole = e.segment+1, 0, line
		}
	}
	return e
}

// followed is what viewers of a show had, and what that cost.
type followed struct {
	parts, partBytes, listBytes atomic.Int64
	used                        time.Duration
}

// minute is the processor time in ms for a viewer and a minute of parts; idle is what the
// same time costs without viewers.
func (f *followed) minute(idle time.Duration) float64 {
	return float64((f.used - idle).Microseconds()) / 1000 / float64(f.parts.Load()) * partsAMinute
}

// follow has n viewers follow a show with blocking reloads.
func follow(ctx context.Context, s show, n int, window time.Duration) (*followed, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var f followed
	var counts atomic.Bool
	var wg sync.WaitGroup
	failed := make(chan error, n)
	for range n {
		wg.Go(func() {
			if err := s.watch(ctx, &f, &counts); err != nil && ctx.Err() == nil {
				failed <- err
			}
		})
	}
	err := pause(ctx, followWarm)
	if err == nil {
		counts.Store(true)
		f.used, err = spent(ctx, s.pid, window)
		counts.Store(false)
	}
	cancel()
	wg.Wait()
	close(failed)
	for e := range failed {
		return nil, e
	}
	return &f, err
}

// watch is one viewer: a part, then the playlist in which the next one stands.
func (s show) watch(ctx context.Context, f *followed, counts *atomic.Bool) error {
	v, err := sit(ctx, s.addr)
	if err != nil {
		return err
	}
	defer v.leave()
	var list bytes.Buffer
	if _, err := v.get(s.list, &list); err != nil {
		return err
	}
	for {
		part, reload := s.next(list.Bytes())
		size, err := v.get(part, nil)
		if err != nil {
			return err
		}
		length, err := v.get(reload, &list)
		if err != nil {
			return err
		}
		if counts.Load() {
			f.parts.Add(1)
			f.partBytes.Add(size)
			f.listBytes.Add(length)
		}
	}
}

// hammer asks without a pause, and gives the answers for a second of the server's
// processor, but for the share of it that goes without being asked.
func hammer(ctx context.Context, s show, path string, idle float64) (float64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var answers atomic.Int64
	var wg sync.WaitGroup
	failed := make(chan error, getters)
	for range getters {
		v, err := sit(ctx, s.addr)
		if err != nil {
			return 0, err
		}
		defer v.leave()
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, err := v.get(path, nil); err != nil {
					failed <- err
					return
				}
				answers.Add(1)
			}
		})
	}
	used, err := spent(ctx, s.pid, floorRound)
	rate := float64(answers.Load()) / (used.Seconds() - idle*floorRound.Seconds())
	if err == nil && len(failed) > 0 {
		err = <-failed
	}
	cancel()
	wg.Wait()
	return rate, err
}

// besideFloor measures what ours costs beside the floor: answers of each kind, and viewers.
func (b *Bench) besideFloor(ctx context.Context, area string, tags []flv.Tag, window time.Duration) (err error) {
	f, err := startFloor(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	ours := b.ours()
	return onAir(ctx, ours, tags, []string{floorStream}, func(ctx context.Context) error {
		if err := waitMedia(ctx, ours, floorStream); err != nil {
			return err
		}
		if err := pause(ctx, deliverWarm); err != nil {
			return err
		}
		idle, err := spent(ctx, b.server.cmd.Process.Pid, window) // the stream's own, and the program's
		if err != nil {
			return err
		}
		share := idle.Seconds() / window.Seconds()
		for _, k := range []struct {
			what, goal string
			path       func(e tail) string
		}{
			{"segment", "≥ 0.97", func(e tail) string { return e.whole }},
			{"part", "≥ 0.95", func(e tail) string { return e.part }},
			{"playlist", "≥ 0.90", func(tail) string { return "live.m3u8" }},
		} {
			ratio, err := b.getsBeside(ctx, f, share, k.path)
			if err != nil {
				return fmt.Errorf("%s: %w", k.what, err)
			}
			b.add(Figure{
				Area: area, Name: "  ours to a bare server: " + k.what + " GETs a CPU second",
				Value: ratio, Goal: k.goal,
			})
		}
		for _, n := range []int{100, 1000} {
			if err := b.viewersBeside(ctx, area, f, n, window, idle); err != nil {
				return fmt.Errorf("%d viewers: %w", n, err)
			}
		}
		return nil
	})
}

// floorAlone is besideFloor without the rest of live.
func (b *Bench) floorAlone(ctx context.Context, window time.Duration) error {
	tags, err := liveTags()
	if err != nil {
		return err
	}
	return b.besideFloor(ctx, "floor", tags, window)
}

// getsBeside gives how many answers of a kind ours gives for one of the floor, the median
// of some rounds; idle is the share of a processor that ours takes without being asked.
// They take turns, so that a machine that changes its speed changes both.
func (b *Bench) getsBeside(ctx context.Context, f *floor, idle float64, path func(e tail) string) (float64, error) {
	s := b.ourShow(floorStream)
	v, err := sit(ctx, s.addr)
	if err != nil {
		return 0, err
	}
	defer v.leave()
	ratios := make([]float64, floorRounds)
	for i := range ratios {
		var list bytes.Buffer
		if _, err := v.get(s.list, &list); err != nil {
			return 0, err
		}
		at := strings.TrimSuffix(s.list, "live.m3u8") + path(tailOf(list.Bytes()))
		size, err := v.get(at, nil)
		if err != nil {
			return 0, err
		}
		sides, paths := []show{s, f.show(0, 0)}, []string{at, fmt.Sprint("/", size)}
		var rates [2]float64
		for k := range rates {
			side := (i + k) % 2 // who goes first goes second in the next round
			if rates[side], err = hammer(ctx, sides[side], paths[side], idle*float64(1-side)); err != nil {
				return 0, err
			}
		}
		ratios[i] = rates[0] / rates[1]
	}
	slices.Sort(ratios)
	return quantile(ratios, 0.5), nil
}

// viewersBeside measures n viewers of ours and of the floor; idle is what ours costs in a
// window without any.
func (b *Bench) viewersBeside(ctx context.Context, area string, f *floor, n int, window, idle time.Duration) error {
	own, err := follow(ctx, b.ourShow(floorStream), n, window)
	if err != nil {
		return err
	}
	parts := max(own.parts.Load(), 1)
	bare, err := follow(ctx, f.show(own.partBytes.Load()/parts, own.listBytes.Load()/parts), n, window)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("a viewer-minute of %d parts, %d viewers: CPU", partsAMinute, n)
	b.add(Figure{Area: area, Name: "bare server: " + what, Value: bare.minute(0), Unit: "ms"})
	b.add(Figure{Area: area, Name: what, Value: own.minute(idle), Unit: "ms", Goal: "≤ 1.8 ×"}.
		of(bare.minute(0), "a bare server"))
	return nil
}

// spent is the processor time that a process uses in a while.
func spent(ctx context.Context, pid int, d time.Duration) (time.Duration, error) {
	before, err := ran(pid)
	if err != nil {
		return 0, err
	}
	if err := pause(ctx, d); err != nil {
		return 0, err
	}
	after, err := ran(pid)
	return after - before, err
}
