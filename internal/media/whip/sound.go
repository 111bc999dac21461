package whip

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/pion/rtp"

	"hawker/internal/base/clock"
)

const (
	soundQueue      = 256 // packets; 5 s
	aacFrameSamples = 1024
	// aacPriming is what ffmpeg's AAC encoder puts in front: its first frame
	// decodes to nothing, so each frame holds sound that is one frame older.
	aacPriming   = 1024
	adtsHeader   = 7
	adtsFrameMax = 8191
	// gapFill is the longest silence that is written out; after a longer one the
	// sound is placed anew.
	gapFill       = 2 * audioRate
	opusFrameMax  = 120 * audioRate / 1000
	samplesPerMs  = audioRate / 1000
	opusPacketMax = 1500
	aacConfigHigh = 0x11 // AAC-LC, 48 kHz, stereo
	aacConfigLow  = 0x90
	soundBitRate  = "128k"
	soundChannels = 2
)

var errADTS = errors.New("whip: bad ADTS frame")

// sound turns a session's Opus into AAC by a child of its own.
type sound struct {
	in   chan *rtp.Packet
	conv *converter
	out  func(rtpTime uint32, frame []byte)

	anchors anchors
	again   bool // there was a child before this one
}

func newSound(program string, c clock.Clock, log *slog.Logger, out func(uint32, []byte)) *sound {
	s := &sound{in: make(chan *rtp.Packet, soundQueue), out: out}
	args := append(liveInput("ogg"),
		"-vn", "-c:a", "aac", "-b:a", soundBitRate, "-ar", "48000", "-ac", "2", "-threads", "1",
		"-flush_packets", "1", "-f", "adts", "pipe:1")
	s.conv = &converter{program: program, args: args, clock: c, log: log, feed: s.feed, take: s.take}
	return s
}

// push hands on a packet in order; if the child is behind, it is dropped, and
// the gap filled with silence.
func (s *sound) push(p *rtp.Packet) {
	if len(p.Payload) == 0 || len(p.Payload) > opusPacketMax {
		return
	}
	select {
	case s.in <- p:
	default:
	}
}

// feed writes the packets to a fresh child, and silence where some are missing.
func (s *sound) feed(ctx context.Context, w io.Writer) error {
	if s.again {
		s.drain() // what waited for the first child belongs to the first pictures
	}
	s.again = true
	s.anchors.reset()
	ogg, err := newOggWriter(w, soundChannels)
	if err != nil {
		return err
	}
	var written int64 // samples
	var next uint32   // RTP time
	for {
		var p *rtp.Packet
		select {
		case p = <-s.in:
		case <-ctx.Done():
			return ctx.Err()
		}
		n := opusSamples(p.Payload)
		if n == 0 {
			continue
		}
		gap := int32(p.Timestamp - next)
		switch {
		case written == 0 || gap > gapFill || gap < -gapFill:
			s.anchors.add(written, p.Timestamp)
		case gap < 0:
			continue // it came too late
		default:
			filled, err := fillSilence(ogg, int(gap))
			if err != nil {
				return err
			}
			written += int64(filled)
		}
		if err := ogg.packet(p.Payload, n); err != nil {
			return err
		}
		written += int64(n)
		next = p.Timestamp + uint32(n)
	}
}

// drain forgets what came while there was no child.
func (s *sound) drain() {
	for {
		select {
		case <-s.in:
		default:
			return
		}
	}
}

// take reads the child's AAC frames.
func (s *sound) take(r io.Reader) error {
	b := bufio.NewReader(r)
	buf := make([]byte, adtsFrameMax)
	for sample := int64(-aacPriming); ; sample += aacFrameSamples {
		frame, err := readADTS(b, buf)
		if err != nil {
			return err
		}
		if sample < 0 {
			continue
		}
		if at, ok := s.anchors.find(sample); ok {
			s.out(at, frame)
		}
	}
}

// readADTS gives the raw AAC frame of the next ADTS frame (ISO/IEC 14496-3, 1.A.3).
func readADTS(r io.Reader, buf []byte) ([]byte, error) {
	head := buf[:adtsHeader]
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	size := int(head[3]&3)<<11 | int(head[4])<<3 | int(head[5]>>5)
	skip := adtsHeader
	if head[1]&1 == 0 {
		skip += 2 // checksum
	}
	if head[0] != 0xff || head[1]&0xf6 != 0xf0 || size <= skip {
		return nil, fmt.Errorf("%w: % x", errADTS, head)
	}
	if _, err := io.ReadFull(r, buf[adtsHeader:size]); err != nil {
		return nil, err
	}
	return buf[skip:size], nil
}

// opusSamples is how long a packet lasts at 48 kHz; 0 if it is none (RFC 6716, 3).
func opusSamples(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	config := int(b[0] >> 3)
	var frame int
	switch {
	case config < 12: // SILK
		frame = []int{10, 20, 40, 60}[config&3] * samplesPerMs
	case config < 16: // hybrid
		frame = []int{10, 20}[config&1] * samplesPerMs
	default: // CELT
		frame = audioRate / 400 << (config & 3)
	}
	n := 1
	switch b[0] & 3 {
	case 1, 2:
		n = 2
	case 3:
		if len(b) < 2 {
			return 0
		}
		n = int(b[1] & 0x3f)
	}
	if frame*n > opusFrameMax {
		return 0
	}
	return frame * n
}

// fillSilence writes as many silent packets as fit into a gap.
func fillSilence(o *oggWriter, samples int) (filled int, err error) {
	for config := 31; config >= 28; config-- { // CELT, full band: 20, 10, 5, 2.5 ms
		packet := []byte{byte(config << 3), 0xff, 0xfe}
		n := opusSamples(packet)
		for samples-filled >= n {
			if err := o.packet(packet, n); err != nil {
				return filled, err
			}
			filled += n
		}
	}
	return filled, nil
}
