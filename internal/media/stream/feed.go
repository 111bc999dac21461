package stream

import (
	"bytes"
	"sync"
)

const (
	gopFramesMax = 2500
	gopBytesMax  = 16 << 20
	audioMarkMs  = 1000 // without a picture, a reader may join this often
	soundWakeMs  = 40   // beside a picture, sound alone wakes readers this often
	lagMinMs     = 2000 // with very short GOPs two of them are no time to lag
)

// feed is the newest stretch of a stream as packets, held once for all readers:
// each Tap has a place in it and no packets of its own. With readers it goes
// back to the beginning of the GOP before the newest one, so that a reader may
// lag by one to two GOPs; without, to that of the newest. It is written under
// Stream.mu and has a lock of its own, so no reader holds up a publisher.
type feed struct {
	mu    sync.Mutex
	ring  []Packet
	base  int64 // number of ring[0], counted from the beginning of the life
	bytes int
	marks []mark
	now   setup // as the publisher's configurations are
	last  [3]uint32

	picture bool // the publisher has a video configuration
	ready   bool // and a key frame came since
	readers int
	closed  bool
	waiting bool
	woken   uint32 // time of the newest packet that woke readers
	changed chan struct{}
}

// setup is what a reader needs before a first frame.
type setup struct{ meta, video, audio *Packet }

// mark is a place where a reader can begin.
type mark struct {
	at    int64
	time  uint32
	setup setup
}

func newFeed() *feed { return &feed{changed: make(chan struct{})} }

// restart says that another publisher came: it has to tell its configurations
// anew. Readers keep their places.
func (f *feed) restart() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now, f.picture, f.ready = setup{}, false, false
}

// successor is an empty feed of the same publisher, which begins with the next key frame.
func (f *feed) successor() *feed {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := newFeed()
	next.now, next.last, next.picture = f.now, f.last, f.picture
	return next
}

// configure takes a configuration and the metadata that now holds. The same one
// again is not told twice.
func (f *feed) configure(kind PacketKind, body, meta []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	slot := &f.now.audio
	if kind == PacketVideo {
		slot = &f.now.video
	}
	if *slot != nil && bytes.Equal((*slot).Body, body) {
		return
	}
	p := Packet{Kind: kind, Config: true, Body: body, Time: f.last[kind]}
	*slot = &p
	f.now.meta = &Packet{Kind: PacketMeta, Body: meta}
	if kind == PacketVideo {
		f.picture, f.ready = true, false
	}
	f.put(p)
}

// frame takes one frame. Time never goes back within a kind.
func (f *feed) frame(p Packet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.Kind == PacketVideo {
		if !f.picture || !p.Key && !f.ready {
			return // nothing to decode it by
		}
		f.ready = true
	}
	p.Time = max(p.Time, f.last[p.Kind])
	f.last[p.Kind] = p.Time
	if f.begins(&p) {
		f.marks = append(f.marks, mark{at: f.base + int64(len(f.ring)), time: p.Time, setup: f.now})
	}
	f.put(p)
}

func (f *feed) begins(p *Packet) bool {
	if f.picture {
		return p.Kind == PacketVideo && p.Key
	}
	n := len(f.marks)
	return n == 0 || p.Time-f.marks[n-1].time >= audioMarkMs
}

// newest is where a reader begins: the newest mark, or what comes next.
func (f *feed) newest() int64 {
	if n := len(f.marks); n > 0 {
		return f.marks[n-1].at
	}
	return f.base + int64(len(f.ring))
}

func (f *feed) put(p Packet) {
	if f.closed {
		return
	}
	f.ring = append(f.ring, p)
	f.bytes += len(p.Body)
	f.trim()
	if f.urgent(&p) {
		f.woken = p.Time
		f.wake()
	}
}

// urgent tells whether waiting readers are to be woken for a packet. Each waking
// costs each reader a write; sound goes out with the next picture, unless that is
// long in coming.
func (f *feed) urgent(p *Packet) bool {
	return p.Kind != PacketAudio || p.Config || !f.ready || int32(p.Time-f.woken) >= soundWakeMs
}

func (f *feed) wake() {
	if f.waiting {
		close(f.changed)
		f.changed, f.waiting = make(chan struct{}), false
	}
}

// trim lets go what nobody may ask for any more. A GOP beyond the limits is no
// place to join: then there is none until the next key frame.
func (f *feed) trim() {
	n := len(f.marks)
	if n == 0 && f.readers == 0 {
		f.drop(len(f.ring))
		return
	}
	if first := f.oldestMark(); first > 0 {
		f.marks = f.marks[first:]
		f.drop(int(f.marks[0].at - f.base))
	}
	for len(f.ring) > gopFramesMax || f.bytes > gopBytesMax {
		f.dropGOP()
	}
}

// oldestMark is the first mark to keep.
func (f *feed) oldestMark() int {
	k := len(f.marks) - 1
	if f.readers == 0 || k < 1 {
		return k
	}
	newest := f.marks[k].time
	for k--; k > 0 && newest-f.marks[k].time < lagMinMs; k-- {
	}
	return k
}

// dropGOP drops the oldest GOP, or some packets of the only one.
func (f *feed) dropGOP() {
	if len(f.marks) > 1 {
		f.marks = f.marks[1:]
		f.drop(int(f.marks[0].at - f.base))
		return
	}
	f.marks = nil
	if f.readers == 0 {
		f.drop(len(f.ring))
		return
	}
	f.drop(len(f.ring)/8 + 1)
}

func (f *feed) drop(n int) {
	for i := range n {
		f.bytes -= len(f.ring[i].Body)
	}
	clear(f.ring[:n])
	f.ring = f.ring[n:]
	f.base += int64(n)
}

// clear lets go of all packets. Readers that have read them notice nothing.
func (f *feed) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.marks = nil
	f.drop(len(f.ring))
}

// close ends the feed: readers get what is left, then io.EOF.
func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.wake()
}

func (f *feed) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.readers
}
