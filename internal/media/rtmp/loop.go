package rtmp

import (
	"context"
	"errors"
	"time"

	"hawker/internal/media/flv"
)

// ErrClip is a clip that cannot be looped.
var ErrClip = errors.New("rtmp: clip has no duration")

// audioFrameMs is a little more than a frame of AAC lasts.
const audioFrameMs = 24

// Loop publishes a clip over and over at its own speed until ctx ends or the
// server hangs up. Timestamps go on from lap to lap; sound that outlasts the
// picture would lie under the next lap's and is left out.
func (c *Client) Loop(ctx context.Context, tags []flv.Tag) error {
	length := clipLength(tags)
	if length == 0 {
		return ErrClip
	}
	start := time.Now()
	pace := time.NewTimer(0)
	defer pace.Stop()
	for lap := uint32(0); ; lap++ {
		for _, t := range tags {
			at := t.Timestamp - tags[0].Timestamp
			if t.Type == flv.TagAudio && at+audioFrameMs > length {
				continue
			}
			ts := at + lap*length
			pace.Reset(time.Until(start.Add(time.Duration(ts) * time.Millisecond)))
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-c.done:
				return errLeft
			case <-pace.C:
			}
			if err := c.tag(t, ts, lap); err != nil {
				return err
			}
		}
	}
}

// clipLength is from the first to the last frame and one frame more.
func clipLength(tags []flv.Tag) uint32 {
	var first, last, n uint32
	for _, t := range tags {
		if t.Type != flv.TagVideo {
			continue
		}
		if v, err := flv.ParseVideo(t.Body); err != nil || v.Kind != flv.KindFrame {
			continue
		}
		if n == 0 {
			first = t.Timestamp
		}
		last = max(last, t.Timestamp)
		n++
	}
	if n < 2 {
		return 0
	}
	return last - first + (last-first)/(n-1)
}

func (c *Client) tag(t flv.Tag, ts, lap uint32) error {
	switch {
	case t.Type == flv.TagVideo:
		if v, err := flv.ParseVideo(t.Body); err == nil && v.Kind == flv.KindEnd {
			return nil // the clip ends, the stream does not
		}
		return c.WriteVideo(ts, t.Body)
	case t.Type == flv.TagAudio:
		return c.WriteAudio(ts, t.Body)
	case t.Type == flv.TagScript && lap == 0:
		return c.send(csAudio, Message{Type: typeData, StreamID: mediaStream, Payload: t.Body})
	}
	return nil
}
