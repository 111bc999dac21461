package rtmp

import "sync/atomic"

// Limits on the bytes that messages hold which are not whole yet.
const (
	openBytesMax   = 16 << 20 // of one connection that publishes
	openBytesFirst = 64 << 10 // of one that nobody has let in: commands are small
	heldMaxDefault = 256 << 20
	heldShare      = 4 // of what all may hold, one address may hold a part of this many
)

// tally counts bytes that several connections hold together: those of one address, or all.
type tally struct {
	held atomic.Int64
	most int64
}

// take is false if there would be more than may be.
func (t *tally) take(n int) bool {
	if t.held.Add(int64(n)) <= t.most {
		return true
	}
	t.held.Add(-int64(n))
	return false
}

func (t *tally) give(n int) { t.held.Add(-int64(n)) }

// hold asks for n more bytes, for this connection and on each of its tallies. What counts is
// the memory that is held, not the bytes of messages in it: a message that was aborted
// or overtaken has none of these and may have much of that.
func (c *chunkReader) hold(n int) error {
	if c.held+n > c.most {
		return protocolError("more than %d bytes of unfinished messages", c.most)
	}
	for i, t := range c.tallies {
		if t.take(n) {
			continue
		}
		for _, before := range c.tallies[:i] {
			before.give(n)
		}
		return protocolError("more than %d bytes of unfinished messages of many connections", t.most)
	}
	c.held += n
	return nil
}

func (c *chunkReader) free(n int) {
	c.held -= n
	for _, t := range c.tallies {
		t.give(n)
	}
}

// release gives up all that the connection held, at its end.
func (c *chunkReader) release() {
	c.free(c.held)
	clear(c.streams)
	c.last = nil
}
