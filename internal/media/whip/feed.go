package whip

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pion/rtp"

	"hawker/internal/media/stream"
)

const sourceGone = 10 * time.Second // viewers wait this long for their publisher

var (
	errNoSource = errors.New("whip: the stream ended")
	errBFrames  = errors.New("whip: the stream's pictures are not in order")
	errStage    = errors.New("whip: the stream belongs to another show now")
)

// feed gives one stream to its viewers. Its source is a publisher's session,
// whose packets are passed on as they come, or a pump that reads the hub; when
// the source changes, sequence numbers and timestamps go on.
type feed struct {
	server   *Server
	streamID string
	refs     int // under server.mu

	mu      sync.Mutex
	viewers map[*viewer]struct{}
	source  any // *session or *pump
	pump    *pump
	wait    context.CancelFunc // of the wait for a source
	tracks  [2]splice
	epoch   time.Duration // time of day at the source's media time zero
	tied    bool
}

// splice joins the packets of one source after another.
type splice struct {
	source any
	begun  bool
	seqOff uint16
	tsOff  uint32
	seq    uint16
	ts     uint32
	came   time.Time
	at     time.Duration // media time of ts
}

func (s *splice) rewrite(source any, p *rtp.Packet, now time.Time, rate int64) *rtp.Packet {
	if s.source != source {
		if s.begun {
			s.seqOff = s.seq + 1 - p.SequenceNumber
			s.tsOff = s.ts + uint32(now.Sub(s.came).Milliseconds()*rate/1000) - p.Timestamp
		}
		s.source = source
	}
	h := rtp.Header{
		Version: 2, Marker: p.Marker, SequenceNumber: p.SequenceNumber + s.seqOff, Timestamp: p.Timestamp + s.tsOff,
	}
	if !s.begun || int16(h.SequenceNumber-s.seq) > 0 {
		s.begun, s.seq, s.ts, s.came = true, h.SequenceNumber, h.Timestamp, now
	}
	return &rtp.Packet{Header: h, Payload: p.Payload}
}

// obtainFeed gives the feed of a stream; releaseFeed must follow.
func (s *Server) obtainFeed(streamID string) *feed {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feeds[streamID]
	if f == nil {
		f = &feed{server: s, streamID: streamID, viewers: map[*viewer]struct{}{}}
		s.feeds[streamID] = f
	}
	f.refs++
	return f
}

func (s *Server) releaseFeed(f *feed) {
	s.mu.Lock()
	f.refs--
	last := f.refs == 0
	if last {
		delete(s.feeds, f.streamID)
	}
	s.mu.Unlock()
	if last {
		f.mu.Lock()
		f.stopPump()
		f.stopWait()
		f.mu.Unlock()
	}
}

func (f *feed) stopPump() {
	if f.pump != nil {
		f.pump.cancel()
		f.pump = nil
	}
}

func (f *feed) stopWait() {
	if f.wait != nil {
		f.wait()
		f.wait = nil
	}
}

// attach makes a source the one that is heard.
func (f *feed) attach(source any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopWait()
	if f.pump != nil && source != any(f.pump) {
		f.stopPump()
	}
	f.source, f.tied = source, false
}

// detach takes a source away. Viewers stay for a while: publishers come back.
func (f *feed) detach(source any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.source != source {
		return
	}
	f.source = nil
	if source == any(f.pump) {
		f.pump = nil
	}
	if len(f.viewers) == 0 {
		return
	}
	f.stopWait()
	ctx, cancel := context.WithCancel(f.server.ctx)
	f.wait = cancel
	f.server.wg.Go(func() {
		t := f.server.cfg.Clock.NewTimer(sourceGone)
		defer t.Stop()
		select {
		case <-t.C():
			f.endViewers(errNoSource)
		case <-ctx.Done():
		}
	})
}

func (f *feed) endViewers(reason error) {
	f.mu.Lock()
	all := make([]*viewer, 0, len(f.viewers))
	for v := range f.viewers {
		all = append(all, v)
	}
	f.mu.Unlock()
	for _, v := range all {
		v.end(reason)
	}
}

// restage lets go of the viewers of a stream at once: they were let in for something else.
// Nothing of what comes now reaches them.
func (s *Server) restage(streamID string) {
	s.mu.Lock()
	f := s.feeds[streamID]
	s.mu.Unlock()
	if f == nil {
		return
	}
	f.mu.Lock()
	all := f.viewers
	f.viewers = map[*viewer]struct{}{}
	f.stopWait()
	if f.pump != nil {
		if f.source == any(f.pump) {
			f.source = nil
		}
		f.stopPump()
	}
	f.mu.Unlock()
	for v := range all {
		v.end(errStage)
	}
}

// fromPublisher passes on a packet as it came.
func (f *feed) fromPublisher(x *session, track int, p *rtp.Packet) {
	f.give(x, track, p, func() time.Duration { return x.line.at(track, p.Timestamp) })
}

// give hands a packet to all viewers; none of them can hold it up.
func (f *feed) give(source any, track int, p *rtp.Packet, at func() time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.source != source || len(f.viewers) == 0 && !f.tracks[track].begun {
		return
	}
	now := f.server.cfg.Clock.Now()
	s := &f.tracks[track]
	q := s.rewrite(source, p, now, trackRate(track))
	if s.ts == q.Timestamp {
		s.at = at()
	}
	if !f.tied {
		f.tied, f.epoch = true, time.Duration(now.UnixNano())-s.at
	}
	key := track == trackVideo && startsKey(p.Payload)
	for v := range f.viewers {
		v.push(outPacket{track: track, key: key, packet: q})
	}
}

// moment gives a pair of times for a sender report of a track.
func (f *feed) moment(track int) (ntp uint64, rtpTime uint32, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &f.tracks[track]
	if !f.tied || !s.begun || f.source == nil || s.source != f.source {
		return 0, 0, false
	}
	return durationToNTP(f.epoch + s.at), s.ts, true
}

// wantKey asks the publisher for a key frame; a pump's publisher cannot be asked.
func (f *feed) wantKey() {
	f.mu.Lock()
	x, ok := f.source.(*session)
	f.mu.Unlock()
	if ok {
		x.wantKey()
	}
}

// join adds a viewer, and makes sure that there is a source.
func (f *feed) join(ctx context.Context, v *viewer) error {
	f.mu.Lock()
	if f.server.cfg.Hub.StageNumber(f.streamID) != v.stage {
		f.mu.Unlock()
		return stream.ErrNoStream
	}
	if len(f.viewers) >= f.server.cfg.PerStream {
		f.mu.Unlock()
		return errFull
	}
	f.viewers[v] = struct{}{}
	if f.source != nil && f.pump == nil {
		f.mu.Unlock()
		return nil
	}
	p := f.pump
	if p == nil {
		var err error
		if p, err = newPump(f); err != nil {
			delete(f.viewers, v)
			f.mu.Unlock()
			return err
		}
		f.pump, f.source, f.tied = p, p, false
		f.stopWait()
	}
	f.mu.Unlock()
	if err := p.verdict(ctx); err != nil {
		f.part(v)
		return err
	}
	return nil
}

func (f *feed) part(v *viewer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.viewers, v)
	if len(f.viewers) == 0 {
		f.stopWait()
	}
}
