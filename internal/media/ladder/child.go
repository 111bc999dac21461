package ladder

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"hawker/internal/base/crash"
	"hawker/internal/media/child"
	"hawker/internal/media/flv"
	"hawker/internal/media/stream"
)

const (
	addressMax   = 3 << 30
	filesOpenMax = 64
	niceness     = 10     // ingest, packaging and the shop go first
	startAt      = 10_000 // ms, of the child's own line: its muxer likes no time below zero
	stallAfter   = 15 * time.Second
	bufferSize   = 64 << 10
)

var (
	errChanged = errors.New("ladder: the stream's picture changed")
	errStalled = errors.New("ladder: the child gives nothing")
	errEnded   = errors.New("ladder: ffmpeg ended")
)

// encoder is one ffmpeg.
type encoder struct {
	worker *worker
	rungs  []rung
	tap    *stream.Tap
	outs   []*stream.Rendition
	base   uint32 // the stream's time that is startAt for the child
	fed    atomic.Int64
	given  atomic.Int64
}

// once runs one child until the stream is over (nil) or something is wrong.
func (w *worker) once(ctx context.Context, h stream.Health) (err error) {
	hub := w.ladder.cfg.Hub
	c := &encoder{worker: w, rungs: rungs(h)}
	c.rungs = c.rungs[min(w.skip, len(c.rungs)-1):]
	if c.tap, err = hub.Tap(ctx, w.stream); err != nil {
		return err
	}
	defer c.tap.Close()
	head, err := c.head(ctx)
	if err != nil {
		return err
	}
	defer func() {
		for _, r := range c.outs {
			r.Close()
		}
	}()
	for _, r := range c.rungs {
		out, err := hub.OpenRendition(w.stream, stream.RenditionOptions{
			Name: r.name(), Bandwidth: r.bandwidth(), Delay: head.delay,
		})
		if err != nil {
			return err
		}
		c.outs = append(c.outs, out)
	}
	return c.run(ctx, head)
}

// head is what the child is to read first.
type head struct {
	config, key stream.Packet
	delay       int32 // composition time of the key frame
}

// head waits for the stream's configuration and first key frame.
func (c *encoder) head(ctx context.Context) (h head, err error) {
	for {
		p, err := c.tap.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return h, stream.ErrNoStream
		case err != nil:
			return h, err
		case p.Kind == stream.PacketVideo && p.Config:
			h.config = p
		case p.Kind == stream.PacketVideo && p.Key && h.config.Body != nil:
			v, err := flv.ParseVideo(p.Body)
			h.key, h.delay = p, v.Composition
			c.base = p.Time - startAt
			return h, err
		}
	}
}

// run starts the child and waits for it. Its CPU time is not bounded, a show may
// last for hours: it makes way for everything else instead, and one that falls
// behind is ended.
func (c *encoder) run(ctx context.Context, h head) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p, err := child.Start(ctx, child.Command{
		Program: c.worker.ladder.cfg.Program, Task: "live ladder", Args: arguments(c.rungs), In: true,
		More:   len(c.rungs),
		Limits: child.Limits{Address: addressMax, Files: filesOpenMax, Nice: niceness},
	})
	if err != nil {
		return err
	}
	c.worker.change(func(s *Status) { s.State, s.PID = Starting, p.PID() })
	log := c.worker.ladder.cfg.Log
	var feeding, taking, guard sync.WaitGroup
	over := atomic.Bool{}
	feeding.Go(func() {
		err := crash.Told(log, "a feed", func() error { return c.feed(ctx, p.In, h) })
		if errors.Is(err, io.EOF) {
			over.Store(true)
		} else if err != nil && !errors.Is(err, syscall.EPIPE) {
			cancel(err)
		}
		_ = p.In.Close() // the child ends by itself
	})
	for i, pipe := range p.More {
		taking.Go(func() {
			defer pipe.Close()
			err := crash.Told(log, "a rendition", func() error { return c.take(pipe, c.outs[i]) })
			if !ended(err) {
				cancel(err)
			}
		})
	}
	done := make(chan struct{})
	guard.Go(func() { c.watch(ctx, cancel, done) })
	taking.Wait()
	err = p.Wait()
	last := over.Load() // before the tap is closed, which ends it, too
	c.tap.Close()
	feeding.Wait()
	close(done)
	guard.Wait()
	c.worker.change(func(s *Status) { s.PID = 0 })
	switch cause := context.Cause(ctx); {
	case cause != nil:
		return cause
	case last:
		return nil
	}
	return errors.Join(errEnded, err)
}

// ended tells whether reading stopped because the child did.
func ended(err error) bool {
	return err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrClosed)
}

// feed writes the stream's pictures to the child; io.EOF when the stream is over.
func (c *encoder) feed(ctx context.Context, in io.Writer, h head) error {
	b := bufio.NewWriterSize(in, bufferSize)
	w, err := flv.NewVideoWriter(b)
	if err != nil {
		return err
	}
	put := func(p stream.Packet) error {
		c.fed.Add(1)
		return w.Write(flv.Tag{Type: flv.TagVideo, Timestamp: p.Time - c.base, Body: p.Body})
	}
	h.config.Time = h.key.Time
	if err := errors.Join(put(h.config), put(h.key)); err != nil {
		return err
	}
	check := false
	for {
		if c.tap.Buffered() == 0 {
			if err := b.Flush(); err != nil {
				return err
			}
		}
		p, err := c.tap.Next(ctx)
		switch {
		case err != nil:
			return errors.Join(b.Flush(), err)
		case p.Kind != stream.PacketVideo:
			continue
		case p.Config:
			if string(p.Body) != string(h.config.Body) {
				return errChanged
			}
			check = true // another publisher with the same picture
			continue
		case p.Key && check:
			check = false
			if v, err := flv.ParseVideo(p.Body); err != nil || v.Composition != h.delay {
				return errChanged
			}
		}
		if err := put(p); err != nil {
			return err
		}
	}
}

// take reads what the child makes of one rung.
func (c *encoder) take(pipe io.Reader, out *stream.Rendition) error {
	r, err := flv.NewReader(bufio.NewReaderSize(pipe, bufferSize))
	if err != nil {
		return io.EOF // it ended before it began; Wait tells why
	}
	for {
		t, err := r.Read()
		if err != nil {
			return err
		}
		if t.Type != flv.TagVideo {
			continue
		}
		v, err := flv.ParseVideo(t.Body)
		if err != nil {
			return err
		}
		switch v.Kind {
		case flv.KindConfig:
			err = out.Configure(v.Data)
		case flv.KindFrame:
			c.given.Add(1)
			err = out.Picture(c.base+t.Timestamp, v)
		case flv.KindEnd: // nothing to do
		}
		if err != nil {
			return err
		}
	}
}

// watch ends a child that is fed and gives nothing.
func (c *encoder) watch(ctx context.Context, kill context.CancelCauseFunc, done <-chan struct{}) {
	for {
		fed, given := c.fed.Load(), c.given.Load()
		t := c.worker.ladder.cfg.Clock.NewTimer(stallAfter)
		select {
		case <-t.C():
		case <-done:
			t.Stop()
			return
		case <-ctx.Done():
			t.Stop()
			return
		}
		if c.fed.Load() > fed && c.given.Load() == given {
			kill(errStalled)
			return
		}
	}
}
