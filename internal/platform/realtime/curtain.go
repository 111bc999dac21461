package realtime

import (
	"errors"
	"sync"
)

// Curtain lets nobody new into a channel until it is lifted. Lifting it hands what waits
// to those who are there, and forgets what was said: who comes then, or comes back, gets
// none of it.
func (n *Node) Curtain(channel string) (lift func() error) {
	n.mu.Lock()
	n.drawn[channel]++
	n.mu.Unlock()
	return sync.OnceValue(func() error {
		err := errors.Join(n.packets.push(channel), n.node.RemoveHistory(channel))
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.drawn[channel]--; n.drawn[channel] <= 0 {
			delete(n.drawn, channel)
		}
		return err
	})
}

func (n *Node) behindCurtain(channel string) bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.drawn[channel] > 0
}
