package stream

import (
	"errors"
	"path"
	"strconv"

	"hawker/internal/media/cmaf"
	"hawker/internal/media/record"
)

// Stage is what a stream's picture belongs to from now on: a show in public, or
// private time. Stages share no bytes: each has its own window and its own recording.
type Stage struct {
	// Show is the show's id; its recordings lie in a folder of its own in the archive,
	// {streamID}/{show}/. Empty: nothing is recorded.
	Show string
	// Private: every answer says private, no-store. Who may ask is not decided here.
	Private bool
}

func (s Stage) valid() bool { return s.Show == "" || validID(s.Show) }

// ErrStage is a rendition of a stage that is over; another one may be opened.
var ErrStage = errors.New("stream: it belongs to another show now")

const keyWaitMost = ticks(10 * cmaf.VideoTimescale) // for the key frame that a new stage begins with

// SetStage changes what a stream belongs to while it is on air. What was in the window is served by no address any
// more; the new window begins with the publisher's next key frame. The open recording is closed and another one begun
// in the new show's folder, or none. Whoever reads packets (FLV, RTMP, WHEP, restreams, children) is let go and may
// come again, asked anew. When SetStage returns, nobody gets anything of the new stage who was let in for the old one.
//
// It gives false when there is no such stream, or it has ended: what is left of its window goes all the same, and its
// next life begins as its Grant says. A publisher that was being admitted meanwhile is admitted again, so that the
// Grant knows of the change; Admit itself must not call SetStage.
func (h *Hub) SetStage(streamID string, st Stage) bool {
	if !st.valid() {
		h.cfg.Log.Error("no such stage", "stream", streamID, "show", st.Show)
		return false
	}
	h.stagings.Add(1)
	s := h.find(streamID)
	if s == nil {
		return false
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mu.Lock()
	ended := s.ended
	if s.stage == st {
		s.mu.Unlock()
		return !ended
	}
	rec, generation := s.restage(st), s.state.Generation
	s.mu.Unlock()
	h.mu.Lock()
	watchers := h.watchers
	h.mu.Unlock()
	for _, f := range watchers {
		f(streamID)
	}
	s.closeRecorder(rec, generation)
	return !ended
}

// WatchStages has f told, before SetStage returns, that a stream has changed its stage:
// by a protocol that passes on packets which never went through the hub.
func (h *Hub) WatchStages(f func(streamID string)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watchers = append(h.watchers[:len(h.watchers):len(h.watchers)], f)
}

// StageNumber counts the stages that a stream has had in this process. Who was let in
// at one number has to be asked again at another.
func (h *Hub) StageNumber(streamID string) int {
	v := visit{stream: h.find(streamID)}
	return v.now().stage
}

// restage begins anew; the caller holds turn and mu. It gives the recorder to close.
func (s *Stream) restage(st Stage) *record.Recorder {
	s.stages++
	s.drop()
	s.stage, s.marks = st, nil
	rec := s.recorder
	s.recorder = nil
	if s.ended {
		return rec
	}
	s.feed.close()
	s.feed = s.feed.successor()
	if st.Show != "" {
		s.recorder = s.record()
	}
	return rec
}

// drop lets go of the window and of the renditions'. Their successors go on with the
// numbers. The caller holds turn and mu.
func (s *Stream) drop() {
	if w := s.pack.restage(); w != nil {
		if !s.ended { // else that is saved already
			s.state.Sequence, s.state.Discontinuity = w.NextSequence()
		}
		s.firstPart = w.NextPart()
		w.Withdraw()
	}
	for _, r := range s.ladderNow() { // while there is a window: they look at it
		s.inits = max(s.inits, r.retire())
	}
	s.renditions.Store(nil)
	s.window.Store(nil)
	s.fresh = make(chan struct{})
}

// record begins a recording of the present stage; nil if nothing is recorded.
func (s *Stream) record() *record.Recorder {
	c := &s.hub.cfg
	if c.Archive == nil {
		return nil
	}
	name := c.Clock.Now().Format("20060102T150405") + "-" + strconv.FormatInt(s.state.Generation, 10)
	if s.stages > 0 { // twice in a second
		name += "-" + strconv.Itoa(s.stages)
	}
	return record.Start(record.Options{
		Archive: c.Archive, Dir: path.Join(s.id, s.stage.Show, name), StreamID: s.id, Show: s.stage.Show,
		TargetDuration: targetFor(s.pack.gap), Log: c.Log,
	})
}
