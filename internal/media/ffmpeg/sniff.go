package ffmpeg

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Container is a kind of file that we take.
type Container struct {
	name    string // of the demuxer, for -f
	demuxer string // its whole name, for the whitelist
}

func isoMedia() Container { return Container{"mov", "mov,mp4,m4a,3gp,3g2,mj2"} }
func matroska() Container { return Container{"matroska", "matroska,webm"} }

// String names the kind.
func (c Container) String() string { return c.name }

const (
	sniffBytes = 8 << 10
	tsPacket   = 188
	tsSync     = 0x47
	tsPackets  = 4
)

// Sniff recognises a file by its first bytes; what it is called does not matter.
// Playlists, texts and pictures are no videos: ErrNotVideo.
func Sniff(path string) (kind Container, err error) {
	f, err := os.Open(path)
	if err != nil {
		return Container{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	head := make([]byte, sniffBytes)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return Container{}, err
	}
	kind, ok := sniff(head[:n])
	if !ok {
		return Container{}, fmt.Errorf("%w: %s is of no kind that is taken", ErrNotVideo, filepath.Base(path))
	}
	return kind, nil
}

func sniff(head []byte) (Container, bool) {
	at := func(offset int, magic string) bool {
		return len(head) >= offset+len(magic) && bytes.Equal(head[offset:offset+len(magic)], []byte(magic))
	}
	switch {
	case at(4, "ftyp"), at(4, "moov"), at(4, "mdat"), at(4, "wide"), at(4, "free"), at(4, "skip"), at(4, "pnot"):
		// old QuickTime has no ftyp, and may begin with an atom that is to be skipped
		return isoMedia(), true
	case at(0, "\x1a\x45\xdf\xa3"):
		return matroska(), true
	case at(0, "RIFF") && at(8, "AVI "):
		return Container{"avi", "avi"}, true
	case at(0, "OggS"):
		return Container{"ogg", "ogg"}, true
	case at(0, "FLV\x01"):
		return Container{"flv", "flv"}, true
	case isTS(head):
		return Container{"mpegts", "mpegts"}, true
	}
	return Container{}, false
}

// isTS finds the rhythm of transport packets: of 188 bytes, of 192 as AVCHD camcorders and Blu-ray
// write them with a time before each, of 204 with a checksum behind. A capture may begin within
// a packet.
func isTS(head []byte) bool {
	for _, size := range []int{tsPacket, tsPacket + 4, tsPacket + 16} {
		for first := range size {
			n := 0
			for at := first; at < len(head) && head[at] == tsSync; at += size {
				n++
			}
			if n >= tsPackets && (first == 0 || n > tsPackets) {
				return true
			}
		}
	}
	return false
}
