package whip

import (
	"net/netip"
	"strings"
	"sync"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// candidatesMax bounds the addresses to which one session makes us send, of its offer
// and what it trickles together.
const candidatesMax = 16

// candidates keeps what a session has named. A caller names any address, and we send to
// each: so only such count as may be one of its own. Whoever is in our own network is
// found without: by the packets that it sends to us.
type candidates struct {
	inner netip.Addr // where we listen; an address of that kind may be named

	mu sync.Mutex
	n  int
}

func (s *Server) newCandidates() *candidates {
	c := &candidates{}
	if s.udpAddr == nil {
		return c
	}
	if at, err := netip.ParseAddrPort(s.udpAddr.String()); err == nil {
		c.inner = at.Addr().Unmap()
	}
	return c
}

// A candidate is (RFC 8839, 5.1): foundation component transport priority address port
// "typ" type, and more in pairs.
const (
	candidatePrefix = "candidate:"
	candidateFields = 8
	fieldTransport  = 2
	fieldAddress    = 4
)

// read gives the address of a candidate and whether it is one that we might call: a
// peer by TCP that does not listen calls us, and is none.
func readCandidate(text string) (addr netip.Addr, callable, ok bool) {
	f := strings.Fields(strings.TrimPrefix(text, candidatePrefix))
	if len(f) < candidateFields {
		return addr, false, false
	}
	addr, err := netip.ParseAddr(f[fieldAddress])
	if err != nil { // a name, as browsers hide their addresses: it is not looked up
		return addr, false, true
	}
	return addr.Unmap().WithZone(""), strings.EqualFold(f[fieldTransport], "udp"), true
}

// take decides about a candidate: kept or not. Too many are errTooLarge, what is none
// errOffer.
func (c *candidates) take(text string) (kept bool, err error) {
	addr, callable, ok := readCandidate(text)
	if !ok {
		return false, errOffer
	}
	if !callable || !c.may(addr) {
		return false, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n >= candidatesMax {
		return false, errTooLarge
	}
	c.n++
	return true, nil
}

func (c *candidates) may(a netip.Addr) bool {
	switch {
	case a.IsLoopback():
		return c.inner.IsLoopback()
	case a.IsPrivate():
		return c.inner.IsPrivate()
	}
	return a.IsGlobalUnicast() && !carrier().Contains(a) && !translated().Contains(a)
}

// carrier is what stands behind a carrier's NAT (RFC 6598), and translated is IPv4
// written as IPv6 for a translator (RFC 6052), private or not.
func carrier() netip.Prefix    { return netip.MustParsePrefix("100.64.0.0/10") }
func translated() netip.Prefix { return netip.MustParsePrefix("64:ff9b::/16") }

// filter takes out of an offer's attributes what is not kept; too many and what is no
// candidate go without a word: those that are kept may do.
func (c *candidates) filter(list []sdp.Attribute) (out []sdp.Attribute) {
	for _, a := range list {
		if a.Key == "candidate" {
			if kept, err := c.take(candidatePrefix + a.Value); err != nil || !kept {
				continue
			}
		}
		out = append(out, a)
	}
	return out
}

// trickle adds the candidates of a fragment (RFC 8840).
func (c *candidates) trickle(pc *webrtc.PeerConnection, ufrag, fragment string) error {
	for line := range strings.Lines(fragment) {
		line = strings.TrimSpace(line)
		if u, ok := strings.CutPrefix(line, "a=ice-ufrag:"); ok && u != ufrag {
			return errRestart
		}
		text, ok := strings.CutPrefix(line, "a=")
		if !ok || !strings.HasPrefix(text, candidatePrefix) {
			continue
		}
		kept, err := c.take(text)
		if err == nil && kept {
			err = pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: text})
		}
		if err != nil {
			return refusedCandidate(err)
		}
	}
	return nil
}
