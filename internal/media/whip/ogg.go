package whip

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// errOgg is a page that cannot be one.
var errOgg = errors.New("whip: bad Ogg page")

const (
	oggHeaderBytes  = 27
	oggSegmentMax   = 255
	oggFirst        = 0x02
	oggPacketMax    = 64 << 10
	oggSerial       = 1
	opusRate        = 48000
	oggPolynomial   = 0x04c11db7
	opusHeadVersion = 1
)

// oggWriter writes Opus packets into an Ogg stream, one page each, so that the
// reader gets every packet at once (RFC 3533, RFC 7845).
type oggWriter struct {
	w       io.Writer
	page    uint32
	granule uint64
	buf     []byte
}

// newOggWriter writes the two header pages. No samples are skipped: an RTP
// sender does not say how many its encoder put in front.
func newOggWriter(w io.Writer, channels int) (*oggWriter, error) {
	o := &oggWriter{w: w}
	head := append([]byte("OpusHead"), opusHeadVersion, byte(channels), 0, 0, 0, 0, 0, 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(head[12:], opusRate)
	if err := o.write(head, oggFirst); err != nil {
		return nil, err
	}
	tags := append([]byte("OpusTags"), 6, 0, 0, 0, 'h', 'a', 'w', 'k', 'e', 'r', 0, 0, 0, 0)
	return o, o.write(tags, 0)
}

// packet writes one Opus packet that lasts so many samples at 48 kHz.
func (o *oggWriter) packet(data []byte, samples int) error {
	o.granule += uint64(samples)
	return o.write(data, 0)
}

func (o *oggWriter) write(data []byte, flags byte) error {
	segments := len(data)/oggSegmentMax + 1
	if segments > oggSegmentMax {
		return fmt.Errorf("%w: packet of %d bytes", errOgg, len(data))
	}
	b := append(o.buf[:0], "OggS"...)
	b = append(b, 0, flags)
	b = binary.LittleEndian.AppendUint64(b, o.granule)
	b = binary.LittleEndian.AppendUint32(b, oggSerial)
	b = binary.LittleEndian.AppendUint32(b, o.page)
	b = append(b, 0, 0, 0, 0, byte(segments))
	for range segments - 1 {
		b = append(b, oggSegmentMax)
	}
	b = append(b, byte(len(data)%oggSegmentMax))
	b = append(b, data...)
	binary.LittleEndian.PutUint32(b[22:], oggSum(b))
	o.page++
	o.buf = b
	_, err := o.w.Write(b)
	return err
}

// oggSum is Ogg's checksum: CRC-32 that takes the highest bit first, which the
// standard library does not know. A page holds one packet, so plain bits do.
func oggSum(b []byte) uint32 {
	var crc uint32
	for _, x := range b {
		crc ^= uint32(x) << 24
		for range 8 {
			top := crc >> 31
			crc = crc<<1 ^ oggPolynomial*top
		}
	}
	return crc
}

// oggReader reads the packets of an Ogg stream. It trusts the sender, a child
// of ours at the end of a pipe, and so compares no checksums.
type oggReader struct {
	r       *bufio.Reader
	lacing  []byte
	pending []byte
}

func newOggReader(r io.Reader) *oggReader { return &oggReader{r: bufio.NewReader(r)} }

// next gives the next packet; it is valid until the next call.
func (o *oggReader) next() ([]byte, error) {
	o.pending = o.pending[:0]
	for {
		if len(o.lacing) == 0 {
			if err := o.readPage(); err != nil {
				return nil, err
			}
			continue
		}
		n := int(o.lacing[0])
		o.lacing = o.lacing[1:]
		if len(o.pending)+n > oggPacketMax {
			return nil, fmt.Errorf("%w: packet too long", errOgg)
		}
		at := len(o.pending)
		o.pending = append(o.pending, make([]byte, n)...)
		if _, err := io.ReadFull(o.r, o.pending[at:]); err != nil {
			return nil, err
		}
		if n < oggSegmentMax {
			return o.pending, nil
		}
	}
}

func (o *oggReader) readPage() error {
	var h [oggHeaderBytes]byte
	if _, err := io.ReadFull(o.r, h[:]); err != nil {
		return err
	}
	if string(h[:4]) != "OggS" {
		return errOgg
	}
	o.lacing = make([]byte, h[26])
	_, err := io.ReadFull(o.r, o.lacing)
	return err
}
