package rtmp

import (
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// counted is what a reader's buffers hold, byte for byte.
func counted(c *chunkReader) (bytes int) {
	for _, cs := range c.streams {
		bytes += cap(cs.buf)
	}
	return bytes
}

// drain reads to the end or to a refusal, looks at what is held after each chunk, and gives the most.
func drain(t interface{ Errorf(string, ...any) }, c *chunkReader) (most int, err error) {
	for {
		m, whole, err := c.chunk()
		if got := counted(c); got != c.held || got > c.most {
			t.Errorf("%d bytes are held, %d are counted, %d may be", got, c.held, c.most)
		}
		most = max(most, c.held)
		if err == nil && whole {
			err = c.obey(&m)
		}
		if err != nil {
			return most, err
		}
	}
}

// Whatever of a message came counts until its memory is let go: aborted, overtaken by another
// or whole. Sixty of them one after the other cost what one does.
func TestWhatIsLeftOfAMessageIsNotKept(t *testing.T) {
	const part, size, ids = 1 << 20, 2 << 20, 60
	fill := make([]byte, part)
	for name, each := range map[string]func(r *raw, id int){
		"aborted": func(r *raw, id int) {
			r.head(0, id, 0, size, typeVideo)
			r.Write(fill)
			r.head(0, 2, 0, 4, typeAbort)
			r.u32(uint32(id))
		},
		"overtaken": func(r *raw, id int) {
			r.head(0, id, 0, size, typeVideo)
			r.Write(fill)
			r.head(0, id, 0, 1, typeVideo)
			r.WriteByte(1)
		},
		"overtaken by a longer one": func(r *raw, id int) {
			r.head(0, id, 0, size, typeData)
			r.Write(fill)
			r.head(1, id, 0, 5, typeData)
			r.WriteString("hello")
		},
		"whole, of commands":        func(r *raw, id int) { r.head(0, id, 0, part, typeCommand); r.Write(fill) },
		"whole, of an unknown type": func(r *raw, id int) { r.head(0, id, 0, part, 99); r.Write(fill) },
		"whole, of media":           func(r *raw, id int) { r.head(0, id, 0, part, typeVideo); r.Write(fill) },
	} {
		t.Run(name, func(t *testing.T) {
			var r raw
			r.head(0, 2, 0, 4, typeSetChunkSize)
			r.u32(part)
			for id := range ids {
				each(&r, 3+id)
			}
			c := newChunkReader(&r)
			most, err := drain(t, c)
			if !errors.Is(err, io.EOF) || most > 2*size {
				t.Errorf("up to %d bytes were held, then %v", most, err)
			}
			if c.held > chunkStreamsMax*keepBufferMax {
				t.Errorf("%d bytes are kept for nothing", c.held)
			}
		})
	}
}

// Chunks of any message in any order, cut anywhere: what is held is what is counted, no more than
// may be, and nothing of it remains on anybody's tally at the end.
func TestHeldUnderAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var r raw
		r.head(0, 2, 0, 4, typeSetChunkSize)
		r.u32(uint32(rapid.IntRange(1, 200_000).Draw(t, "chunk")))
		for range rapid.IntRange(1, 60).Draw(t, "chunks") {
			id := rapid.IntRange(3, 8).Draw(t, "id")
			if rapid.IntRange(0, 3).Draw(t, "abort") == 0 {
				r.head(0, 2, 0, 4, typeAbort)
				r.u32(uint32(id))
				continue
			}
			kind := rapid.SampledFrom([]uint8{typeVideo, typeCommand, typeAggregate, typeData}).Draw(t, "kind")
			r.head(byte(rapid.IntRange(0, 1).Draw(t, "format")), id, 0, rapid.IntRange(0, 400_000).Draw(t, "size"),
				kind)
			r.Write(make([]byte, rapid.IntRange(0, 200_000).Draw(t, "data")))
		}
		one, all := &tally{most: 700_000}, &tally{most: 600_000}
		c := newChunkReader(&r)
		c.most, c.tallies = 500_000, []*tally{one, all}
		_, _ = drain(t, c)
		if one.held.Load() != int64(c.held) || all.held.Load() != int64(c.held) {
			t.Errorf("held %d, on the tallies %d and %d", c.held, one.held.Load(), all.held.Load())
		}
		if c.release(); one.held.Load() != 0 || all.held.Load() != 0 || c.held != 0 || counted(c) != 0 {
			t.Errorf("at the end %d, %d, %d are left", c.held, one.held.Load(), all.held.Load())
		}
	})
}

// unfinished sends a whole chunk of a message that is longer.
func (k *talk) unfinished(chunkStream byte, n, length int) {
	b := []byte{chunkStream, 0, 0, 0, byte(length >> 16), byte(length >> 8), byte(length), typeVideo, 1, 0, 0, 0}
	b = append(b, make([]byte, n)...)
	_, _ = k.conn.Write(b) // the server may hang up meanwhile
}

// answered waits until the server has read all that was said.
func (k *talk) answered() {
	k.t.Helper()
	ping := Message{Type: typeUserControl, Payload: []byte{0, pingRequest, 0, 0, 0, 9}}
	if err := errors.Join(k.out.write(csControl, ping), k.out.flush()); err != nil {
		k.t.Fatal(err)
	}
	for {
		m, err := k.in.read()
		if err != nil {
			k.t.Fatal(err)
		}
		if m.Type == typeUserControl && m.Payload[1] == pingResponse {
			return
		}
	}
}

func (k *talk) sized(n int) {
	k.t.Helper()
	if err := errors.Join(k.out.setSize(n), k.out.flush()); err != nil {
		k.t.Fatal(err)
	}
}

// Nobody is let in yet: a command has room, a frame has not.
func TestAStrangerHoldsLittle(t *testing.T) {
	t.Parallel()
	k := newTalk(t, serve(t, &Server{Handler: newDesk()}))
	const command = openBytesFirst / 4
	k.sized(command)
	for id := range byte(3) {
		k.unfinished(6+id, command, command+1)
		k.answered()
	}
	k.unfinished(9, command, command+1)
	k.ends()
}

// The connections of one address share what it may hold: whoever asks for more is let go, and
// what those held who went is free again.
func TestConnectionsOfOneAddressShareTheMemory(t *testing.T) {
	t.Parallel()
	const share, frame = 640 << 10, 240 << 10 // and a step of growth each
	d := newDesk()
	addr := serve(t, &Server{Handler: d, HeldMax: heldShare * share})
	for turn := range 3 {
		first, second := newTalk(t, addr), newTalk(t, addr)
		for _, k := range []*talk{first, second} {
			k.publish()
			k.sized(frame)
			k.unfinished(6, frame, 2*frame)
			k.answered()
		}
		second.unfinished(7, frame, 2*frame)
		second.ends()
		first.answered()
		_ = first.conn.Close()
		settle(t, "both are gone", func() bool {
			d.mu.Lock()
			defer d.mu.Unlock()
			return strings.Count(strings.Join(d.log, ";"), "close room") == 2*(turn+1)
		})
	}
}
