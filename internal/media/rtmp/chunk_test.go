package rtmp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"testing/iotest"
)

// raw builds a byte stream chunk by chunk, with every freedom a sender has.
type raw struct{ bytes.Buffer }

func (r *raw) basic(format byte, id int) {
	switch {
	case id < 64:
		r.WriteByte(format<<6 | byte(id))
	case id < 320:
		r.Write([]byte{format << 6, byte(id - 64)})
	default:
		r.Write([]byte{format<<6 | 1, byte((id - 64) & 0xff), byte((id - 64) >> 8)})
	}
}

func (r *raw) u24(v uint32) { r.Write([]byte{byte(v >> 16), byte(v >> 8), byte(v)}) }
func (r *raw) u32(v uint32) { r.Write(binary.BigEndian.AppendUint32(nil, v)) }

// head writes a chunk header of format 0, 1 or 2 with a time or a delta.
func (r *raw) head(format byte, id int, ts uint32, size int, kind byte) {
	r.basic(format, id)
	r.u24(min(ts, 0xffffff))
	if format < 2 {
		r.u24(uint32(size))
		r.WriteByte(kind)
	}
	if format == 0 {
		r.Write([]byte{1, 0, 0, 0})
	}
	if ts >= 0xffffff {
		r.u32(ts)
	}
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

func readAll(t *testing.T, r io.Reader) ([]Message, error) {
	t.Helper()
	c := newChunkReader(r)
	var out []Message
	for {
		m, err := c.read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		m.Payload = bytes.Clone(m.Payload)
		out = append(out, m)
	}
}

func TestWriterToReader(t *testing.T) {
	for _, size := range []int{1, 2, 127, 128, 129, 4096, 65536, 1 << 20, chunkMax} {
		for _, ts := range []uint32{0, 1, 0xfffffe, 0xffffff, 0x1000000, 0xffffffff} {
			t.Run(fmt.Sprintf("chunk %d at %#x", size, ts), func(t *testing.T) {
				var b bytes.Buffer
				w := newChunkWriter(&b)
				if err := w.setSize(size); err != nil {
					t.Fatal(err)
				}
				var want []Message
				for i, n := range []int{0, 1, 128, 300, 5000} {
					m := Message{Type: typeVideo, StreamID: 1, Timestamp: ts + uint32(i), Payload: pattern(n)}
					want = append(want, m)
					if err := w.write(csVideo, m); err != nil {
						t.Fatal(err)
					}
				}
				if err := w.flush(); err != nil {
					t.Fatal(err)
				}
				// Bytes that come one at a time must make no difference.
				got, err := readAll(t, iotest.OneByteReader(&b))
				if err != nil {
					t.Fatal(err)
				}
				compare(t, got[1:], want)
			})
		}
	}
}

func compare(t *testing.T, got, want []Message) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d messages, want %d", len(got), len(want))
	}
	for i := range want {
		g, w := got[i], want[i]
		if g.Type != w.Type || g.Timestamp != w.Timestamp || !bytes.Equal(g.Payload, w.Payload) {
			t.Errorf("message %d: type %d at %d, %d bytes; want type %d at %d, %d bytes",
				i, g.Type, g.Timestamp, len(g.Payload), w.Type, w.Timestamp, len(w.Payload))
		}
	}
}

// The pitfall that drops publishers elsewhere: some senders repeat the extended
// timestamp on type 3 chunks, some do not.
func TestExtendedTimestampOnTypeThree(t *testing.T) {
	const ts = 0x01000000
	body := pattern(300)
	for name, repeat := range map[string]bool{"repeated": true, "left out": false} {
		t.Run(name, func(t *testing.T) {
			var r raw
			for range 3 {
				r.head(0, 6, ts, len(body), typeVideo)
				r.Write(body[:128])
				for _, part := range [][]byte{body[128:256], body[256:]} {
					r.basic(3, 6)
					if repeat {
						r.u32(ts)
					}
					r.Write(part)
				}
			}
			got, err := readAll(t, &r)
			if err != nil {
				t.Fatal(err)
			}
			m := Message{Type: typeVideo, Timestamp: ts, Payload: body}
			compare(t, got, []Message{m, m, m})
		})
	}
}

func TestDeltas(t *testing.T) {
	var r raw
	r.head(0, 4, 1000, 2, typeAudio)
	r.WriteString("ab")
	r.head(1, 4, 20, 3, typeAudio)
	r.WriteString("cde")
	r.head(2, 4, 23, 0, 0)
	r.WriteString("fgh")
	r.basic(3, 4) // the same delta again
	r.WriteString("ijk")
	r.head(1, 4, 0x1000000, 1, typeAudio) // an extended delta
	r.WriteString("l")
	r.basic(3, 4)
	r.u32(0x1000000)
	r.WriteString("m")
	got, err := readAll(t, &r)
	if err != nil {
		t.Fatal(err)
	}
	want := []Message{
		{Type: typeAudio, Timestamp: 1000, Payload: []byte("ab")},
		{Type: typeAudio, Timestamp: 1020, Payload: []byte("cde")},
		{Type: typeAudio, Timestamp: 1043, Payload: []byte("fgh")},
		{Type: typeAudio, Timestamp: 1066, Payload: []byte("ijk")},
		{Type: typeAudio, Timestamp: 1066 + 0x1000000, Payload: []byte("l")},
		{Type: typeAudio, Timestamp: 1066 + 0x2000000, Payload: []byte("m")},
	}
	compare(t, got, want)
}

// What librtmp and what ffmpeg write where others begin with format 0, or go on with format 3 after it.
func TestHeadersThatAreShortened(t *testing.T) {
	var r raw
	r.head(1, 4, 40, 2, typeAudio) // no message went before
	r.WriteString("ab")
	r.basic(3, 4)
	r.WriteString("cd")
	r.head(0, 5, 23, 2, typeAudio) // the second frame as late as the first
	r.WriteString("ef")
	r.basic(3, 5)
	r.WriteString("gh")
	r.basic(3, 5)
	r.WriteString("ij")
	r.head(0, 6, 3_600_000, 2, typeAudio) // an hour in: another of the same time
	r.WriteString("kl")
	r.basic(3, 6)
	r.WriteString("mn")
	got, err := readAll(t, &r)
	if err != nil {
		t.Fatal(err)
	}
	want := []Message{}
	for i, at := range []uint32{40, 80, 23, 46, 69, 3_600_000, 3_600_000} {
		want = append(want, Message{Type: typeAudio, Timestamp: at, Payload: []byte("abcdefghijklmn")[2*i : 2*i+2]})
	}
	compare(t, got, want)
}

func TestChunkStreamIDsAndInterleaving(t *testing.T) {
	ids := []int{2, 63, 64, 319, 320, 65599}
	var r raw
	bodies := map[int][]byte{}
	for i, id := range ids {
		bodies[id] = pattern(200 + i)
		r.head(0, id, uint32(i), len(bodies[id]), typeVideo)
		r.Write(bodies[id][:128])
	}
	for _, id := range ids {
		r.basic(3, id)
		r.Write(bodies[id][128:])
	}
	got, err := readAll(t, &r)
	if err != nil {
		t.Fatal(err)
	}
	var want []Message
	for i, id := range ids {
		want = append(want, Message{Type: typeVideo, Timestamp: uint32(i), Payload: bodies[id]})
	}
	compare(t, got, want)
}

func TestAbort(t *testing.T) {
	var r raw
	r.head(0, 6, 1, 200, typeVideo)
	r.Write(pattern(128))
	r.head(0, 2, 0, 4, typeAbort)
	r.u32(6)
	r.head(0, 6, 2, 3, typeVideo)
	r.WriteString("new")
	got, err := readAll(t, &r)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, got[1:], []Message{{Type: typeVideo, Timestamp: 2, Payload: []byte("new")}})
}

func TestHostileChunks(t *testing.T) {
	for name, build := range map[string]func(r *raw){
		"chunk size 0": func(r *raw) {
			r.head(0, 2, 0, 4, typeSetChunkSize)
			r.u32(0)
		},
		"chunk size message of 1 byte": func(r *raw) {
			r.head(0, 2, 0, 1, typeSetChunkSize)
			r.WriteByte(1)
		},
		"message over 10 MiB":  func(r *raw) { r.head(0, 6, 0, messageMax+1, typeVideo) },
		"begins with format 2": func(r *raw) { r.head(2, 6, 0, 0, 0) },
		"begins with format 3": func(r *raw) { r.basic(3, 6) },
		"too many chunk streams": func(r *raw) {
			for i := range chunkStreamsMax + 1 {
				r.head(0, 100+i, 0, 200, typeVideo)
				r.Write(pattern(128))
			}
		},
		"too much that is unfinished": func(r *raw) {
			r.head(0, 2, 0, 4, typeSetChunkSize)
			r.u32(4 << 20)
			for i := range 5 {
				r.head(0, 10+i, 0, 8<<20, typeVideo)
				r.Write(make([]byte, 4<<20))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var r raw
			build(&r)
			if _, err := readAll(t, &r); !errors.Is(err, ErrProtocol) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// A chunk size above 16 MiB cannot be true, and is harmless.
func TestChunkSizeIsCapped(t *testing.T) {
	var r raw
	r.head(0, 2, 0, 4, typeSetChunkSize)
	r.u32(0x7fffffff)
	r.head(0, 6, 5, 300, typeVideo)
	r.Write(pattern(300))
	got, err := readAll(t, &r)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, got[1:], []Message{{Type: typeVideo, Timestamp: 5, Payload: pattern(300)}})
}

// Memory follows the data that came, not the length that was claimed.
func TestClaimedLengthCostsNothing(t *testing.T) {
	var r raw
	r.head(0, 2, 0, 4, typeSetChunkSize)
	r.u32(1 << 24)
	r.head(0, 3, 0, messageMax, typeVideo)
	data := r.Bytes()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 20 {
		c := newChunkReader(bytes.NewReader(data))
		for {
			if _, err := c.read(); err != nil {
				break
			}
		}
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / 20; got > 512<<10 {
		t.Errorf("a claim of 10 MiB cost %d bytes", got)
	}
}

// Media is given away: each message is one allocation of its own size, however
// many chunks it came in.
func TestReadingAllocatesOnceAMessage(t *testing.T) {
	var b bytes.Buffer
	w := newChunkWriter(&b)
	for i := range 64 {
		if err := w.write(csVideo, Message{Type: typeVideo, Timestamp: uint32(i), Payload: pattern(2000)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.flush(); err != nil {
		t.Fatal(err)
	}
	src := bytes.NewReader(b.Bytes())
	c := newChunkReader(src)
	read := func() {
		src.Reset(b.Bytes())
		for range 64 {
			if _, err := c.read(); err != nil {
				t.Fatal(err)
			}
		}
	}
	read()
	if n := testing.AllocsPerRun(20, read); n > 64 {
		t.Errorf("%g allocations for 64 messages of 16 chunks", n)
	}
}

func FuzzChunkReader(f *testing.F) {
	var r raw
	r.head(0, 2, 0, 4, typeSetChunkSize)
	r.u32(4096)
	r.head(0, 6, 0x1000000, 300, typeVideo)
	r.Write(pattern(300))
	r.basic(3, 6)
	f.Add(r.Bytes())
	f.Add([]byte{0xc6, 1, 2, 3})
	f.Add([]byte{0x00, 0xff, 0x01, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		c := newChunkReader(bytes.NewReader(b))
		total := 0
		for {
			m, err := c.read()
			if err != nil {
				break
			}
			total += len(m.Payload)
		}
		if total > len(b) {
			t.Errorf("%d bytes of payload out of %d", total, len(b))
		}
		if c.held != counted(c) || c.held > openBytesMax {
			t.Errorf("%d bytes held", c.held)
		}
	})
}

// Random valid traffic, however it is cut, comes out as it went in.
func TestRandomTraffic(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		var b bytes.Buffer
		w := newChunkWriter(&b)
		var want []Message
		for range 40 {
			m := Message{Type: typeAudio, StreamID: 1, Timestamp: rnd.Uint32(), Payload: pattern(rnd.IntN(3000))}
			if err := w.write(byte(2+rnd.IntN(62)), m); err != nil {
				t.Fatal(err)
			}
			want = append(want, m)
		}
		if err := w.flush(); err != nil {
			t.Fatal(err)
		}
		got, err := readAll(t, iotest.HalfReader(&b))
		if err != nil {
			t.Fatal(err)
		}
		compare(t, got, want)
	}
}
