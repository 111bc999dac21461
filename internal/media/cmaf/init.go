// Package cmaf writes the two things an fMP4 stream is made of: the init
// segment and fragments (moof + mdat). Video and audio are muxed: track 1 is
// H.264, HEVC or AV1 at 90 kHz, track 2 AAC or Opus at its sample rate; either
// may be missing.
//
// A fragment is written with sizes known beforehand into one slice of exactly
// its length, because that slice is then what every viewer is sent.
//
// Sources: ISO/IEC 14496-12 (boxes), 14496-14 (esds), 14496-15 (avcC, hvcC),
// 23000-19 (CMAF); AV1 in ISOBMFF; Opus in ISOBMFF.
package cmaf

import "encoding/binary"

// VideoTimescale is the clock of the video track, in ticks per second.
const VideoTimescale = 90000

// Track identifiers, fixed so that an init segment that gains a track leaves
// the other one as it was.
const (
	VideoTrackID = 1
	AudioTrackID = 2
)

// VideoTrack describes a video track.
type VideoTrack struct {
	Entry         string // avc1, hvc1 or av01; empty is avc1
	Record        []byte // the decoder configuration record of that entry
	Width, Height int
}

// AudioTrack describes an audio track.
type AudioTrack struct {
	Entry      string // mp4a or Opus; empty is mp4a
	Record     []byte // AudioSpecificConfig, or OpusHead
	SampleRate int
	Channels   int
}

const (
	movieTimescale    = 1000
	flagsSync         = 0x02000000 // sample_depends_on = 2, sync
	flagsNonSync      = 0x01010000 // sample_depends_on = 1, non-sync
	langUndetermined  = 0x55c4
	esdsDecoderConfig = 0x04
)

// box appends a box whose body is written by f.
func box(b []byte, name string, f func([]byte) []byte) []byte {
	at := len(b)
	b = append(b, 0, 0, 0, 0)
	b = append(b, name...)
	b = f(b)
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at))
	return b
}

// full appends a full box: version and flags before the body.
func full(b []byte, name string, versionFlags uint32, f func([]byte) []byte) []byte {
	return box(b, name, func(b []byte) []byte { return f(u32(b, versionFlags)) })
}

func u16(b []byte, v ...int) []byte {
	for _, x := range v {
		b = binary.BigEndian.AppendUint16(b, uint16(x))
	}
	return b
}

func u32(b []byte, v ...uint32) []byte {
	for _, x := range v {
		b = binary.BigEndian.AppendUint32(b, x)
	}
	return b
}

func zeros(b []byte, n int) []byte { return append(b, make([]byte, n)...) }

// Init writes the init segment of the tracks that are not nil.
func Init(v *VideoTrack, a *AudioTrack) []byte {
	b := make([]byte, 0, 1536)
	b = box(b, "ftyp", func(b []byte) []byte {
		b = append(b, "iso6"...)
		b = u32(b, 0)
		return append(b, "iso5iso6cmfcmp41"...)
	})
	return box(b, "moov", func(b []byte) []byte {
		b = mvhd(b)
		if v != nil {
			b = videoTrak(b, v)
		}
		if a != nil {
			b = audioTrak(b, a)
		}
		return box(b, "mvex", func(b []byte) []byte {
			if v != nil {
				b = trex(b, VideoTrackID, flagsNonSync)
			}
			if a != nil {
				b = trex(b, AudioTrackID, flagsSync)
			}
			return b
		})
	})
}

func mvhd(b []byte) []byte {
	return full(b, "mvhd", 0, func(b []byte) []byte {
		b = u32(b, 0, 0, movieTimescale, 0)
		b = u32(b, 0x00010000) // rate
		b = u16(b, 0x0100, 0)  // volume
		b = zeros(b, 8)
		b = matrix(b)
		b = zeros(b, 24)
		return u32(b, AudioTrackID+1) // next track
	})
}

func matrix(b []byte) []byte {
	return u32(b, 0x00010000, 0, 0, 0, 0x00010000, 0, 0, 0, 0x40000000)
}

func trex(b []byte, id, flags uint32) []byte {
	return full(b, "trex", 0, func(b []byte) []byte { return u32(b, id, 1, 0, 0, flags) })
}

func tkhd(b []byte, id uint32, volume, width, height int) []byte {
	return full(b, "tkhd", 3, func(b []byte) []byte { // enabled, in movie
		b = u32(b, 0, 0, id, 0, 0)
		b = zeros(b, 8)
		b = u16(b, 0, 0, volume, 0)
		b = matrix(b)
		return u32(b, uint32(width)<<16, uint32(height)<<16)
	})
}

// media is what differs between the two kinds of mdia box.
type media struct {
	timescale uint32
	handler   string
	header    func([]byte) []byte // vmhd or smhd
	entry     func([]byte) []byte // sample entry
}

func mdia(b []byte, m media) []byte {
	return box(b, "mdia", func(b []byte) []byte {
		b = full(b, "mdhd", 0, func(b []byte) []byte {
			b = u32(b, 0, 0, m.timescale, 0)
			return u16(b, langUndetermined, 0)
		})
		b = full(b, "hdlr", 0, func(b []byte) []byte {
			b = u32(b, 0)
			b = append(b, m.handler...)
			return zeros(b, 13) // reserved and an empty name
		})
		return box(b, "minf", func(b []byte) []byte {
			b = m.header(b)
			b = box(b, "dinf", func(b []byte) []byte {
				return full(b, "dref", 0, func(b []byte) []byte {
					return full(u32(b, 1), "url ", 1, func(b []byte) []byte { return b })
				})
			})
			return stbl(b, m.entry)
		})
	})
}

func stbl(b []byte, entry func([]byte) []byte) []byte {
	return box(b, "stbl", func(b []byte) []byte {
		b = full(b, "stsd", 0, func(b []byte) []byte { return entry(u32(b, 1)) })
		b = full(b, "stts", 0, func(b []byte) []byte { return u32(b, 0) })
		b = full(b, "stsc", 0, func(b []byte) []byte { return u32(b, 0) })
		b = full(b, "stsz", 0, func(b []byte) []byte { return u32(b, 0, 0) })
		return full(b, "stco", 0, func(b []byte) []byte { return u32(b, 0) })
	})
}

func videoTrak(b []byte, v *VideoTrack) []byte {
	return box(b, "trak", func(b []byte) []byte {
		b = tkhd(b, VideoTrackID, 0, v.Width, v.Height)
		return mdia(b, media{
			timescale: VideoTimescale,
			handler:   "vide",
			header: func(b []byte) []byte {
				return full(b, "vmhd", 1, func(b []byte) []byte { return zeros(b, 8) })
			},
			entry: func(b []byte) []byte { return videoEntry(b, v) },
		})
	})
}

// videoEntry writes a sample entry and the record of its codec. Parameter sets
// are in the record alone, so HEVC is hvc1, never hev1.
func videoEntry(b []byte, v *VideoTrack) []byte {
	entry, config := "avc1", "avcC"
	switch v.Entry {
	case "hvc1":
		entry, config = "hvc1", "hvcC"
	case "av01":
		entry, config = "av01", "av1C"
	}
	return box(b, entry, func(b []byte) []byte {
		b = zeros(b, 6)
		b = u16(b, 1) // data reference
		b = zeros(b, 16)
		b = u16(b, v.Width, v.Height)
		b = u32(b, 0x00480000, 0x00480000, 0) // 72 dpi
		b = u16(b, 1)                         // frames per sample
		b = zeros(b, 32)                      // compressor name
		b = u16(b, 0x18, 0xffff)
		return box(b, config, func(b []byte) []byte { return append(b, v.Record...) })
	})
}

func audioTrak(b []byte, a *AudioTrack) []byte {
	return box(b, "trak", func(b []byte) []byte {
		b = tkhd(b, AudioTrackID, 0x0100, 0, 0)
		return mdia(b, media{
			timescale: uint32(a.SampleRate),
			handler:   "soun",
			header: func(b []byte) []byte {
				return full(b, "smhd", 0, func(b []byte) []byte { return u32(b, 0) })
			},
			entry: func(b []byte) []byte { return audioEntry(b, a) },
		})
	})
}

func audioEntry(b []byte, a *AudioTrack) []byte {
	entry := "mp4a"
	if a.Entry == "Opus" {
		entry = a.Entry
	}
	return box(b, entry, func(b []byte) []byte {
		b = zeros(b, 6)
		b = u16(b, 1)
		b = zeros(b, 8)
		b = u16(b, a.Channels, 16, 0, 0)
		b = u32(b, uint32(min(a.SampleRate, 0xffff))<<16)
		if entry == "Opus" {
			return box(b, "dOps", func(b []byte) []byte { return dops(b, a.Record) })
		}
		return full(b, "esds", 0, func(b []byte) []byte { return esds(b, a.Record) })
	})
}

// dops writes what an OpusHead says, which has the other byte order (Opus in
// ISOBMFF, 4.3.2).
func dops(b, head []byte) []byte {
	if len(head) < 19 {
		return b
	}
	le := binary.LittleEndian
	b = append(b, 0, head[9])
	b = u16(b, int(le.Uint16(head[10:])))
	b = u32(b, le.Uint32(head[12:]))
	b = u16(b, int(le.Uint16(head[16:])))
	return append(b, head[18:]...)
}

// esds writes the descriptors with one-byte lengths, which hold configs of up
// to 100 bytes; a real one has 2 to 5.
func esds(b, asc []byte) []byte {
	asc = asc[:min(len(asc), 100)]
	b = append(b, 0x03, byte(3+2+13+2+len(asc)+3)) // ES_Descriptor
	b = u16(b, AudioTrackID)
	b = append(b, 0)
	b = append(b, esdsDecoderConfig, byte(13+2+len(asc)))
	b = append(b, 0x40, 0x15, 0, 0, 0) // AAC, audio stream
	b = u32(b, 0, 0)                   // bit rates unknown
	b = append(b, 0x05, byte(len(asc)))
	b = append(b, asc...)
	return append(b, 0x06, 1, 2) // SLConfig
}
