package rtmp

import (
	"errors"
	"net"
	"os"
	"time"
)

const (
	gatherLeast = 1 << 10 // bytes: more than a frame of sound
	gatherMost  = 64 << 10
	gatherFor   = 40 * time.Millisecond
)

// inbound is what a peer sends, counted.
//
// A publisher's reader is woken seldom, where the system can: being woken for each packet
// of the network costs more than reading it. It waits for the rest of the message that is
// under way, or for more than a frame of sound, but no longer than gatherFor; so a picture
// is there at once, and sound comes with it.
type inbound struct {
	conn    net.Conn
	n       uint32    // bytes so far; wraps, as the protocol's counter does
	missing int       // bytes of the message under way that have not been read
	until   time.Time // then the peer counts as idle
	gather  *gather   // nil: woken for whatever comes
}

func (b *inbound) Read(p []byte) (n int, err error) {
	if b.gather == nil {
		n, err = b.conn.Read(p)
		b.n += uint32(n)
		return n, err
	}
	for {
		now := time.Now()
		if !now.Before(b.until) {
			return 0, os.ErrDeadlineExceeded
		}
		_ = b.conn.SetReadDeadline(now.Add(gatherFor)) // fails on a closed connection, as the read will
		n, err = b.gather.read(p, min(max(b.missing, gatherLeast), gatherMost))
		b.n += uint32(n)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
}

// publishes says whether what comes is media.
func (b *inbound) publishes(yes bool) {
	switch {
	case yes && b.gather == nil:
		b.gather = newGather(b.conn)
	case !yes && b.gather != nil:
		b.gather.end()
		b.gather = nil
		_ = b.conn.SetReadDeadline(b.until) // as above
	}
}
