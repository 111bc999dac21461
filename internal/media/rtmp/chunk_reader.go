package rtmp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Limits on what a peer may make this side hold.
const (
	messageMax      = 10 << 20
	chunkMax        = 1<<24 - 1
	chunkDefault    = 128
	chunkStreamsMax = 64
	readBuffer      = 4 << 10   // commands; there may be hundreds of connections
	mediaBuffer     = 32 << 10  // of one that publishes
	growStep        = 256 << 10 // memory follows data that came, not lengths that were claimed
	keepBufferMax   = 4 << 10   // of an idle chunk stream: an ordinary command
	deltaFirstMost  = 10_000    // ms
	extended        = 0xffffff
)

// ErrProtocol is a peer that breaks the protocol or a limit.
var ErrProtocol = errors.New("rtmp: protocol error")

func protocolError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrProtocol, fmt.Sprintf(format, args...))
}

// Message is one RTMP message. The payload of audio, video and aggregates is the
// receiver's to keep; any other is valid until the next read.
type Message struct {
	Type      uint8
	StreamID  uint32
	Timestamp uint32
	Payload   []byte
}

// chunkReader puts messages together from chunks. Media is read into buffers
// that are given away, so that a frame is never copied from there; for anything
// else each chunk stream has one buffer that is used again.
type chunkReader struct {
	r        *bufio.Reader
	size     int // of a chunk
	streams  map[uint32]*chunkStream
	last     *chunkStream // most chunks follow one of the same stream
	lastID   uint32
	held     int // bytes of all buffers, whether a message is in them or not
	most     int // of held
	tallies  []*tally
	missing  *int // bytes of the message under way that are to come; nil: nobody asks
	noRepeat bool // this peer leaves the extended timestamp out of type 3 chunks
	head     [11]byte
}

type chunkStream struct {
	timestamp uint32
	delta     uint32
	extended  bool
	extValue  uint32
	length    int
	kind      uint8
	streamID  uint32
	known     bool
	partial   bool
	buf       []byte
	most      int // bytes of a whole message so far
}

func newChunkReader(r io.Reader) *chunkReader {
	return &chunkReader{
		r: bufio.NewReaderSize(r, readBuffer), size: chunkDefault, streams: map[uint32]*chunkStream{},
		most: openBytesMax,
	}
}

// widen is for a peer that was let in.
func (c *chunkReader) widen() {
	c.r = bufio.NewReaderSize(c.r, mediaBuffer)
	c.most = openBytesMax
}

// read gives the next message. Chunk size and abort messages are obeyed here
// and given too.
func (c *chunkReader) read() (Message, error) {
	for {
		m, whole, err := c.chunk()
		if err != nil {
			return Message{}, err
		}
		if !whole {
			continue
		}
		return m, c.obey(&m)
	}
}

func (c *chunkReader) obey(m *Message) error {
	switch m.Type {
	case typeSetChunkSize:
		if len(m.Payload) < 4 {
			return protocolError("chunk size message of %d bytes", len(m.Payload))
		}
		n := binary.BigEndian.Uint32(m.Payload) & 0x7fffffff
		if n == 0 {
			return protocolError("chunk size 0")
		}
		c.size = int(min(n, chunkMax))
	case typeAbort:
		if len(m.Payload) < 4 {
			return nil
		}
		if cs := c.streams[binary.BigEndian.Uint32(m.Payload)]; cs != nil && cs.partial {
			c.discard(cs)
		}
	}
	return nil
}

func (c *chunkReader) discard(cs *chunkStream) {
	cs.partial = false
	c.empty(cs, cap(cs.buf) <= keepBufferMax)
}

// empty takes what is in a chunk stream's buffer out of it, and lets go of the buffer too
// unless it is kept.
func (c *chunkReader) empty(cs *chunkStream, keep bool) {
	if keep {
		cs.buf = cs.buf[:0]
		return
	}
	c.free(cap(cs.buf))
	cs.buf = nil
}

// chunk reads one chunk; whole is true if it ended a message.
func (c *chunkReader) chunk() (m Message, whole bool, err error) {
	format, id, err := c.basicHeader()
	if err != nil {
		return m, false, err
	}
	cs, err := c.stream(id)
	if err != nil {
		return m, false, err
	}
	if err := c.messageHeader(cs, format); err != nil {
		return m, false, err
	}
	if err := c.payload(cs); err != nil {
		return m, false, err
	}
	if len(cs.buf) < cs.length {
		return m, false, nil
	}
	cs.most = max(cs.most, cs.length)
	c.lacks(0)
	m = Message{Type: cs.kind, StreamID: cs.streamID, Timestamp: cs.timestamp, Payload: cs.buf}
	cs.partial = false
	media := cs.kind == typeAudio || cs.kind == typeVideo || cs.kind == typeAggregate
	c.empty(cs, !media && cap(cs.buf) <= keepBufferMax)
	return m, true, nil
}

func (c *chunkReader) basicHeader() (format byte, id uint32, err error) {
	b, err := c.r.ReadByte()
	if err != nil {
		return 0, 0, err
	}
	format, id = b>>6, uint32(b&0x3f)
	if id > 1 {
		return format, id, nil
	}
	n := int(id) + 1
	if _, err := io.ReadFull(c.r, c.head[:n]); err != nil {
		return 0, 0, err
	}
	id = 64 + uint32(c.head[0])
	if n == 2 {
		id += uint32(c.head[1]) << 8
	}
	return format, id, nil
}

func (c *chunkReader) stream(id uint32) (*chunkStream, error) {
	if c.last != nil && c.lastID == id {
		return c.last, nil
	}
	cs := c.streams[id]
	if cs == nil {
		if len(c.streams) >= chunkStreamsMax {
			return nil, protocolError("more than %d chunk streams", chunkStreamsMax)
		}
		cs = &chunkStream{}
		c.streams[id] = cs
	}
	c.last, c.lastID = cs, id
	return cs, nil
}

// messageHeader reads the header of a chunk by its format: 0 is complete and
// has an absolute time, 1 keeps the stream id, 2 the length too, 3 everything.
func (c *chunkReader) messageHeader(cs *chunkStream, format byte) error {
	if format == 3 {
		return c.continuation(cs)
	}
	// Encoders made with librtmp begin with format 1 where no message went before. It tells
	// all but the message stream, of which a connection has one.
	if format > 1 && !cs.known {
		return protocolError("chunk stream begins with format %d", format)
	}
	if cs.partial { // a new message before the old one is whole: the old one is lost
		c.discard(cs)
	}
	n := [3]int{11, 7, 3}[format]
	h := c.head[:n]
	if _, err := io.ReadFull(c.r, h); err != nil {
		return err
	}
	value := uint32(h[0])<<16 | uint32(h[1])<<8 | uint32(h[2])
	if format < 2 {
		cs.length = int(h[3])<<16 | int(h[4])<<8 | int(h[5])
		cs.kind = h[6]
		if cs.length > messageMax {
			return protocolError("message of %d bytes", cs.length)
		}
	}
	if format == 0 {
		cs.streamID = binary.LittleEndian.Uint32(h[7:])
	}
	cs.extended = value == extended
	if cs.extended {
		if _, err := io.ReadFull(c.r, c.head[:4]); err != nil {
			return err
		}
		value = binary.BigEndian.Uint32(c.head[:4])
		cs.extValue = value
	}
	if format == 0 {
		cs.timestamp, cs.delta = value, firstDelta(value)
	} else {
		cs.delta = value
		cs.timestamp += value
	}
	cs.known, cs.partial = true, true
	return nil
}

// firstDelta is how much later a message of type 3 is than the one of type 0 before it: by
// that one's whole time (RTMP 1.0, 5.3.1.2.4), which ffmpeg writes where a track's second
// frame comes as late as its first. librtmp writes the same header for a message of the same
// time, at any time of the stream: a distance that no two frames have is no distance.
func firstDelta(timestamp uint32) uint32 {
	if timestamp > deltaFirstMost {
		return 0
	}
	return timestamp
}

// continuation is a type 3 chunk. Whether it repeats the extended timestamp
// depends on the sender: the spec and ffmpeg do, old librtmp does not. So look
// at four bytes and take them only if they are the timestamp.
func (c *chunkReader) continuation(cs *chunkStream) error {
	if !cs.known {
		return protocolError("chunk stream begins with format 3")
	}
	if cs.extended {
		if err := c.skipRepeated(cs); err != nil {
			return err
		}
	}
	if !cs.partial {
		cs.timestamp += cs.delta
		cs.partial = true
	}
	return nil
}

func (c *chunkReader) skipRepeated(cs *chunkStream) error {
	if c.noRepeat && cs.partial && cs.length-len(cs.buf) < 4 {
		return nil // do not wait for bytes that may be long in coming
	}
	b, err := c.r.Peek(4)
	if err != nil {
		return err
	}
	v := binary.BigEndian.Uint32(b)
	if v != cs.extValue && v != cs.timestamp {
		c.noRepeat = true
		return nil
	}
	_, err = c.r.Discard(4)
	return err
}

// payload reads the chunk's share of the message.
func (c *chunkReader) payload(cs *chunkStream) error {
	want := min(cs.length-len(cs.buf), c.size)
	for want > 0 {
		n := len(cs.buf)
		step := min(want, growStep)
		if cap(cs.buf)-n < step {
			if err := c.grow(cs, n+step); err != nil {
				return err
			}
		}
		cs.buf = cs.buf[:n+step]
		c.lacks(cs.length - n - c.r.Buffered())
		if _, err := io.ReadFull(c.r, cs.buf[n:]); err != nil {
			return err
		}
		want -= step
	}
	return nil
}

func (c *chunkReader) lacks(n int) {
	if c.missing != nil {
		*c.missing = n
	}
}

// grow makes room for need bytes, and for the whole message if that is little, or no more
// than one that has come.
func (c *chunkReader) grow(cs *chunkStream, need int) error {
	size := max(need, min(cs.length, max(growStep, cs.most)), min(2*cap(cs.buf), cs.length))
	if err := c.hold(size - cap(cs.buf)); err != nil {
		return err
	}
	b := make([]byte, len(cs.buf), size)
	copy(b, cs.buf)
	cs.buf = b
	return nil
}
