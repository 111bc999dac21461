package whip

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"hawker/internal/base/clock"
)

const (
	frameQueue     = 32 // pictures; about a second
	frameMax       = 4 << 20
	flvHeaderBytes = 13
	flvTagBytes    = 11
	flvTagVideo    = 9
	av1Delimiter   = "\x12\x00" // temporal delimiter OBU, which RTP leaves out
	// keyEvery is the distance of key frames that a child makes, from each to the next. ffmpeg's own example counts
	// them from zero: after a gap each picture is a key frame until the count has caught up.
	keyEvery = "expr:isnan(prev_forced_t)+gte(t,prev_forced_t+2)"
)

var errFLV = errors.New("whip: bad FLV from the child")

// transcoder turns a session's VP8, VP9 or AV1 into H.264 by a child of its own.
type transcoder struct {
	frames *frames
	in     chan ivfFrame
	conv   *converter
	fourCC string
	out    func(rtpTime uint32, body []byte) // an FLV video body

	mu   sync.Mutex
	base uint32 // RTP time of the first picture the present child got
}

type ivfFrame struct {
	rtpTime uint32
	key     bool
	data    []byte
}

func newTranscoder(mime, program string, c clock.Clock, log *slog.Logger, out func(uint32, []byte)) *transcoder {
	t := &transcoder{in: make(chan ivfFrame, frameQueue), out: out, frames: &frames{waiting: true}}
	switch {
	case strings.EqualFold(mime, webrtc.MimeTypeVP8):
		t.fourCC, t.frames.part = "VP80", vp8Part
	case strings.EqualFold(mime, webrtc.MimeTypeVP9):
		t.fourCC, t.frames.part = "VP90", vp9Part
	default:
		depacketizer := &codecs.AV1Depacketizer{}
		t.fourCC, t.frames.prefix = "AV01", av1Delimiter
		t.frames.part = func(b []byte) ([]byte, bool, error) {
			out, err := depacketizer.Unmarshal(b)
			return out, depacketizer.N, err
		}
	}
	args := append(liveInput("ivf"),
		"-an", "-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-pix_fmt", "yuv420p",
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "main", "-bf", "0",
		"-crf", "23", "-maxrate", "3M", "-bufsize", "3M", "-g", "300", "-force_key_frames", keyEvery, "-threads", "2",
		"-flush_packets", "1", "-flvflags", "no_duration_filesize", "-f", "flv", "pipe:1")
	t.conv = &converter{program: program, args: args, clock: c, log: log, feed: t.feed, take: t.take}
	return t
}

// push takes a packet in order; it reports whether a key frame is wanted.
func (t *transcoder) push(p *rtp.Packet, lost bool) bool {
	return t.frames.push(p, lost, func(f ivfFrame) {
		select {
		case t.in <- f:
		default:
			t.frames.waiting = true // the child is behind: go on at a key frame
		}
	})
}

func (t *transcoder) feed(ctx context.Context, w io.Writer) error {
	head := append([]byte("DKIF"), 0, 0, 32, 0)
	head = append(head, t.fourCC...)
	head = append(head, 0, 0, 0, 0) // the pictures tell their size
	head = binary.LittleEndian.AppendUint32(head, videoRate)
	head = binary.LittleEndian.AppendUint32(head, 1)
	if _, err := w.Write(append(head, make([]byte, 8)...)); err != nil {
		return err
	}
	begun := false
	for {
		var f ivfFrame
		select {
		case f = <-t.in:
		case <-ctx.Done():
			return ctx.Err()
		}
		if !begun && !f.key {
			continue
		}
		if !begun {
			begun = true
			t.setBase(f.rtpTime)
		}
		b := binary.LittleEndian.AppendUint32(make([]byte, 0, 12+len(f.data)), uint32(len(f.data)))
		b = binary.LittleEndian.AppendUint64(b, uint64(f.rtpTime-t.getBase()))
		if _, err := w.Write(append(b, f.data...)); err != nil {
			return err
		}
	}
}

func (t *transcoder) setBase(rtpTime uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.base = rtpTime
}

func (t *transcoder) getBase() uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.base
}

// take reads the child's FLV.
func (t *transcoder) take(r io.Reader) error {
	b := bufio.NewReader(r)
	if _, err := b.Discard(flvHeaderBytes); err != nil {
		return err
	}
	var h [flvTagBytes]byte
	for {
		if _, err := io.ReadFull(b, h[:]); err != nil {
			return err
		}
		size := int(h[1])<<16 | int(h[2])<<8 | int(h[3])
		if size > frameMax {
			return errFLV
		}
		ms := uint32(h[7])<<24 | uint32(h[4])<<16 | uint32(h[5])<<8 | uint32(h[6])
		body := make([]byte, size+4) // with the trailer
		if _, err := io.ReadFull(b, body); err != nil {
			return err
		}
		if h[0]&0x1f == flvTagVideo {
			t.out(t.getBase()+ms*(videoRate/1000), body[:size])
		}
	}
}

// frames puts pictures together from RTP packets in order, whatever the codec.
type frames struct {
	part    func(payload []byte) (data []byte, key bool, err error)
	prefix  string
	open    bool
	rtpTime uint32
	spoilt  bool
	key     bool
	data    []byte
	waiting bool
}

func (f *frames) push(p *rtp.Packet, lost bool, out func(ivfFrame)) (wantKey bool) {
	if len(p.Payload) == 0 {
		return f.waiting
	}
	if lost {
		f.waiting, f.spoilt = true, true
	}
	if !f.open || p.Timestamp != f.rtpTime {
		f.open, f.rtpTime, f.key = true, p.Timestamp, false
		f.spoilt = lost
		f.data = append(f.data[:0], f.prefix...)
	}
	data, key, err := f.part(p.Payload)
	f.key = f.key || key
	f.spoilt = f.spoilt && !key || err != nil || len(f.data)+len(data) > frameMax
	if !f.spoilt {
		f.data = append(f.data, data...)
	}
	if p.Marker {
		f.finish(out)
	}
	return f.waiting
}

func (f *frames) finish(out func(ivfFrame)) {
	f.open = false
	if f.spoilt {
		f.waiting = true
		return
	}
	if f.waiting && !f.key {
		return
	}
	f.waiting = false
	out(ivfFrame{rtpTime: f.rtpTime, key: f.key, data: append([]byte(nil), f.data...)})
}

func vp8Part(b []byte) (data []byte, key bool, err error) {
	var p codecs.VP8Packet
	data, err = p.Unmarshal(b)
	return data, err == nil && p.S == 1 && p.PID == 0 && len(data) > 0 && data[0]&1 == 0, err
}

func vp9Part(b []byte) (data []byte, key bool, err error) {
	var p codecs.VP9Packet
	data, err = p.Unmarshal(b)
	return data, err == nil && p.B && !p.P && p.SID == 0, err
}
