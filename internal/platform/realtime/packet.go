package realtime

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"
)

// Limits of a packet.
const (
	packetDelay = 80 * time.Millisecond
	packetSize  = 64
)

// packets gathers what is said in busy channels: two thousand viewers at fifty
// messages a second are a hundred thousand deliveries, and each costs a system
// call unless several share it. What breaks a silence goes out at once.
type packets struct {
	send func(channel string, packet []byte) error
	fail func(channel string, err error)

	mu     sync.Mutex // guards the map alone: nobody sends under it
	open   map[string]*packet
	closed bool
}

// packet is what waits in one channel. Its lock is held while sending, so that
// packets keep their order; other channels are not held up.
type packet struct {
	mu    sync.Mutex
	items []json.RawMessage
	timer *time.Timer
	gone  bool // no more in the map: whoever still holds it looks again
}

func newPackets(send func(string, []byte) error, fail func(string, error)) *packets {
	return &packets{send: send, fail: fail, open: map[string]*packet{}}
}

// add sends v at once if the channel was silent, else with what is said in the
// same moment.
func (p *packets) add(channel string, v json.RawMessage) error {
	for {
		k := p.of(channel)
		if k == nil {
			return nil // everybody has been told goodbye
		}
		k.mu.Lock() // in the order in which they came
		if k.gone {
			k.mu.Unlock()
			continue
		}
		defer k.mu.Unlock()
		k.items = append(k.items, v)
		first := k.timer == nil
		if first {
			k.timer = time.AfterFunc(packetDelay, func() { p.flush(channel, k) })
		}
		if first || len(k.items) >= packetSize {
			return p.out(channel, k)
		}
		return nil
	}
}

// push sends what waits in a channel at once.
func (p *packets) push(channel string) error {
	p.mu.Lock()
	k := p.open[channel]
	p.mu.Unlock()
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gone || len(k.items) == 0 {
		return nil
	}
	return p.out(channel, k)
}

// of is the channel's packet, a new one where there is none; nil after close.
func (p *packets) of(channel string) *packet {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	k := p.open[channel]
	if k == nil {
		k = &packet{}
		p.open[channel] = k
	}
	return k
}

// out sends what waits; k is locked.
func (p *packets) out(channel string, k *packet) error {
	raw := append([]byte{'['}, bytes.Join(rawBytes(k.items), []byte{','})...)
	k.items = k.items[:0]
	return p.send(channel, append(raw, ']'))
}

func rawBytes(items []json.RawMessage) [][]byte {
	out := make([][]byte, len(items))
	for i, r := range items {
		out[i] = r
	}
	return out
}

// flush sends what gathered, and forgets a channel in which nothing did.
func (p *packets) flush(channel string, k *packet) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gone {
		return
	}
	if len(k.items) == 0 {
		k.gone = true
		p.mu.Lock()
		delete(p.open, channel)
		p.mu.Unlock()
		return
	}
	k.timer.Reset(packetDelay)
	if err := p.out(channel, k); err != nil {
		p.fail(channel, err)
	}
}

// close drops what waits: everybody is told goodbye.
func (p *packets) close() {
	p.mu.Lock()
	waiting := p.open
	p.open, p.closed = map[string]*packet{}, true
	p.mu.Unlock()
	for _, k := range waiting {
		k.mu.Lock()
		k.gone = true
		if k.timer != nil {
			k.timer.Stop()
		}
		k.mu.Unlock()
	}
}
