package whip

import "sync"

// anchors tie the samples that a child was given to RTP time, so that what it
// gives back can be placed.
type anchors struct {
	mu   sync.Mutex
	list []anchor
}

// anchor says that a sample has an RTP time, and those after it follow, until
// the next anchor.
type anchor struct {
	sample  int64
	rtpTime uint32
}

func (a *anchors) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = nil
}

func (a *anchors) add(sample int64, rtpTime uint32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, anchor{sample, rtpTime})
}

// find gives the RTP time of a sample, and forgets anchors of the past.
func (a *anchors) find(sample int64) (uint32, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.list) > 1 && a.list[1].sample <= sample {
		a.list = a.list[1:]
	}
	if len(a.list) == 0 {
		return 0, false
	}
	return a.list[0].rtpTime + uint32(sample-a.list[0].sample), true
}
