package clock

import (
	"sync/atomic"
	"time"
)

// Following is a clock that goes as another one does and shows the time of somebody else:
// nodes of one mall follow their database, so that one whose machine is half a minute ahead
// takes no lease for lapsed that another holds.
type Following struct {
	Clock
	ahead atomic.Int64
}

// NewFollowing shows the time of c until it is told of another.
func NewFollowing(c Clock) *Following { return &Following{Clock: c} }

// Now implements Clock.
func (f *Following) Now() time.Time {
	return f.Clock.Now().Add(f.Ahead()).Truncate(time.Millisecond)
}

// Ahead is how far the time that is shown is ahead of the clock's own.
func (f *Following) Ahead() time.Duration { return time.Duration(f.ahead.Load()) }

// Follow has it show a time that is so far ahead of the clock's own, or behind it.
func (f *Following) Follow(ahead time.Duration) { f.ahead.Store(int64(ahead)) }
