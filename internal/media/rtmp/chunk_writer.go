package rtmp

import (
	"bufio"
	"encoding/binary"
	"io"
)

// Message types.
const (
	typeSetChunkSize  = 1
	typeAbort         = 2
	typeAck           = 3
	typeUserControl   = 4
	typeWindowAckSize = 5
	typePeerBandwidth = 6
	typeAudio         = 8
	typeVideo         = 9
	typeDataAMF3      = 15
	typeCommandAMF3   = 17
	typeData          = 18
	typeCommand       = 20
	typeAggregate     = 22
)

// Chunk streams this side writes on.
const (
	csControl = 2
	csCommand = 3
	csStatus  = 5
	csAudio   = 4
	csVideo   = 6
)

const (
	writeBuffer  = 4 << 10
	continuation = 0xc0
)

// chunkWriter cuts messages into chunks. Each message has a full header: the
// bytes saved by shorter ones are not worth their pitfalls.
type chunkWriter struct {
	w    *bufio.Writer
	size int
	head [16]byte
}

func newChunkWriter(w io.Writer) *chunkWriter {
	return &chunkWriter{w: bufio.NewWriterSize(w, writeBuffer), size: chunkDefault}
}

// write puts a message into the buffer; chunkStream is 2 to 63.
func (c *chunkWriter) write(chunkStream byte, m Message) error {
	h := &c.head
	h[0] = chunkStream
	short := min(m.Timestamp, extended)
	h[1], h[2], h[3] = byte(short>>16), byte(short>>8), byte(short)
	n := len(m.Payload)
	h[4], h[5], h[6], h[7] = byte(n>>16), byte(n>>8), byte(n), m.Type
	binary.LittleEndian.PutUint32(h[8:], m.StreamID)
	binary.BigEndian.PutUint32(h[12:], m.Timestamp)
	head := h[:12]
	if short == extended {
		head = h[:16]
	}
	_, err := c.w.Write(head)
	rest := m.Payload
	for err == nil {
		k := min(len(rest), c.size)
		_, err = c.w.Write(rest[:k])
		rest = rest[k:]
		if len(rest) == 0 {
			break
		}
		if err == nil {
			err = c.w.WriteByte(continuation | chunkStream)
		}
		if err == nil && short == extended {
			_, err = c.w.Write(h[12:16])
		}
	}
	return err
}

func (c *chunkWriter) flush() error { return c.w.Flush() }

// setSize tells the peer a new chunk size and uses it from then on.
func (c *chunkWriter) setSize(n int) error {
	err := c.write(csControl, Message{Type: typeSetChunkSize, Payload: binary.BigEndian.AppendUint32(nil, uint32(n))})
	c.size = n
	return err
}
