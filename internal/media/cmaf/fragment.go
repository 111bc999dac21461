package cmaf

import "encoding/binary"

// Sample is one frame of a run.
type Sample struct {
	Duration uint32 // ticks of the track
	Size     uint32
	Offset   int32 // PTS minus DTS in ticks, signed
	Sync     bool
}

// Run is the samples of one track in one fragment. It refers to their data, and
// so does the fragment.
type Run struct {
	Base    uint64 // DTS of the first sample in ticks
	Samples []Sample
	data    [][]byte
	bytes   int
}

// Add puts a sample at the end; its Size is that of the data.
func (r *Run) Add(s Sample, data []byte) {
	s.Size = uint32(len(data))
	r.Samples = append(r.Samples, s)
	r.data = append(r.data, data)
	r.bytes += len(data)
}

// Bytes is the size of all data.
func (r *Run) Bytes() int { return r.bytes }

// Reset empties the run and lets go of the data.
func (r *Run) Reset() {
	clear(r.data)
	r.Samples, r.data, r.bytes = r.Samples[:0], r.data[:0], 0
}

// Split takes the samples from number k on out of the run.
func (r *Run) Split(k int) Run {
	var later Run
	for i := k; i < len(r.Samples); i++ {
		later.Add(r.Samples[i], r.data[i])
	}
	clear(r.data[k:])
	r.Samples, r.data = r.Samples[:k], r.data[:k]
	r.bytes -= later.bytes
	return later
}

// Join puts the samples of another run at the end.
func (r *Run) Join(later Run) {
	for i, s := range later.Samples {
		r.Add(s, later.data[i])
	}
}

const (
	boxHeader    = 8
	mfhdSize     = 16
	tfhdSize     = 16
	tfdtSize     = 20
	trunFixed    = 20
	trafFixed    = boxHeader + tfhdSize + tfdtSize + trunFixed
	videoColumns = 16 // duration, size, flags, offset
	audioColumns = 8  // duration, size

	tfhdBaseIsMoof = 0x020000
	trunVideoFlags = 0x01000f01 // version 1 (signed offsets), all four columns
	trunAudioFlags = 0x01000301
)

// Fragment writes one moof and mdat; runs without samples are left out. It is
// given in pieces: all boxes up to the first sample, and the samples' data as it
// was added, which nobody may write any more.
func Fragment(seq uint32, video, audio *Run) [][]byte {
	vTraf, aTraf := trafSize(video, videoColumns), trafSize(audio, audioColumns)
	moof := boxHeader + mfhdSize + vTraf + aTraf
	b := make([]byte, 0, moof+boxHeader)
	b = header(b, moof, "moof")
	b = header(b, mfhdSize, "mfhd")
	b = be32(be32(b, 0), seq)
	if vTraf > 0 {
		b = traf(b, vTraf, VideoTrackID, video)
		b = trun(b, trunVideoFlags, video, moof+boxHeader)
	}
	if aTraf > 0 {
		b = traf(b, aTraf, AudioTrackID, audio)
		b = trun(b, trunAudioFlags, audio, moof+boxHeader+video.bytes)
	}
	b = header(b, boxHeader+video.bytes+audio.bytes, "mdat")
	pieces := make([][]byte, 0, 1+len(video.data)+len(audio.data))
	pieces = append(pieces, b)
	pieces = append(pieces, video.data...)
	return append(pieces, audio.data...)
}

func trafSize(r *Run, entry int) int {
	if len(r.Samples) == 0 {
		return 0
	}
	return trafFixed + entry*len(r.Samples)
}

func be32(b []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(b, v) }

func header(b []byte, size int, name string) []byte {
	return append(be32(b, uint32(size)), name...)
}

func traf(b []byte, size int, id uint32, r *Run) []byte {
	b = header(b, size, "traf")
	b = header(b, tfhdSize, "tfhd")
	b = be32(be32(b, tfhdBaseIsMoof), id)
	b = header(b, tfdtSize, "tfdt")
	b = be32(b, 0x01000000)
	return binary.BigEndian.AppendUint64(b, r.Base)
}

func trun(b []byte, versionFlags uint32, r *Run, dataOffset int) []byte {
	entry := audioColumns
	if versionFlags == trunVideoFlags {
		entry = videoColumns
	}
	b = header(b, trunFixed+entry*len(r.Samples), "trun")
	b = be32(b, versionFlags)
	b = be32(b, uint32(len(r.Samples)))
	b = be32(b, uint32(dataOffset))
	for i := range r.Samples {
		s := &r.Samples[i]
		b = be32(be32(b, s.Duration), s.Size)
		if entry == videoColumns {
			flags := uint32(flagsNonSync)
			if s.Sync {
				flags = flagsSync
			}
			b = be32(be32(b, flags), uint32(s.Offset))
		}
	}
	return b
}
