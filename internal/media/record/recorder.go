// Package record keeps what a stream sent: the same parts that viewers got,
// appended to fragmented MP4 files in a folder of its own, with an index of
// segments beside them. A segment is synced to disk before its index line is
// written, so after a crash at any moment everything indexed can be played, and
// each file by itself too.
//
// The recorder never holds up the stream: its queue is bounded, what does not
// fit or cannot be written is left out, and Health tells so.
package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"hawker/internal/media/hls"
)

// Options of a Recorder.
type Options struct {
	Dir            string // made by the recorder; one folder is one recording
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
}

const (
	queueDefault = 32 << 20
	indexName    = "index.jsonl"
	playlistName = "index.m3u8"
	dirMode      = 0o750
	fileMode     = 0o640
)

var (
	errBehind = errors.New("record: the disk is slower than the stream")
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

	// Only the writing goroutine uses what follows.
	index  *os.File
	file   *os.File
	name   string
	files  int
	size   int64
	init   *hls.Init
	broken bool // something is missing before the next segment
}

// entry is one line of the index.
type entry struct {
	File          string    `json:"file"`
	Init          int64     `json:"init"` // bytes of init segment at the head of the file
	Offset        int64     `json:"offset"`
	Size          int64     `json:"size"`
	DurationUs    int64     `json:"duration_us"`
	Start         time.Time `json:"start"`
	Discontinuity bool      `json:"discontinuity,omitempty"`
}

func (e entry) end() time.Time { return e.Start.Add(time.Duration(e.DurationUs) * time.Microsecond) }

// heading is the first line of the index.
type heading struct {
	StreamID      string `json:"stream_id"`
	TargetSeconds int    `json:"target_seconds"`
}

// Start begins a recording; Close ends it.
func Start(o Options) *Recorder {
	if o.QueueBytes <= 0 {
		o.QueueBytes = queueDefault
	}
	r := &Recorder{opts: o, done: make(chan struct{})}
	r.info = Info{Dir: o.Dir, StreamID: o.StreamID, Show: o.Show}
	r.cond = sync.NewCond(&r.mu)
	go r.run()
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
	}
	return h
}

// Close writes what is queued, ends the recording and sums it up.
func (r *Recorder) Close() Info {
	r.mu.Lock()
	r.closed = true
	r.cond.Signal()
	r.mu.Unlock()
	<-r.done
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.info
}

func (r *Recorder) run() {
	defer close(r.done)
	defer r.finish()
	for {
		s, ok := r.next()
		if !ok {
			return
		}
		if s == nil {
			r.broken = true
			continue
		}
		n, err := r.write(s)
		if err != nil {
			r.abandon()
		}
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

// write puts one segment on disk.
func (r *Recorder) write(s *hls.Segment) (int64, error) {
	if err := r.openIndex(); err != nil {
		return 0, err
	}
	if err := r.openFile(s.Init); err != nil {
		return 0, err
	}
	e := entry{
		File: r.name, Init: int64(len(s.Init.Data)), Offset: r.size,
		DurationUs: s.Duration.Microseconds(), Start: s.Start,
		Discontinuity: s.Discontinuity || r.broken,
	}
	for i := range s.Parts {
		n, err := r.file.Write(s.Parts[i].Data)
		r.size += int64(n)
		if err != nil {
			return 0, fmt.Errorf("write recording: %w", err)
		}
	}
	e.Size = r.size - e.Offset
	if err := r.file.Sync(); err != nil {
		return 0, fmt.Errorf("sync recording: %w", err)
	}
	if err := r.indexLine(e); err != nil {
		return 0, err
	}
	r.broken = false
	return e.Size, nil
}

// abandon leaves a file that failed as it is; the next segment begins a new
// one: the disk may have room again.
func (r *Recorder) abandon() {
	if r.file != nil {
		_ = r.file.Close() // it has failed already
	}
	r.file, r.init, r.broken = nil, nil, true
}

func (r *Recorder) openIndex() error {
	if r.index != nil {
		return nil
	}
	if err := os.MkdirAll(r.opts.Dir, dirMode); err != nil {
		return fmt.Errorf("make recording folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(r.opts.Dir, indexName), os.O_CREATE|os.O_WRONLY|os.O_APPEND, fileMode)
	if err != nil {
		return fmt.Errorf("open recording index: %w", err)
	}
	r.index = f
	if err := r.indexLine(heading{r.opts.StreamID, int(r.opts.TargetDuration / time.Second)}); err != nil {
		_ = f.Close()
		r.index = nil
		return err
	}
	return nil
}

// indexLine appends a line. It begins with a line feed so that a line torn by a
// full disk spoils no line but itself.
func (r *Recorder) indexLine(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode recording index: %w", err)
	}
	b = append(append([]byte{'\n'}, b...), '\n')
	if _, err := r.index.Write(b); err != nil {
		return fmt.Errorf("write recording index: %w", err)
	}
	if err := r.index.Sync(); err != nil {
		return fmt.Errorf("sync recording index: %w", err)
	}
	return nil
}

// openFile begins a new file whenever the init segment changes.
func (r *Recorder) openFile(init *hls.Init) error {
	if r.file != nil && r.init == init {
		return nil
	}
	if r.file != nil {
		_ = r.file.Close() // synced with its last segment
	}
	r.files++
	r.name = fmt.Sprintf("media-%04d.mp4", r.files)
	f, err := os.OpenFile(filepath.Join(r.opts.Dir, r.name), os.O_CREATE|os.O_WRONLY|os.O_EXCL, fileMode)
	r.file = f
	if err != nil {
		r.file = nil
		return fmt.Errorf("open recording file: %w", err)
	}
	if _, err := f.Write(init.Data); err != nil {
		return fmt.Errorf("write recording head: %w", err)
	}
	r.init, r.size = init, int64(len(init.Data))
	return nil
}

// finish closes the files and leaves the playlist of the whole beside them.
func (r *Recorder) finish() {
	if r.file != nil {
		_ = r.file.Close()
	}
	if r.index == nil {
		return
	}
	_ = r.index.Close()
	if err := writePlaylist(r.opts.Dir); err != nil {
		r.opts.Log.Error("recording playlist not written", "dir", r.opts.Dir, "error", err)
	}
}
