package whip

import "github.com/pion/rtp"

const (
	reorderSlots = 512 // power of two; about 4 s of sound, half a second of a rich picture
	reorderWait  = 64  // packets after a gap until the missing one is given up
)

// reorder puts RTP packets into the order they were sent in. A missing packet
// is waited for, since the receiver asks for it again, until either so many
// packets or so much media time came after it. It is pure.
type reorder struct {
	slots   [reorderSlots]*rtp.Packet
	have    bool
	next    uint16
	held    int
	wait    uint32 // of media time, in ticks of the track's clock
	newest  uint32
	far     *rtp.Packet // out of reach: a stray one, unless the next follows it
	dropped int64       // packets given up or come too late
}

// push takes a packet and calls out for each that is now in order; lost is true
// for the first one after a gap.
func (o *reorder) push(p *rtp.Packet, out func(p *rtp.Packet, lost bool)) {
	if !o.have {
		o.have, o.next, o.newest = true, p.SequenceNumber, p.Timestamp
	}
	ahead := int(int16(p.SequenceNumber - o.next))
	switch {
	case ahead < -reorderSlots || ahead >= reorderSlots:
		o.stray(p, out)
		return
	case ahead < 0:
		return // came twice, or after it was given up
	}
	o.far = nil
	if int32(p.Timestamp-o.newest) > 0 {
		o.newest = p.Timestamp
	}
	slot := &o.slots[p.SequenceNumber%reorderSlots]
	if *slot == nil {
		o.held++
	}
	*slot = p
	o.release(out)
}

// stray takes a packet that is out of reach. One that was sent again very late is
// alone; a sender that has begun anew goes on from there (RFC 3550, A.1).
func (o *reorder) stray(p *rtp.Packet, out func(p *rtp.Packet, lost bool)) {
	first := o.far
	if first == nil || p.SequenceNumber != first.SequenceNumber+1 {
		o.far = p
		return
	}
	clear(o.slots[:])
	o.far, o.held, o.next, o.newest = nil, 0, p.SequenceNumber+1, p.Timestamp
	o.dropped++
	out(first, true)
	out(p, false)
}

func (o *reorder) release(out func(*rtp.Packet, bool)) {
	lost := false
	for o.held > 0 {
		slot := &o.slots[o.next%reorderSlots]
		p := *slot
		if p == nil {
			if !o.waitedLongEnough() {
				return
			}
			o.next++
			o.dropped++
			lost = true
			continue
		}
		*slot = nil
		o.held--
		o.next++
		out(p, lost)
		lost = false
	}
}

// waitedLongEnough looks at the oldest packet behind the gap.
func (o *reorder) waitedLongEnough() bool {
	if o.held >= reorderWait {
		return true
	}
	for i := range uint16(reorderSlots) {
		if p := o.slots[(o.next+i)%reorderSlots]; p != nil {
			return o.newest-p.Timestamp > o.wait
		}
	}
	return false
}
