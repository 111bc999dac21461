package flv

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Tag is one tag of an FLV file.
type Tag struct {
	Type      uint8 // 8 audio, 9 video, 18 script
	Timestamp uint32
	Body      []byte
}

// Tag types.
const (
	TagAudio  = 8
	TagVideo  = 9
	TagScript = 18
)

const (
	fileHeader  = 9
	tagHeader   = 11
	tagTrailer  = 4
	fileTagsMax = 1 << 20
	tagMax      = 10 << 20  // as of a message of RTMP
	growStep    = 256 << 10 // memory follows data that came, not lengths that were claimed
)

// Reader reads an FLV stream tag by tag.
type Reader struct{ r io.Reader }

// NewReader reads the file header. Give it a bufio.Reader where that matters.
func NewReader(r io.Reader) (*Reader, error) {
	head := make([]byte, fileHeader+tagTrailer)
	if _, err := io.ReadFull(r, head); err != nil || string(head[:3]) != "FLV" {
		return nil, fmt.Errorf("%w: no FLV header", ErrShort)
	}
	return &Reader{r}, nil
}

// Read gives the next tag, whose body is the caller's; io.EOF at the end.
func (f *Reader) Read() (Tag, error) { return readTag(f.r) }

// ReadFile reads all tags of an FLV file; a torn last tag is left out. It is
// for clips that are published in a loop, which have to fit into memory.
func ReadFile(r io.Reader) ([]Tag, error) {
	f, err := NewReader(bufio.NewReader(r))
	if err != nil {
		return nil, err
	}
	var tags []Tag
	for len(tags) < fileTagsMax {
		t, err := f.Read()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return tags, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read FLV: %w", err)
		}
		tags = append(tags, t)
	}
	return tags, nil
}

func readTag(r io.Reader) (Tag, error) {
	var h [tagHeader]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return Tag{}, err
	}
	size := int(h[1])<<16 | int(h[2])<<8 | int(h[3])
	if size > tagMax {
		return Tag{}, fmt.Errorf("%w: %d bytes", ErrLong, size)
	}
	t := Tag{Type: h[0] & 0x1f, Body: make([]byte, 0, min(size, growStep))}
	t.Timestamp = uint32(h[7])<<24 | uint32(h[4])<<16 | uint32(h[5])<<8 | uint32(h[6])
	for n := 0; n < size; n = len(t.Body) {
		step := min(size-n, growStep)
		t.Body = slices.Grow(t.Body, step)[:n+step]
		if _, err := io.ReadFull(r, t.Body[n:]); err != nil {
			return Tag{}, err
		}
	}
	var trailer [tagTrailer]byte
	_, err := io.ReadFull(r, trailer[:])
	return t, err
}
