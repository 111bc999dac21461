package flv

import (
	"encoding/binary"
	"io"
)

const (
	hasAudio = 4
	hasVideo = 1
)

// Writer writes an FLV file or stream. It makes no copy of a tag's body and
// does not buffer: give it a bufio.Writer where that matters.
type Writer struct {
	w    io.Writer
	head [fileHeader + tagTrailer]byte
}

// NewWriter writes the file header, which promises both tracks: players take
// it for a hint and wait for neither.
func NewWriter(w io.Writer) (*Writer, error) { return begin(w, hasAudio|hasVideo) }

// NewVideoWriter is NewWriter for a file of video alone.
func NewVideoWriter(w io.Writer) (*Writer, error) { return begin(w, hasVideo) }

func begin(w io.Writer, tracks byte) (*Writer, error) {
	f := &Writer{w: w}
	copy(f.head[:], "FLV\x01")
	f.head[4], f.head[8] = tracks, fileHeader
	_, err := w.Write(f.head[:])
	return f, err
}

// Write puts one tag at the end.
func (f *Writer) Write(t Tag) error {
	h := f.head[:tagHeader]
	n := len(t.Body)
	h[0], h[1], h[2], h[3] = t.Type, byte(n>>16), byte(n>>8), byte(n)
	h[4], h[5], h[6], h[7] = byte(t.Timestamp>>16), byte(t.Timestamp>>8), byte(t.Timestamp), byte(t.Timestamp>>24)
	h[8], h[9], h[10] = 0, 0, 0
	if _, err := f.w.Write(h); err != nil {
		return err
	}
	if _, err := f.w.Write(t.Body); err != nil {
		return err
	}
	binary.BigEndian.PutUint32(f.head[:], uint32(tagHeader+n))
	_, err := f.w.Write(f.head[:tagTrailer])
	return err
}
