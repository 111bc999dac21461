package id

import (
	"fmt"
	"sync"
	"time"

	"hawker/internal/base/clock"
)

const (
	epochMillis  = 1_704_067_200_000 // 2024-01-01T00:00:00Z; 41 bits last until 2093
	nodeBits     = 10
	sequenceBits = 12
	sequenceMask = 1<<sequenceBits - 1

	// NodeMax is the highest node number.
	NodeMax = 1<<nodeBits - 1
)

// Generator hands out ids for one node. Two live generators must never share a
// node number; the database leases them.
type Generator struct {
	clock clock.Clock
	node  int64

	mu   sync.Mutex
	last int64 // milliseconds and sequence of the last id, without the node
}

// NewGenerator makes a generator for a leased node number.
func NewGenerator(c clock.Clock, node int) (*Generator, error) {
	if node < 0 || node > NodeMax {
		return nil, fmt.Errorf("node %d is not within 0..%d", node, NodeMax)
	}
	if now := c.Now(); now.UnixMilli() <= epochMillis {
		// By such a clock every start would begin with the same ids.
		return nil, fmt.Errorf("the clock of this machine says %s; ids need the time", now.Format(time.DateTime))
	}
	return &Generator{clock: c, node: int64(node)}, nil
}

// After has the next ids come after one that is there already: the clock by which that was made may have been ahead of
// what it says now.
func (g *Generator) After(last int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last = max(g.last, last>>(nodeBits+sequenceBits)<<sequenceBits|sequenceMask)
}

// NextID implements Source. Ids never repeat and never go back, even when the
// clock does or when more than 4,096 are asked for in a millisecond: the
// sequence then runs ahead of the clock.
func (g *Generator) NextID() int64 {
	at := (g.clock.Now().UnixMilli() - epochMillis) << sequenceBits
	g.mu.Lock()
	defer g.mu.Unlock()
	if at <= g.last {
		at = g.last + 1
	}
	g.last = at
	return at>>sequenceBits<<(nodeBits+sequenceBits) | g.node<<sequenceBits | at&sequenceMask
}

// FirstAt is the lowest number of an id that is made at a time.
func FirstAt(t time.Time) int64 { return (t.UnixMilli() - epochMillis) << (nodeBits + sequenceBits) }
