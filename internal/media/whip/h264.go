package whip

import (
	"bytes"
	"encoding/binary"

	"github.com/pion/rtp"
)

// NAL unit types (ITU-T H.264, table 7-1; RFC 6184, section 5.2).
const (
	nalIDR    = 5
	nalSPS    = 7
	nalPPS    = 8
	nalAUD    = 9
	nalFiller = 12
	nalSTAPA  = 24
	nalFUA    = 28

	pictureMax = 8 << 20
	nalsMax    = 256
)

// picture is one access unit, ready for the hub.
type picture struct {
	rtpTime uint32
	key     bool
	config  []byte // AVCDecoderConfigurationRecord, if it changed
	data    []byte // length-prefixed NAL units; parameter sets before a key frame
}

// h264 puts pictures together from RTP packets in order (RFC 6184, non
// interleaved mode). After a loss it gives nothing until the next key frame:
// a picture that refers to a missing one would smear for every viewer.
type h264 struct {
	sps, pps []byte
	sent     []byte // configuration that was given out last

	open    bool
	rtpTime uint32
	spoilt  bool
	key     bool
	nals    int
	data    []byte
	inFU    bool
	fuStart int
	waiting bool // for a key frame
}

func newH264() *h264 { return &h264{waiting: true} }

// push takes the next packet. out is called for each finished picture; its data
// is valid during the call. It reports whether a key frame is wanted.
func (h *h264) push(p *rtp.Packet, lost bool, out func(picture)) (wantKey bool) {
	if lost {
		h.spoilt, h.inFU = true, false
		h.waiting = true
	}
	if h.open && p.Timestamp != h.rtpTime {
		h.finish(out) // the marker got lost
	}
	if !h.open {
		h.begin(p.Timestamp)
		h.spoilt = lost && !startsKey(p.Payload) // its first slices may be among the lost
	}
	if !h.add(p.Payload) {
		h.spoilt = true
	}
	if p.Marker {
		h.finish(out)
	}
	return h.waiting
}

func (h *h264) begin(rtpTime uint32) {
	h.open, h.rtpTime, h.key, h.nals = true, rtpTime, false, 0
	h.data = h.data[:0]
	h.inFU = false
}

// add takes one payload; it is false if the payload makes no sense.
func (h *h264) add(b []byte) bool {
	if len(b) == 0 {
		return true // padding that probes the bandwidth
	}
	switch kind := b[0] & 0x1f; {
	case h.inFU && kind != nalFUA:
		return false // within fragments, which follow one another
	case kind == nalSTAPA:
		return h.addMany(b[1:])
	case kind == nalFUA:
		return h.addFragment(b)
	case kind > 0 && kind < nalSTAPA:
		return h.addNAL(b)
	}
	return false
}

func (h *h264) addMany(b []byte) bool {
	for len(b) > 2 {
		n := int(binary.BigEndian.Uint16(b))
		b = b[2:]
		if n == 0 || n > len(b) || !h.addNAL(b[:n]) {
			return false
		}
		b = b[n:]
	}
	return true
}

func (h *h264) addFragment(b []byte) bool {
	if len(b) < 3 {
		return false
	}
	start, end := b[1]&0x80 != 0, b[1]&0x40 != 0
	if start && h.inFU {
		return false // the end of the one before is missing
	}
	if start {
		h.fuStart = len(h.data)
		h.data = append(h.data, 0, 0, 0, 0, b[0]&0xe0|b[1]&0x1f)
		h.inFU = true
	}
	if !h.inFU || len(h.data)+len(b) > pictureMax {
		return false
	}
	h.data = append(h.data, b[2:]...)
	if !end {
		return true
	}
	h.inFU = false
	nal := h.data[h.fuStart+4:]
	if kind := nal[0] & 0x1f; kind == nalSPS || kind == nalPPS || kind == nalAUD || kind == nalFiller {
		h.keepSet(bytes.Clone(nal))
		h.data = h.data[:h.fuStart]
		return true
	}
	binary.BigEndian.PutUint32(h.data[h.fuStart:], uint32(len(nal)))
	return h.count(nal[0])
}

func (h *h264) addNAL(b []byte) bool {
	switch b[0] & 0x1f {
	case nalSPS, nalPPS, nalAUD, nalFiller:
		h.keepSet(bytes.Clone(b))
		return true
	}
	if len(h.data)+len(b)+4 > pictureMax {
		return false
	}
	h.data = binary.BigEndian.AppendUint32(h.data, uint32(len(b)))
	h.data = append(h.data, b...)
	return h.count(b[0])
}

func (h *h264) count(head byte) bool {
	h.key = h.key || head&0x1f == nalIDR
	h.nals++
	return h.nals <= nalsMax
}

func (h *h264) keepSet(b []byte) {
	switch b[0] & 0x1f {
	case nalSPS:
		h.sps = b
	case nalPPS:
		h.pps = b
	}
}

func (h *h264) finish(out func(picture)) {
	usable := h.open && !h.spoilt && !h.inFU && h.nals > 0
	h.open, h.spoilt = false, false
	if !usable {
		h.waiting = h.waiting || h.nals > 0 || h.inFU
		return
	}
	if h.waiting && (!h.key || h.sps == nil || h.pps == nil) {
		return
	}
	h.waiting = false
	p := picture{rtpTime: h.rtpTime, key: h.key, data: h.data}
	if h.key {
		if record := avcRecord(h.sps, h.pps); !bytes.Equal(record, h.sent) {
			h.sent, p.config = record, record
		}
		p.data = h.withSets()
	}
	out(p)
}

// withSets puts the parameter sets before a key frame as well: a browser changes
// them whenever it starts its encoder anew, and not every player looks into a
// second init segment (ffmpeg does not).
func (h *h264) withSets() []byte {
	b := make([]byte, 0, len(h.data)+len(h.sps)+len(h.pps)+8)
	for _, set := range [][]byte{h.sps, h.pps} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(set)))
		b = append(b, set...)
	}
	return append(b, h.data...)
}

// avcRecord makes an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).
func avcRecord(sps, pps []byte) []byte {
	if len(sps) < 4 {
		return nil
	}
	b := []byte{1, sps[1], sps[2], sps[3], 0xff, 0xe1}
	b = binary.BigEndian.AppendUint16(b, uint16(len(sps)))
	b = append(b, sps...)
	b = append(b, 1)
	b = binary.BigEndian.AppendUint16(b, uint16(len(pps)))
	b = append(b, pps...)
	switch sps[1] {
	case 100, 110, 122, 144: // WebRTC knows 4:2:0 with 8 bits only
		b = append(b, 0xfd, 0xf8, 0xf8, 0)
	}
	return b
}

// startsKey tells whether an RTP payload is where a decoder may begin.
func startsKey(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	switch kind := b[0] & 0x1f; kind {
	case nalSPS, nalIDR:
		return true
	case nalSTAPA:
		return len(b) > 3 && (b[3]&0x1f == nalSPS || b[3]&0x1f == nalIDR)
	case nalFUA:
		return len(b) > 1 && b[1]&0x80 != 0 && (b[1]&0x1f == nalIDR || b[1]&0x1f == nalSPS)
	}
	return false
}
