package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"hawker/internal/media/flv"
	"hawker/internal/media/rtmp"
)

const (
	counterRate   = 30
	counterFrames = 600 // of the clip; the number begins anew after them, so it tells 20 s apart
)

// counter is a stream whose frames carry their number in the picture, and what is
// known about when each was sent.
type counter struct {
	tags    []flv.Tag
	numbers []int         // of the frame in each tag, -1 for none
	length  time.Duration // of one lap

	mu   sync.Mutex
	sent [counterFrames][]time.Time
}

// counterBar draws a frame's number as ten bits of 32 pixels, the lowest first.
const counterBar = "color=black:s=320x32:r=30,format=gray,geq=lum='16+219*mod(floor(N/pow(2,floor(X/32))),2)'"

// encodeCounter makes the clip: 720p30 with a key frame a second at 2.5 Mb/s, as
// a streamer's program sends it. It has two B-frames, or none where a viewer is to
// have the picture by WebRTC, which knows no reordering.
func encodeCounter(ctx context.Context, ordered bool) ([]flv.Tag, error) {
	bframes := "2"
	if ordered {
		bframes = "0"
	}
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-f", "lavfi", "-i",
		"testsrc2=s=1280x720:r=30,noise=alls=12:allf=t",
		"-f", "lavfi", "-i", counterBar, "-f", "lavfi", "-i", "sine=f=440:r=48000",
		"-filter_complex", "[0:v][1:v]overlay=0:0:format=yuv420,format=yuv420p[v]", "-map", "[v]", "-map", "2:a",
		"-t", strconv.Itoa(counterFrames/counterRate),
		"-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-bf", bframes, "-b:v", "2372k", "-maxrate",
		"2372k", "-bufsize", "1186k",
		"-g", strconv.Itoa(counterRate), "-keyint_min", strconv.Itoa(counterRate), "-sc_threshold", "0",
		"-c:a", "aac", "-b:a", "128k", "-ac", "2", "-f", "flv", "-")
	var words bytes.Buffer
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("encode a counter: %w: %s", err, &words)
	}
	return flv.ReadFile(bytes.NewReader(out))
}

// newCounter finds out which frame is in which tag, by the order in which they are
// to be shown.
func newCounter(tags []flv.Tag) (*counter, error) {
	c := &counter{numbers: make([]int, len(tags)), length: counterFrames * time.Second / counterRate}
	for _, t := range tags {
		if t.Type == flv.TagVideo || t.Type == flv.TagAudio {
			c.tags = append(c.tags, t)
		}
	}
	times := make([]int64, len(c.tags))
	first, frames := int64(math.MaxInt64), 0
	for i, t := range c.tags {
		c.numbers[i] = -1
		if t.Type != flv.TagVideo {
			continue
		}
		v, err := flv.ParseVideo(t.Body)
		if err != nil {
			return nil, err
		}
		if v.Kind != flv.KindFrame {
			continue
		}
		c.numbers[i], times[i] = 0, int64(t.Timestamp)+int64(v.Composition)
		first = min(first, times[i])
		frames++
	}
	if frames != counterFrames {
		return nil, fmt.Errorf("the counter has %d frames, not %d", frames, counterFrames)
	}
	for i := range c.tags {
		if c.numbers[i] == 0 {
			c.numbers[i] = int(math.Round(float64(times[i]-first)*counterRate/1000)) % counterFrames
		}
	}
	return c, nil
}

// publish sends the clip over and over at its own speed until ctx ends.
func (c *counter) publish(ctx context.Context, url string) error {
	conn, err := rtmp.Dial(ctx, url)
	if err != nil {
		return err
	}
	err = c.send(ctx, conn)
	if ctx.Err() != nil {
		err = nil
	}
	return errors.Join(err, conn.Close())
}

func (c *counter) send(ctx context.Context, conn *rtmp.Client) error {
	start := time.Now()
	pace := time.NewTimer(0)
	defer pace.Stop()
	for lap := time.Duration(0); ; lap += c.length {
		for i, t := range c.tags {
			at := time.Duration(t.Timestamp) * time.Millisecond
			if t.Type == flv.TagAudio && at+audioFrame > c.length {
				continue // it would lie under the next lap's
			}
			pace.Reset(time.Until(start.Add(lap + at)))
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-conn.Done():
				return errors.New("the server hung up")
			case <-pace.C:
			}
			if err := c.write(conn, i, uint32((lap + at).Milliseconds())); err != nil {
				return err
			}
		}
	}
}

// audioFrame is a little more than a frame of AAC lasts.
const audioFrame = 24 * time.Millisecond

func (c *counter) write(conn *rtmp.Client, i int, ts uint32) error {
	t := c.tags[i]
	if t.Type == flv.TagAudio {
		return conn.WriteAudio(ts, t.Body)
	}
	if n := c.numbers[i]; n >= 0 {
		c.mu.Lock()
		c.sent[n] = append(c.sent[n], time.Now())
		c.mu.Unlock()
	} else if v, err := flv.ParseVideo(t.Body); err != nil || v.Kind != flv.KindConfig {
		return err // the clip ends, the stream does not
	}
	return conn.WriteVideo(ts, t.Body)
}

// age tells how long before that moment a frame of this number was sent last.
func (c *counter) age(number int, at time.Time) (time.Duration, bool) {
	if number >= counterFrames {
		return 0, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(c.sent[number]) - 1; i >= 0; i-- {
		// Browsers tell the time in whole milliseconds.
		if sent := c.sent[number][i].Truncate(time.Millisecond); !sent.After(at) {
			return at.Sub(sent), true
		}
	}
	return 0, false
}
