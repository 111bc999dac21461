package hls

import (
	"io"
	"net"
	"slices"
)

// Body is the bytes of a part or a segment in pieces, one after another: the boxes that
// were written for it and the frames as their publisher sent them, which the readers of
// packets hold too. Nobody writes to any of them.
type Body [][]byte

// Len is the number of bytes.
func (b Body) Len() int {
	n := 0
	for _, piece := range b {
		n += len(piece)
	}
	return n
}

// Reader gives the bytes. Each read fills what it is given, over any number of pieces.
func (b Body) Reader() io.Reader {
	list := net.Buffers(slices.Clone(b)) // its reader takes it apart
	return struct{ io.Reader }{&list}
}

// gatherBytes are written at once where a connection takes no list of slices.
const gatherBytes = 64 << 10
