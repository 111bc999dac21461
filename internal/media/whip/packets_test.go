package whip

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/pion/rtp"
	"pgregory.net/rapid"
)

// Packets that come mixed up, twice and not at all are given on in their order, each
// once, and a loss is said of the first one after it.
func TestMixedUpPacketsInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		from, n := rapid.Uint16().Draw(rt, "from"), rapid.IntRange(1, 300).Draw(rt, "packets")
		type coming struct {
			i    int // which packet
			when int
		}
		var line []coming
		lost := map[int]bool{}
		for i := range n {
			if i > 0 && rapid.IntRange(0, 19).Draw(rt, "lost") == 0 {
				lost[i] = true
				continue
			}
			late := 0
			if i > 0 {
				late = rapid.IntRange(0, 8).Draw(rt, "late")
			}
			line = append(line, coming{i, i + late})
			if rapid.IntRange(0, 9).Draw(rt, "twice") == 0 {
				line = append(line, coming{i, i + late + rapid.IntRange(0, 60).Draw(rt, "again")})
			}
		}
		slices.SortStableFunc(line, func(a, b coming) int { return a.when - b.when })
		o := reorder{wait: waitVideo}
		var got []int
		gaps := 0
		for _, c := range line {
			p := &rtp.Packet{Header: rtp.Header{SequenceNumber: from + uint16(c.i), Timestamp: uint32(c.i) * 300}}
			o.push(p, func(p *rtp.Packet, lost bool) {
				at := int(p.SequenceNumber - from)
				if gap := len(got) > 0 && at != got[len(got)-1]+1; gap != lost {
					rt.Fatalf("%d after %v, lost %v", at, got, lost)
				}
				if lost {
					gaps++
				}
				got = append(got, at)
			})
		}
		if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			rt.Fatalf("given on: %v", got)
		}
		for i := range n - reorderWait - 10 { // the last ones may wait still
			if slices.Contains(got, i) == lost[i] {
				rt.Fatalf("packet %d was lost: %v; given on: %v", i, lost[i], got)
			}
		}
	})
}

// A packet that was sent again much too late disturbs nobody; a sender that begins
// anew, with whatever numbers and clock, is followed, and mixed up packets of it are
// put in order as before.
func TestAStrayPacketAndANewBeginning(t *testing.T) {
	t.Parallel()
	packet := func(seq uint16, at uint32) *rtp.Packet {
		return &rtp.Packet{Header: rtp.Header{SequenceNumber: seq, Timestamp: at}}
	}
	for _, base := range []struct {
		seq  uint16
		time uint32
	}{{30000, 5_000_000}, {30000, 1000}, {100, 0xfffffff0}} {
		o := reorder{wait: waitVideo}
		var got []uint16
		losses := 0
		push := func(p *rtp.Packet) {
			o.push(p, func(p *rtp.Packet, lost bool) {
				if got = append(got, p.SequenceNumber); lost {
					losses++
				}
			})
		}
		for i := range uint16(1000) {
			push(packet(1000+i, 4_000_000+uint32(i)*3000))
			if i == 900 {
				push(packet(1100, 4_300_000)) // 800 packets late
				push(packet(9, 0))            // and one from nowhere
			}
		}
		if len(got) != 1000 || losses != 0 {
			t.Fatalf("%d packets and %d losses of a stream with strays", len(got), losses)
		}
		got = nil
		for _, i := range []uint16{0, 1, 3, 2, 4, 6, 5, 7} {
			push(packet(base.seq+i, base.time+uint32(i)*3000))
		}
		var want []uint16
		for i := range uint16(8) {
			want = append(want, base.seq+i)
		}
		if !slices.Equal(got, want) || losses != 1 {
			t.Errorf("begun anew at %d and %d: %v with %d losses", base.seq, base.time, got, losses)
		}
	}
}

// unit is a NAL unit of some kind.
func unit(kind byte, body []byte) []byte { return append([]byte{0x60 | kind}, body...) }

// packed puts units into payloads in one of the ways of RFC 6184.
func packed(t *rapid.T, units [][]byte) (out [][]byte) {
	for len(units) > 0 {
		u := units[0]
		switch rapid.IntRange(0, 2).Draw(t, "how") {
		case 0:
			out, units = append(out, u), units[1:]
		case 1: // several at once
			n := rapid.IntRange(1, len(units)).Draw(t, "together")
			b := []byte{nalSTAPA}
			for _, u := range units[:n] {
				b = append(binary.BigEndian.AppendUint16(b, uint16(len(u))), u...)
			}
			out, units = append(out, b), units[n:]
		case 2: // in pieces
			units = units[1:]
			rest, mark := u[1:], byte(0x80)
			if len(rest) < 2 {
				out = append(out, u)
				continue
			}
			for len(rest) > 0 {
				n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
				if mark == 0x80 && n == len(rest) {
					n-- // a first piece is not a last one
				}
				if n == len(rest) {
					mark |= 0x40
				}
				out = append(out, append([]byte{u[0]&0xe0 | nalFUA, mark | u[0]&0x1f}, rest[:n]...))
				rest, mark = rest[n:], 0
			}
		}
	}
	return out
}

func body(t *rapid.T) []byte { return rapid.SliceOfN(rapid.Byte(), 3, 30).Draw(t, "body") }

// prefixed writes units as they go into a sample.
func prefixed(units ...[]byte) (out []byte) {
	for _, u := range units {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(u))), u...)
	}
	return out
}

// However pictures are packed, they come out as they were made: the parameter sets
// before each key frame, and nothing before the first.
func TestPicturesComeOutAsTheyWereMade(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := newH264()
		var want, got [][]byte
		sps, pps := unit(nalSPS, body(rt)), unit(nalPPS, body(rt))
		started := false
		for n := range rapid.IntRange(1, 6).Draw(rt, "pictures") {
			key := rapid.Bool().Draw(rt, "key")
			var units, kept [][]byte
			if key {
				units = append(units, unit(nalAUD, body(rt)), sps, pps)
			}
			for range rapid.IntRange(1, 3).Draw(rt, "slices") {
				kind := byte(1)
				if key {
					kind = nalIDR
				}
				kept = append(kept, unit(kind, body(rt)))
			}
			units = append(units, kept...)
			if started = started || key; started {
				if key {
					kept = append([][]byte{sps, pps}, kept...)
				}
				want = append(want, prefixed(kept...))
			}
			list := packed(rt, units)
			marked := rapid.Bool().Draw(rt, "marked") || n == 5
			for i, b := range list {
				p := &rtp.Packet{Payload: b, Header: rtp.Header{
					Timestamp: uint32(n) * 3000, Marker: marked && i == len(list)-1,
				}}
				h.push(p, false, func(p picture) { got = append(got, bytes.Clone(p.data)) })
			}
		}
		h.finish(func(p picture) { got = append(got, bytes.Clone(p.data)) })
		if !slices.EqualFunc(got, want, bytes.Equal) {
			rt.Fatalf("got\n%x, want\n%x", got, want)
		}
	})
}

// Whatever a sender sends, a picture that comes out is of whole units.
func TestNoPictureIsTorn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := newH264()
		whole := func(p picture) {
			for b := p.data; len(b) > 0; {
				if len(b) < 5 {
					rt.Fatalf("%d bytes are left of %x", len(b), p.data)
				}
				n := int(binary.BigEndian.Uint32(b))
				if n == 0 || n > len(b)-4 {
					rt.Fatalf("a unit of %d bytes in %x", n, p.data)
				}
				b = b[4+n:]
			}
		}
		push := func(b []byte, lost, marker bool) {
			h.push(&rtp.Packet{Payload: b, Header: rtp.Header{Marker: marker, Timestamp: 1}}, lost, whole)
		}
		push(unit(nalSPS, []byte{1, 2, 3}), false, false)
		push(unit(nalPPS, []byte{1}), false, false)
		for range rapid.IntRange(1, 20).Draw(rt, "packets") {
			b := rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(rt, "payload")
			if len(b) > 1 && rapid.Bool().Draw(rt, "plausible") {
				b[0] = rapid.SampledFrom([]byte{1, nalIDR, nalSTAPA, nalFUA}).Draw(rt, "kind")
				b[1] = b[1]&0xe0 | nalIDR
			}
			push(b, rapid.IntRange(0, 9).Draw(rt, "lost") == 0, rapid.IntRange(0, 3).Draw(rt, "marker") == 0)
		}
	})
}

// Fragments that something else comes between are no picture.
func TestFragmentsFollowOneAnother(t *testing.T) {
	t.Parallel()
	start, end := []byte{nalFUA, 0x80 | nalIDR, 1, 2}, []byte{nalFUA, 0x40 | nalIDR, 3, 4}
	for what, c := range map[string]struct {
		packets [][]byte
		want    int
	}{
		"as they are":           {[][]byte{start, end}, 1},
		"a unit between":        {[][]byte{start, unit(1, []byte{9, 9}), end}, 0},
		"several between":       {[][]byte{start, {nalSTAPA, 0, 2, 0x61, 9}, end}, 0},
		"begun twice":           {[][]byte{start, start, end}, 0},
		"an end alone":          {[][]byte{end}, 0},
		"a beginning alone":     {[][]byte{start}, 0},
		"padding between":       {[][]byte{start, {}, end}, 1},
		"a torn piece between":  {[][]byte{start, {nalFUA, 0}, end}, 0},
		"an unknown kind":       {[][]byte{{30, 1, 2}}, 0},
		"several of no length":  {[][]byte{{nalSTAPA, 0, 0, 0}}, 0},
		"several that are torn": {[][]byte{{nalSTAPA, 0, 9, 0x65, 1}}, 0},
	} {
		h := newH264()
		pictures := 0
		all := append([][]byte{unit(nalSPS, []byte{1, 2, 3}), unit(nalPPS, []byte{1})}, c.packets...)
		for i, b := range all {
			p := &rtp.Packet{Payload: b, Header: rtp.Header{Marker: i == len(all)-1}}
			h.push(p, false, func(picture) { pictures++ })
		}
		if pictures != c.want || (c.want == 0) != h.waiting {
			t.Errorf("%s: %d pictures, waiting for a key frame: %v", what, pictures, h.waiting)
		}
	}
}
