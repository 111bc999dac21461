package clock_test

import (
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/clock"
)

var start = time.Date(2026, 11, 22, 20, 0, 0, 123_456_789, time.FixedZone("Beijing", 8*3600))

// modelled is a timer and what a naive clock says of it.
type modelled struct {
	timer clock.Timer
	due   time.Time
	state string // waits, fired, stopped
}

func fired(timer clock.Timer) bool {
	select {
	case <-timer.C():
		return true
	default:
		return false
	}
}

// Timers of a clock that tests move fire once, when their time has come and not
// before, whatever the order in which they are made, stopped and waited for.
func TestTimersFireOnceWhenTheyAreDue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := clock.NewManual(start)
		var all []*modelled
		rt.Repeat(map[string]func(*rapid.T){
			"make": func(rt *rapid.T) {
				d := time.Duration(rapid.IntRange(-2, 20).Draw(rt, "wait")) * time.Second
				m := &modelled{timer: c.NewTimer(d), due: c.Now().Add(d), state: "waits"}
				if d <= 0 {
					m.state = "fired"
				}
				all = append(all, m)
			},
			"advance": func(rt *rapid.T) {
				c.Advance(time.Duration(rapid.IntRange(0, 10).Draw(rt, "step")) * time.Second)
				for _, m := range all {
					if m.state == "waits" && !m.due.After(c.Now()) {
						m.state = "fired"
					}
				}
			},
			"stop": func(rt *rapid.T) {
				if len(all) == 0 {
					rt.Skip("none")
				}
				m := rapid.SampledFrom(all).Draw(rt, "timer")
				if got, want := m.timer.Stop(), m.state == "waits"; got != want {
					rt.Fatalf("one that %s was stopped: %v", m.state, got)
				}
				if m.state == "waits" {
					m.state = "stopped"
				}
			},
			"": func(rt *rapid.T) {
				for _, m := range all {
					if m.state != "fired" && fired(m.timer) {
						rt.Fatalf("one that %s has fired", m.state)
					}
				}
			},
		})
		for _, m := range all {
			if m.state == "fired" && (!fired(m.timer) || fired(m.timer)) {
				rt.Fatal("one that was due did not fire once")
			}
		}
	})
}

// What the clock says is what the database and the API keep: UTC, milliseconds.
func TestTimesAreWhatTheDatabaseKeeps(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]clock.Clock{"manual": clock.NewManual(start), "real": clock.Real{}} {
		now := c.Now()
		if now.Location() != time.UTC || now.Nanosecond()%int(time.Millisecond) != 0 {
			t.Errorf("%s says %s", what, now.Format(time.RFC3339Nano))
		}
		if back := time.UnixMilli(now.UnixMilli()).UTC(); !back.Equal(now) {
			t.Errorf("%s: %s comes back as %s", what, now, back)
		}
	}
	if got := clock.NewManual(start).Now(); got.Hour() != 12 {
		t.Errorf("it is %s, want noon in UTC", got)
	}
}

// A real timer fires and can be stopped, as one of the tests'.
func TestRealTimers(t *testing.T) {
	t.Parallel()
	<-clock.Real{}.NewTimer(0).C()
	long := clock.Real{}.NewTimer(time.Hour)
	if !long.Stop() || fired(long) {
		t.Error("a stopped timer has fired")
	}
}

// Many wait and stop while the clock moves; nobody waits for ever and nothing is
// written twice.
func TestManyWaitAtOnce(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(start)
	const waiters = 50
	var ready, done sync.WaitGroup
	for n := range waiters {
		ready.Add(1)
		done.Go(func() {
			timer := c.NewTimer(time.Duration(n+1) * time.Millisecond)
			ready.Done()
			if n%5 == 0 && timer.Stop() {
				return
			}
			<-timer.C()
		})
	}
	ready.Wait()
	for range waiters {
		c.Advance(time.Millisecond)
	}
	done.Wait()
}
