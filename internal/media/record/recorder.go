// Package record keeps what a stream sent: the same parts that viewers got, each
// segment a blob of its own in an archive, beside the init segment that it needs. A
// segment's name says when it began and how long it lasts, so after a crash at any
// moment everything that the archive took can be played; an index is written once, when
// the recording is closed, and only saves the listing.
//
// The recorder never holds up the stream: its queue is bounded, what does not
// fit or cannot be written is left out, and Health tells so.
package record

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path"
	"sync"
	"syscall"
	"time"

	"hawker/internal/base/crash"
	"hawker/internal/media/hls"
)

// Archive takes what is recorded: all of r under a key, durably, or nothing. Keys are
// slash-separated; nothing is ever added to what lies under one.
type Archive interface {
	Put(ctx context.Context, key string, r io.Reader) (size int64, err error)
}

// Options of a Recorder.
type Options struct {
	Archive        Archive
	Dir            string // in the archive; one folder is one recording
	StreamID       string
	Show           string // whose recording it is; may be empty
	TargetDuration time.Duration
	Log            *slog.Logger
	QueueBytes     int // 0 means 32 MiB
}

// Info sums a recording up.
type Info struct {
	Dir      string
	StreamID string
	Show     string    // empty: of before shows had folders
	Start    time.Time // of the first segment, on the stream's clock
	Duration time.Duration
	Bytes    int64
	Segments int
	Lost     int   // segments that could not be kept
	Err      error // the newest reason for that
}

// Health is the state of a recording that is under way.
type Health struct {
	Active bool
	Bytes  int64
	Lost   int
	Err    string
	Full   bool // Err is for want of room on the disk
}

const (
	queueDefault = 32 << 20
	putWithin    = 20 * time.Second // an archive that does not answer
	closeWithin  = 20 * time.Second // for all that is queued when a recording ends
)

var (
	errBehind = errors.New("record: the archive is slower than the stream")
	errClosed = errors.New("record: closed")
)

// Recorder writes one recording.
type Recorder struct {
	opts Options
	done chan struct{}

	mu     sync.Mutex
	cond   *sync.Cond
	queue  []*hls.Segment
	queued int
	closed bool
	info   Info

	stop context.CancelFunc // ends what is being put

	// Only the writing goroutine uses what follows.
	init   *hls.Init // the newest that the archive has
	inits  int
	kept   []kept
	broken bool // something is missing before the next segment
}

// Start begins a recording; Close ends it.
func Start(o Options) *Recorder {
	if o.QueueBytes <= 0 {
		o.QueueBytes = queueDefault
	}
	r := &Recorder{opts: o, done: make(chan struct{})}
	r.info = Info{Dir: o.Dir, StreamID: o.StreamID, Show: o.Show}
	r.cond = sync.NewCond(&r.mu)
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go r.run(ctx)
	return r
}

// Add hands over a closed segment. It never blocks.
func (r *Recorder) Add(s *hls.Segment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		r.lose(errClosed)
		return
	}
	if r.queued+s.Bytes() > r.opts.QueueBytes {
		r.lose(errBehind)
		r.queue = append(r.queue, nil) // marks the place of the hole
		return
	}
	r.queue = append(r.queue, s)
	r.queued += s.Bytes()
	r.cond.Signal()
}

func (r *Recorder) lose(err error) {
	if r.info.Err == nil || r.info.Err.Error() != err.Error() {
		r.opts.Log.Error("recording incomplete", "stream", r.opts.StreamID, "dir", r.opts.Dir, "error", err)
	}
	r.info.Lost++
	r.info.Err = err
}

// Health tells how the recording is doing.
func (r *Recorder) Health() Health {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := Health{Active: !r.closed, Bytes: r.info.Bytes, Lost: r.info.Lost}
	if r.info.Err != nil {
		h.Err = r.info.Err.Error()
		h.Full = errors.Is(r.info.Err, syscall.ENOSPC) || errors.Is(r.info.Err, syscall.EDQUOT)
	}
	return h
}

// Close writes what is queued, ends the recording and sums it up. An archive that
// does not take it in time goes without.
func (r *Recorder) Close() Info {
	r.mu.Lock()
	r.closed = true
	r.cond.Signal()
	r.mu.Unlock()
	late := time.AfterFunc(closeWithin, r.stop)
	<-r.done
	late.Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.info
}

func (r *Recorder) run(ctx context.Context) {
	defer close(r.done)
	defer r.stop()
	for {
		s, ok := r.next()
		if !ok {
			_ = crash.Told(r.opts.Log, "a recording", func() error { r.finish(ctx); return nil }) // the program goes on
			return
		}
		if s == nil {
			r.broken = true
			continue
		}
		var n int64
		err := crash.Told(r.opts.Log, "a recording", func() (err error) { n, err = r.write(ctx, s); return err })
		r.broken = err != nil
		r.note(s, n, err)
	}
}

// next takes a segment off the queue; nil stands for one that is missing.
func (r *Recorder) next() (*hls.Segment, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.queue) == 0 && !r.closed {
		r.cond.Wait()
	}
	if len(r.queue) == 0 {
		return nil, false
	}
	s := r.queue[0]
	r.queue[0] = nil
	r.queue = r.queue[1:]
	if s != nil {
		r.queued -= s.Bytes()
	}
	return s, true
}

func (r *Recorder) note(s *hls.Segment, n int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.lose(err)
		return
	}
	if r.info.Segments == 0 {
		r.info.Start = s.Start
	}
	r.info.Segments++
	r.info.Duration += s.Duration
	r.info.Bytes += n
}

// write puts one segment into the archive, after the init segment that it needs.
func (r *Recorder) write(ctx context.Context, s *hls.Segment) (int64, error) {
	if r.init != s.Init {
		if _, err := r.put(ctx, initName(r.inits+1), bytes.NewReader(s.Init.Data)); err != nil {
			return 0, err
		}
		r.init, r.inits = s.Init, r.inits+1
	}
	k := kept{Name: segmentName(r.inits, len(r.kept)+1, s, r.broken)}
	n, err := r.put(ctx, k.Name, s.Body().Reader())
	if err != nil {
		return 0, err
	}
	k.Size = n
	r.kept = append(r.kept, k)
	return n, nil
}

func (r *Recorder) put(ctx context.Context, name string, from io.Reader) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, putWithin)
	defer cancel()
	n, err := r.opts.Archive.Put(ctx, path.Join(r.opts.Dir, name), from)
	if err != nil {
		return 0, fmt.Errorf("record %s: %w", name, err)
	}
	return n, nil
}

// finish leaves the index beside what was recorded.
func (r *Recorder) finish(ctx context.Context) {
	if len(r.kept) == 0 {
		return
	}
	raw, err := json.Marshal(index{r.opts.StreamID, int(r.opts.TargetDuration / time.Second), r.kept})
	if err == nil {
		_, err = r.put(ctx, indexName, bytes.NewReader(raw))
	}
	if err != nil { // what was recorded is found by its names
		r.opts.Log.Warn("index of a recording not written", "dir", r.opts.Dir, "error", err)
	}
}
