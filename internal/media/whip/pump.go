package whip

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"hawker/internal/base/crash"
	"hawker/internal/media/flv"
	"hawker/internal/media/stream"
)

const (
	payloadMax    = 1180 // of an RTP packet; fits every network's smallest usual frame
	orderFrames   = 6    // pictures after which an order is believed
	verdictWithin = 3 * time.Second
	aacQueue      = 128
	opusBitRate   = "96k"
	reanchorTicks = 60 * samplesPerMs
	opusPacket    = 20 * samplesPerMs
	opusHeadBytes = 19
	// soundLate is by how much the first sound may be behind the picture.
	soundLate   = 150 // ms
	soundLateIn = 2 * time.Second
	profileBase = 66
)

var (
	errNotPlayable = errors.New("whip: nothing to play in time")
	errOpus        = errors.New("whip: bad Opus from the child")
)

// pump reads a stream from the hub and makes RTP of it, for streams that did
// not come by WebRTC. One pump serves all viewers of a stream.
type pump struct {
	feed   *feed
	tap    *stream.Tap
	ctx    context.Context //nolint:containedctx // the life of the pump
	cancel context.CancelFunc

	once    sync.Once
	decided chan struct{}
	refusal error

	video struct {
		seq         uint16
		config      flv.VideoConfig
		payloader   codecs.H264Payloader
		frames      int
		composition int32
		annexB      []byte
	}
	audio   *aacOpus
	opusSeq uint16
	newest  atomic.Uint32 // time of what came last, in ms
}

// newPump starts a pump; the caller holds feed.mu.
func newPump(f *feed) (*pump, error) {
	ctx, cancel := context.WithCancel(f.server.ctx)
	tap, err := f.server.cfg.Hub.Tap(ctx, f.streamID)
	if err != nil {
		cancel()
		return nil, err
	}
	p := &pump{feed: f, tap: tap, ctx: ctx, cancel: cancel, decided: make(chan struct{})}
	f.server.wg.Go(p.run)
	return p, nil
}

// verdict waits until it is clear whether the stream can be played.
func (p *pump) verdict(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, verdictWithin)
	defer cancel()
	select {
	case <-p.decided:
		return p.refusal
	case <-ctx.Done():
		return errNotPlayable
	}
}

func (p *pump) decide(err error) {
	p.once.Do(func() { p.refusal = err; close(p.decided) })
}

func (p *pump) run() {
	defer p.cancel()
	defer p.tap.Close()
	err := crash.Told(p.feed.server.cfg.Log, "a pump", p.pass)
	if p.audio != nil {
		p.audio.stop()
	}
	p.decide(errNotPlayable)
	if errors.Is(err, errBFrames) {
		p.feed.endViewers(err)
	}
	p.feed.detach(p)
}

func (p *pump) pass() error {
	var base uint32 // times count from the pump's start: those of RTP wrap within a day
	for begun := false; ; begun = true {
		k, err := p.tap.Next(p.ctx)
		if err != nil {
			return err
		}
		if !begun {
			base = k.Time
		}
		k.Time -= min(base, k.Time)
		p.newest.Store(k.Time)
		switch k.Kind {
		case stream.PacketVideo:
			err = p.takeVideo(k)
		case stream.PacketAudio:
			p.takeAudio(k)
		case stream.PacketMeta: // nothing to do
		}
		if err != nil {
			p.decide(err)
			return err
		}
	}
}

func (p *pump) takeVideo(k stream.Packet) error {
	v, err := flv.ParseVideo(k.Body)
	if err != nil {
		return err
	}
	if v.Format != flv.AVC {
		return errCodec // few browsers take HEVC by WebRTC: HLS serves them better
	}
	w := &p.video
	switch v.Kind {
	case flv.KindConfig:
		w.config, err = flv.ParseAVC(v.Data)
		return err
	case flv.KindEnd:
		return nil
	case flv.KindFrame: // nothing to do
	}
	if w.config.SPS == nil {
		return nil
	}
	if w.frames == 0 {
		w.composition = v.Composition
	}
	if v.Composition != w.composition {
		return errBFrames
	}
	w.frames++
	if w.frames >= orderFrames || w.config.SPS[1] == profileBase {
		p.decide(nil)
	}
	p.sendPicture(k, v)
	return nil
}

func (p *pump) sendPicture(k stream.Packet, v flv.Video) {
	w := &p.video
	b := w.annexB[:0]
	if k.Key || v.Key {
		b = appendNAL(b, w.config.SPS)
		b = appendNAL(b, w.config.PPS)
	}
	for data := v.Data; len(data) > w.config.LengthSize; {
		var n int
		for _, x := range data[:w.config.LengthSize] {
			n = n<<8 | int(x)
		}
		data = data[w.config.LengthSize:]
		if n > len(data) {
			break
		}
		if n > 0 && data[0]&0x1f != nalSPS && data[0]&0x1f != nalPPS {
			b = appendNAL(b, data[:n])
		}
		data = data[n:]
	}
	w.annexB = b
	parts := w.payloader.Payload(payloadMax, b)
	for i, part := range parts {
		w.seq++
		h := rtp.Header{
			Version: 2, Marker: i == len(parts)-1, SequenceNumber: w.seq, Timestamp: k.Time * (videoRate / 1000),
		}
		p.feed.give(p, trackVideo, &rtp.Packet{Header: h, Payload: part}, ms(k.Time))
	}
}

func ms(t uint32) func() time.Duration {
	return func() time.Duration { return time.Duration(t) * time.Millisecond }
}

func appendNAL(b, nal []byte) []byte { return append(append(b, 0, 0, 0, 1), nal...) }

func (p *pump) takeAudio(k stream.Packet) {
	a, err := flv.ParseAudio(k.Body)
	if err != nil {
		return // silent viewers are better than none
	}
	if a.Format == flv.Opus {
		p.passOpus(k, a)
		return
	}
	switch a.Kind {
	case flv.KindConfig:
		config, err := flv.ParseAAC(a.Data)
		if err != nil {
			return
		}
		if p.audio != nil {
			p.audio.stop()
		}
		p.audio = newAACOpus(p, config)
	case flv.KindFrame:
		if p.audio != nil {
			p.audio.push(k.Time, a.Data)
		}
	case flv.KindEnd: // nothing to do
	}
}

// passOpus sends on what needs no child.
func (p *pump) passOpus(k stream.Packet, a flv.Audio) {
	if a.Kind != flv.KindFrame {
		return
	}
	p.opusSeq++
	h := rtp.Header{Version: 2, SequenceNumber: p.opusSeq, Timestamp: k.Time * samplesPerMs}
	p.feed.give(p, trackAudio, &rtp.Packet{Header: h, Payload: a.Data}, ms(k.Time))
}

// aacOpus turns a stream's AAC into Opus by a child.
type aacOpus struct {
	pump    *pump
	config  flv.AudioConfig
	in      chan aacFrame
	cancel  context.CancelFunc
	done    chan struct{}
	anchors anchors
	seq     uint16
}

type aacFrame struct {
	time uint32 // ms
	data []byte
}

func newAACOpus(p *pump, config flv.AudioConfig) *aacOpus {
	ctx, cancel := context.WithCancel(p.ctx)
	a := &aacOpus{pump: p, config: config, in: make(chan aacFrame, aacQueue), cancel: cancel, done: make(chan struct{})}
	c := &p.feed.server.cfg
	args := append(liveInput("aac"),
		"-vn", "-ar", "48000", "-ac", "2", "-c:a", "libopus", "-b:a", opusBitRate, "-application", "lowdelay",
		"-frame_duration", "20", "-threads", "1", "-page_duration", "20000", "-flush_packets", "1", "-f", "ogg",
		"pipe:1")
	conv := &converter{program: c.FFmpeg, args: args, clock: c.Clock, log: c.Log, feed: a.feed, take: a.take}
	go func() { defer close(a.done); conv.run(ctx) }()
	return a
}

func (a *aacOpus) stop() {
	a.cancel()
	<-a.done
}

func (a *aacOpus) push(at uint32, data []byte) {
	select {
	case a.in <- aacFrame{at, data}:
	default: // the child is behind; a gap is better than a growing delay
	}
}

func (a *aacOpus) feed(ctx context.Context, w io.Writer) error {
	a.anchors.reset()
	var n int64 // frames
	var from, first uint32
	for {
		var f aacFrame
		select {
		case f = <-a.in:
		case <-ctx.Done():
			return ctx.Err()
		}
		sample := n * int64(a.config.FrameSamples) * audioRate / int64(a.config.SampleRate)
		at := f.time * samplesPerMs
		if d := int32(at - (from + uint32(sample) - first)); n == 0 || d > reanchorTicks || d < -reanchorTicks {
			from, first = at, uint32(sample)
			a.anchors.add(sample, at)
		}
		if _, err := w.Write(adts(a.config, f.data)); err != nil {
			return err
		}
		n++
	}
}

// adts puts the header before a raw AAC frame (ISO/IEC 14496-3, 1.A.3).
func adts(c flv.AudioConfig, data []byte) []byte {
	n := len(data) + adtsHeader
	index := binary.BigEndian.Uint16(c.Record) >> 7 & 0xf
	channels := byte(binary.BigEndian.Uint16(c.Record) >> 3 & 0xf)
	b := []byte{
		0xff, 0xf1, 1<<6 | byte(index)<<2 | channels>>2, channels<<6 | byte(n>>11), byte(n >> 3), byte(n<<5) | 0x1f,
		0xfc,
	}
	return append(b, data...)
}

func (a *aacOpus) take(r io.Reader) error {
	o := newOggReader(r)
	head, err := o.next()
	if err != nil {
		return err
	}
	if len(head) < opusHeadBytes || string(head[:8]) != "OpusHead" {
		return errOpus
	}
	sample := -int64(binary.LittleEndian.Uint16(head[10:])) // what its encoder put in front
	if _, err := o.next(); err != nil {                     // comments
		return err
	}
	live := a.arrival()
	for ; ; sample += opusPacket {
		b, err := o.next()
		if err != nil {
			return err
		}
		at, ok := a.anchors.find(sample)
		if !ok {
			continue
		}
		if !live(at / samplesPerMs) {
			continue
		}
		a.seq++
		h := rtp.Header{Version: 2, SequenceNumber: a.seq, Timestamp: at}
		a.pump.feed.give(a.pump, trackAudio, &rtp.Packet{Header: h, Payload: append([]byte(nil), b...)},
			ms(at/samplesPerMs))
	}
}

// arrival tells of each packet's time whether the sound has caught up with the
// picture by then. A pump begins at the newest key frame and a child takes its time
// to start: the sound of that time would come in one burst, and browsers make the
// picture wait for what they have to play.
func (a *aacOpus) arrival() func(ms uint32) bool {
	clock, caughtUp := a.pump.feed.server.cfg.Clock, false
	giveUp := clock.Now().Add(soundLateIn)
	return func(ms uint32) bool {
		caughtUp = caughtUp || int32(a.pump.newest.Load()-ms) <= soundLate || clock.Now().After(giveUp)
		return caughtUp
	}
}
