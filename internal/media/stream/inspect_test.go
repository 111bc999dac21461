package stream_test

import (
	"bytes"
	"encoding/binary"

	"hawker/internal/media/hls/hlscheck"
)

// tracks gives the identifiers after each box of that name.
func tracks(b []byte, box string, offset int) map[uint32]bool {
	out := map[uint32]bool{}
	for {
		i := bytes.Index(b, []byte(box))
		if i < 0 || i+offset+4 > len(b) {
			return out
		}
		out[binary.BigEndian.Uint32(b[i+offset:])] = true
		b = b[i+4:]
	}
}

// inspect checks that the newest part holds only tracks that its init segment
// announces.
func (r *rig) inspect(p *hlscheck.Playlist) {
	r.t.Helper()
	s := p.Segments[len(p.Segments)-1]
	if len(s.Parts) == 0 || s.Parts[len(s.Parts)-1].URI == r.inspected {
		return
	}
	r.inspected = s.Parts[len(s.Parts)-1].URI
	announced := tracks(r.get("/live/room/"+s.Map).Body.Bytes(), "tkhd", 16)
	sent := tracks(r.get("/live/room/"+r.inspected).Body.Bytes(), "tfhd", 8)
	if len(sent) == 0 {
		r.t.Errorf("part %s is empty", r.inspected)
	}
	for id := range sent {
		if !announced[id] {
			r.t.Errorf("part %s sends track %d, %s announces %v", r.inspected, id, s.Map, announced)
		}
	}
}
