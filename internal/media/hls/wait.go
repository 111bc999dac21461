package hls

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"
)

// Outcomes of waiting.
var (
	errTimeout = errors.New("hls: nothing new within three target durations")
	errBusy    = errors.New("hls: too many waiting requests")
	errQuery   = errors.New("hls: bad delivery directive")
	errGone    = errors.New("hls: withdrawn")
)

// await gives the first snapshot for which done is true, starting with the
// present one.
func (w *Window) await(ctx context.Context, done func(*snapshot) bool) (*snapshot, error) {
	s := w.current.Load()
	if done(s) {
		return s, nil
	}
	if w.waiters.Add(1) > int64(w.opts.WaitersMax) {
		w.waiters.Add(-1)
		return nil, errBusy
	}
	defer w.waiters.Add(-1)
	t := w.opts.Clock.NewTimer(w.patience())
	defer t.Stop()
	for {
		select {
		case <-s.changed:
		case <-t.C():
			return nil, errTimeout
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if s = w.current.Load(); done(s) {
			return s, nil
		}
	}
}

// Waiting is how many requests wait for something to come.
func (w *Window) Waiting() int64 { return w.waiters.Load() }

func (w *Window) patience() time.Duration { return 3 * w.opts.TargetDuration }

// directive is what a blocking reload asks for.
type directive struct {
	block     bool
	msn, part int64
}

// parseDirective reads _HLS_msn and _HLS_part; other parameters, such as
// _HLS_skip which this playlist does not offer, are ignored.
func parseDirective(query string) (directive, error) {
	d := directive{part: -1}
	if query == "" {
		return d, nil
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		return d, errQuery
	}
	msn, hasMSN := q["_HLS_msn"]
	part, hasPart := q["_HLS_part"]
	if !hasMSN {
		if hasPart {
			return d, errQuery // the spec: part is meaningless without msn
		}
		return d, nil
	}
	d.block = true
	if d.msn, err = number(msn[0]); err != nil {
		return d, err
	}
	if hasPart {
		d.part, err = number(part[0])
	}
	return d, err
}

func number(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, errQuery
	}
	return n, nil
}

// reload gives the snapshot that answers a directive.
func (w *Window) reload(ctx context.Context, d directive) (*snapshot, error) {
	s := w.current.Load()
	if d.block && s.started && !s.ended && !s.gone && s.tooFar(d.msn, d.part) {
		return nil, errQuery
	}
	s, err := w.await(ctx, func(s *snapshot) bool {
		if s.ended || s.gone {
			return true
		}
		return !d.block && s.started || d.block && s.has(d.msn, d.part)
	})
	if err == nil && s.gone {
		return nil, errGone
	}
	return s, err
}
