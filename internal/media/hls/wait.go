package hls

import (
	"context"
	"errors"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Outcomes of waiting.
var (
	errTimeout = errors.New("hls: nothing new within three target durations")
	errBusy    = errors.New("hls: too many waiting requests")
	errQuery   = errors.New("hls: bad delivery directive")
	errGone    = errors.New("hls: withdrawn")
)

// wakeSlice is how many waiting requests are woken at a time.
const wakeSlice = 64

// waiter is a request that waits for something to come.
type waiter struct {
	done  func(*snapshot) bool
	ready chan *snapshot // holds one, so that nobody waits for a waiter
	at    int            // in queue.all; -1 once it is to be woken
}

// queue are the requests that wait, each for its own snapshot: a change that they do not
// wait for wakes none of them.
type queue struct {
	mu  sync.Mutex
	all []*waiter
}

// await gives the first snapshot for which done is true, starting with the
// present one.
func (w *Window) await(ctx context.Context, done func(*snapshot) bool) (*snapshot, error) {
	s := w.current.Load()
	if done(s) {
		return s, nil
	}
	me := &waiter{done: done, ready: make(chan *snapshot, 1)}
	if err := w.enqueue(me); err != nil {
		return nil, err
	}
	t := w.opts.Clock.NewTimer(w.patience())
	defer t.Stop()
	var err error
	select {
	case s = <-me.ready:
		return s, nil
	case <-t.C():
		err = errTimeout
	case <-ctx.Done():
		err = ctx.Err()
	}
	w.queue.leave(me)
	return nil, err
}

// enqueue has a waiter wait, unless what it waits for has come meanwhile.
func (w *Window) enqueue(me *waiter) error {
	q := &w.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if s := w.current.Load(); me.done(s) {
		me.at = -1
		me.ready <- s
		return nil
	}
	if len(q.all) >= w.opts.WaitersMax {
		return errBusy
	}
	me.at = len(q.all)
	q.all = append(q.all, me)
	return nil
}

func (q *queue) leave(me *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if me.at < 0 {
		return
	}
	end := len(q.all) - 1
	q.all[me.at] = q.all[end]
	q.all[me.at].at = me.at
	q.all[end] = nil
	q.all = q.all[:end]
}

// wake hands a snapshot to those who wait for it. Of many, some are woken and have their
// answers written before the next are: a thousand that run at once are in one another's
// way, and in that of the streams.
func (q *queue) wake(s *snapshot) {
	due := q.take(s)
	if len(due) <= wakeSlice {
		hand(due, s)
		return
	}
	go func() {
		for some := range slices.Chunk(due, wakeSlice) {
			hand(some, s)
			runtime.Gosched()
		}
	}()
}

func hand(all []*waiter, s *snapshot) {
	for _, w := range all {
		w.ready <- s
	}
}

// take gives those whom a snapshot serves, and leaves the others in the queue.
func (q *queue) take(s *snapshot) (due []*waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	rest := q.all[:0]
	for _, w := range q.all {
		if w.done(s) {
			w.at = -1
			due = append(due, w)
			continue
		}
		w.at = len(rest)
		rest = append(rest, w)
	}
	clear(q.all[len(rest):])
	q.all = rest
	return due
}

// Waiting is how many requests wait for something to come.
func (w *Window) Waiting() int64 {
	w.queue.mu.Lock()
	defer w.queue.mu.Unlock()
	return int64(len(w.queue.all))
}

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
