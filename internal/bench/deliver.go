package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hawker/internal/media/flv"
)

const (
	getters       = 8
	deliverWindow = 4 * time.Second
	deliverWarm   = 5 * time.Second
)

// delay measures how old the newest listed media is by the clock of its sender,
// and what a player adds that keeps the distance which the playlist asks for.
func (b *Bench) delay(ctx context.Context, t target, tags []flv.Tag) (out []float64, err error) {
	const name = "delay"
	began := time.Now()
	err = onAir(ctx, t, tags, []string{name}, func(ctx context.Context) error {
		if err := waitMedia(ctx, t, name); err != nil {
			return err
		}
		var ages []float64
		seen := map[int64]float64{}
		hold := 0.0
		tick := time.NewTicker(delayInterval)
		defer tick.Stop()
		for range delaySamples {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return ctx.Err()
			}
			lines, err := playlist(ctx, t, name)
			if err != nil {
				return err
			}
			var open float64
			open, hold = listed(lines, seen)
			media := open
			for _, d := range seen {
				media += d
			}
			ages = append(ages, time.Since(began).Seconds()-media)
		}
		slices.Sort(ages)
		median := quantile(ages, 0.5)
		out = []float64{median, median + hold}
		return nil
	})
	return out, err
}

// listed notes the duration of each whole segment by its number, and gives that of
// the unfinished one and the distance from the end at which players are to play.
func listed(lines []string, seen map[int64]float64) (open, hold float64) {
	number := int64(0)
	gap, duration := false, 0.0
	for _, l := range lines {
		tag, value, _ := strings.Cut(l, ":")
		switch {
		case tag == "#EXT-X-MEDIA-SEQUENCE":
			number, _ = strconv.ParseInt(value, 10, 64) // a playlist that lies shows in the figure
		case tag == "#EXT-X-TARGETDURATION" && hold == 0:
			target, _ := strconv.ParseFloat(value, 64)
			hold = 3 * target
		case tag == "#EXT-X-SERVER-CONTROL":
			hold = attribute(l, "PART-HOLD-BACK=")
		case tag == "#EXT-X-GAP":
			gap = true
		case tag == "#EXT-X-PART":
			open += attribute(l, "DURATION=")
		case tag == "#EXTINF":
			duration = attribute(l, "#EXTINF:")
		case l != "" && l[0] != '#':
			if !gap {
				seen[number] = duration
			}
			number++
			open, gap = 0, false
		}
	}
	return open, hold
}

func attribute(line, name string) float64 {
	_, rest, found := strings.Cut(line, name)
	if !found {
		return 0
	}
	value, _, _ := strings.Cut(rest, ",")
	f, _ := strconv.ParseFloat(value, 64) // a playlist that lies shows in the figure
	return f
}

// deliver measures how many answers of each kind a second of processor gives.
func (b *Bench) deliver(ctx context.Context, all []target, tags []flv.Tag) error {
	const name = "deliver"
	kinds := []struct {
		what quantity
		of   []target
		url  func(t target, lines []string) string
	}{
		{quantity{"segment GETs a CPU second", "1/s", "≥ 7000"}, all, lastSegment},
		{quantity{"playlist GETs a CPU second", "1/s", "≥ 20000"}, all, func(t target, _ []string) string {
			return fmt.Sprintf(t.list, name)
		}},
		{quantity{"part GETs a CPU second", "1/s", "≥ 17000"}, all[:1], lastPart},
	}
	for _, k := range kinds {
		err := b.versus(k.of, []quantity{k.what}, func(t target) (out []float64, err error) {
			err = onAir(ctx, t, tags, []string{name}, func(ctx context.Context) error {
				if err := waitMedia(ctx, t, name); err != nil {
					return err
				}
				lines, err := settled(ctx, t, name)
				if err != nil {
					return err
				}
				rate, err := getRate(ctx, t, k.url(t, lines))
				out = []float64{rate}
				return err
			})
			return out, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// settled gives the playlist when there are some segments.
func settled(ctx context.Context, t target, name string) ([]string, error) {
	select {
	case <-time.After(deliverWarm):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return playlist(ctx, t, name)
}

func lastSegment(t target, lines []string) string {
	for _, l := range slices.Backward(lines) {
		if l != "" && l[0] != '#' {
			return beside(t, l)
		}
	}
	return ""
}

func lastPart(t target, lines []string) string {
	for _, l := range slices.Backward(lines) {
		if _, rest, ok := strings.Cut(l, `#EXT-X-PART:`); ok {
			_, uri, _ := strings.Cut(rest, `URI="`)
			uri, _, _ = strings.Cut(uri, `"`)
			return beside(t, uri)
		}
	}
	return ""
}

func beside(t target, uri string) string {
	list := fmt.Sprintf(t.list, "deliver")
	scheme, rest, _ := strings.Cut(list, "://")
	return scheme + "://" + path.Join(path.Dir(rest), uri)
}

// getRate fetches one address from several connections and gives the answers per
// second of the server's processor. What the client costs does not count.
func getRate(ctx context.Context, t target, url string) (float64, error) {
	if url == "" {
		return 0, errors.New("no media to fetch")
	}
	transport := &http.Transport{MaxIdleConnsPerHost: getters, DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var answers atomic.Int64
	used, _, err := t.during(func() error {
		ctx, cancel := context.WithTimeout(ctx, deliverWindow)
		defer cancel()
		failed := make([]error, getters)
		var wg sync.WaitGroup
		for i := range failed {
			wg.Go(func() { failed[i] = getMany(ctx, client, url, &answers) })
		}
		wg.Wait()
		return errors.Join(failed...)
	})
	if err != nil {
		return 0, err
	}
	return float64(answers.Load()) / used.Seconds(), nil
}

func getMany(ctx context.Context, client *http.Client, url string, answers *atomic.Int64) error {
	for ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
		if err != nil {
			return err
		}
		res, err := client.Do(req)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		_, err = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.StatusCode == http.StatusNotFound {
			return fmt.Errorf("%s: %s", url, res.Status)
		}
		if err == nil {
			answers.Add(1)
		}
	}
	return nil
}
