package demo

import (
	"sync/atomic"
	"time"

	"hawker/internal/base/clock"
)

// Clock is the machine's and can be put back: an order that is placed, sent, received and free to be withdrawn took
// weeks.
type Clock struct {
	clock.Real
	back atomic.Int64
}

// Now implements clock.Clock.
func (c *Clock) Now() time.Time { return c.Real.Now().Add(-time.Duration(c.back.Load())) }

// PutBack has the clock be so much behind the machine's.
func (c *Clock) PutBack(d time.Duration) { c.back.Store(int64(d)) }

// Pass lets time pass.
func (c *Clock) Pass(d time.Duration) { c.back.Add(-int64(d)) }
