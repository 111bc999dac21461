package whip

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"
)

// FuzzCandidate names anything as the address of a peer, in an offer and in what is trickled: none is kept that is
// inside, a name or by TCP, and no more than there may be.
func FuzzCandidate(f *testing.F) {
	for _, seed := range []string{
		"candidate:1 1 udp 2130706431 203.0.113.7 5000 typ host",
		"candidate:1 1 UDP 2130706431 2001:db8::7 5000 typ srflx raddr 0.0.0.0 rport 0",
		"candidate:1 1 tcp 1 203.0.113.7 9 typ host tcptype active", "candidate:1 1 udp 1 x.local 5000 typ host",
		"candidate:1 1 udp 1 ::ffff:10.0.0.1 5000 typ host", "candidate:1 1 udp 1 fe80::1%eth0 5000 typ host",
		"candidate:1 1 udp 1 64:ff9b::a00:1 1 typ host", "candidate:1 1 udp 1 100.64.0.1 1 typ host",
		"candidate:1 1 udp 1 224.0.0.1 1 typ host", "candidate:1 1 udp 1 0.0.0.0 1 typ host", "candidate:", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := &candidates{inner: netip.MustParseAddr("192.0.2.1")}
		kept, err := c.take(text)
		value := strings.TrimPrefix(text, candidatePrefix)
		list := c.filter([]sdp.Attribute{{Key: "candidate", Value: value}, {Key: "mid", Value: text}})
		if err != nil && kept || !kept && c.n > 1 || len(list) == 0 || len(list) > 2 {
			t.Fatalf("%q is kept: %v, %v, as %v", text, kept, err, list)
		}
		for range candidatesMax + 1 {
			_, err = c.take(text)
		}
		if c.n > candidatesMax || kept && err == nil {
			t.Errorf("%q is kept %d times", text, c.n)
		}
		if !kept {
			return
		}
		fields := strings.Fields(value)
		at, err := netip.ParseAddr(fields[fieldAddress])
		if at = at.Unmap(); err != nil || at.IsPrivate() || !at.IsGlobalUnicast() || !strings.EqualFold(fields[2],
			"udp") {
			t.Errorf("%q is kept", text)
		}
	})
}
