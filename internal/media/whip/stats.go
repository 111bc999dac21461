package whip

import (
	"sync/atomic"
	"time"
)

type counters struct {
	lost, plis, moved  atomic.Int64
	video, audio       atomic.Int64 // packets
	videoCodec         atomic.Value // string
	sounds, transcodes atomic.Pointer[converter]
	state              atomic.Value // string
}

// Stats is what a publisher's session has seen.
type Stats struct {
	StreamID     string
	State        string // of the connection, as WebRTC names it
	VideoCodec   string // as it was sent
	VideoPackets int64
	AudioPackets int64
	Lost         int64         // packets that stayed missing
	KeyRequests  int64         // key frames asked for
	Moved        time.Duration // last correction of the sound
	Restarts     int64         // of ffmpeg children
}

func (x *session) stats() Stats {
	c := &x.count
	st := Stats{
		StreamID: x.pub.StreamID(), VideoPackets: c.video.Load(), AudioPackets: c.audio.Load(), Lost: c.lost.Load(),
		KeyRequests: c.plis.Load(), Moved: time.Duration(c.moved.Load()) * time.Millisecond,
	}
	st.State, _ = c.state.Load().(string)
	st.VideoCodec, _ = c.videoCodec.Load().(string)
	for _, p := range []*converter{c.sounds.Load(), c.transcodes.Load()} {
		if p != nil {
			st.Restarts += p.restarts.Load()
		}
	}
	return st
}
