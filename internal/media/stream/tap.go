package stream

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
)

// PacketKind tells what a Packet carries.
type PacketKind uint8

// Kinds of packet.
const (
	PacketMeta  PacketKind = iota // onMetaData and its values in AMF0
	PacketVideo                   // body of an FLV video tag
	PacketAudio                   // body of an FLV audio tag
)

// Packet is one frame or configuration of a stream as the body of an FLV tag.
// It is shared by all readers and never to be changed.
type Packet struct {
	Kind   PacketKind
	Key    bool
	Config bool
	// Time in ms on the stream's own line, which goes on over reconnects and
	// jumps of the publisher's clock. It never goes back within a kind.
	Time uint32
	Body []byte
}

// Errors of reading a stream.
var (
	ErrNoStream = errors.New("stream: nobody publishes it")
	ErrSlow     = errors.New("stream: reader too slow")
)

const (
	tapBatch = 32
	dropsMax = 3 // in a row, without having caught up between them
)

// Tap reads a stream as packets. Next is called from one goroutine, Close from
// any.
type Tap struct {
	feed   *feed
	served *atomic.Int64
	batch  []Packet // what was taken and not yet given
	from   int      // first of batch that was not given

	// Under feed.mu.
	place int64 // next packet, or where to look for a mark from
	seek  bool  // a mark has to be found
	told  setup
	drops int
	gone  chan struct{}
	once  sync.Once
}

// Tap begins to read a stream at its newest key frame. Packets are metadata,
// configurations and then frames. A reader that falls behind by more than two
// GOPs goes on at the newest key frame; one that does so three times in a row
// gets ErrSlow.
func (h *Hub) Tap(ctx context.Context, streamID string) (*Tap, error) {
	return h.tap(ctx, streamID, false)
}

// TapPublic is Tap for what leaves the house: in private time there is no such stream.
func (h *Hub) TapPublic(ctx context.Context, streamID string) (*Tap, error) {
	return h.tap(ctx, streamID, true)
}

func (h *Hub) tap(ctx context.Context, streamID string, public bool) (*Tap, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := h.find(streamID)
	if s == nil {
		return nil, ErrNoStream
	}
	s.mu.Lock()
	f := s.feed
	closed := s.ended || public && s.stage.Private
	s.mu.Unlock()
	if closed || f == nil {
		return nil, ErrNoStream
	}
	t := &Tap{feed: f, served: &s.served, batch: make([]Packet, 0, tapBatch), seek: true, gone: make(chan struct{})}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.readers++
	t.place = f.newest()
	return t, nil
}

// tapAt is Tap for somebody who was let in at a stage, and not for another.
func (h *Hub) tapAt(ctx context.Context, streamID string, stage int) (*Tap, error) {
	t, err := h.Tap(ctx, streamID)
	if err == nil && h.StageNumber(streamID) != stage {
		t.Close()
		return nil, ErrNoStream
	}
	return t, err
}

// Close lets the stream forget the reader; a waiting Next returns.
func (t *Tap) Close() {
	t.once.Do(func() {
		close(t.gone)
		t.feed.mu.Lock()
		defer t.feed.mu.Unlock()
		t.feed.readers--
		t.feed.trim()
	})
}

// Next waits for the next packet. It gives io.EOF when the stream has ended or
// the tap is closed.
func (t *Tap) Next(ctx context.Context) (Packet, error) {
	for {
		if t.from < len(t.batch) {
			p := t.batch[t.from]
			t.from++
			return p, nil
		}
		more, err := t.fill()
		if err != nil {
			return Packet{}, err
		}
		if more == nil {
			continue
		}
		select {
		case <-more:
		case <-t.gone:
			return Packet{}, io.EOF
		case <-ctx.Done():
			return Packet{}, ctx.Err()
		}
	}
}

// Buffered tells how many packets Next gives without asking the stream: zero
// is a good moment to flush.
func (t *Tap) Buffered() int { return len(t.batch) - t.from }

// fill takes what there is, or gives a channel that is closed when there is
// something.
func (t *Tap) fill() (<-chan struct{}, error) {
	f := t.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(t.batch)
	t.batch, t.from = t.batch[:0], 0
	if !t.seek && t.place < f.base {
		t.seek, t.place = true, f.newest()
		if t.drops++; t.drops >= dropsMax {
			return nil, ErrSlow
		}
	}
	if t.seek {
		t.begin()
	}
	if end := f.base + int64(len(f.ring)); !t.seek && t.place < end {
		t.take(end)
		return nil, nil
	}
	if f.closed {
		return nil, io.EOF
	}
	f.waiting = true
	return f.changed, nil
}

// begin goes to the first mark from its place on, if there is one, and tells the
// setup that holds there.
func (t *Tap) begin() {
	i := slices.IndexFunc(t.feed.marks, func(m mark) bool { return m.at >= t.place })
	if i < 0 {
		return
	}
	m := t.feed.marks[i]
	t.seek, t.place = false, m.at
	t.tell(m.setup.meta, t.told.meta, m.time)
	t.tell(m.setup.video, t.told.video, m.time)
	t.tell(m.setup.audio, t.told.audio, m.time)
	t.told = m.setup
}

func (t *Tap) tell(p, told *Packet, at uint32) {
	if p == nil || p == told {
		return
	}
	q := *p
	q.Time = at
	t.batch = append(t.batch, q)
}

func (t *Tap) take(end int64) {
	n := min(int64(tapBatch), end-t.place)
	from := t.place - t.feed.base
	t.batch = append(t.batch, t.feed.ring[from:from+n]...)
	t.place += n
	if t.place == end {
		t.drops = 0
	}
}
