package stream

import "sync"

// notices calls functions one after another on a goroutine of its own, so that
// who is told something never holds up who tells it.
type notices struct {
	mu     sync.Mutex
	cond   *sync.Cond
	queue  []func()
	closed bool
}

func newNotices() *notices {
	n := &notices{}
	n.cond = sync.NewCond(&n.mu)
	return n
}

func (n *notices) add(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.queue = append(n.queue, f)
	n.cond.Signal()
}

// close lets run return once the queue is empty.
func (n *notices) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	n.cond.Signal()
}

func (n *notices) run() {
	for {
		n.mu.Lock()
		for len(n.queue) == 0 && !n.closed {
			n.cond.Wait()
		}
		if len(n.queue) == 0 {
			n.mu.Unlock()
			return
		}
		f := n.queue[0]
		n.queue = n.queue[1:]
		n.mu.Unlock()
		f()
	}
}
