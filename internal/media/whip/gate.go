package whip

import "time"

const (
	soundWithin = 2 * time.Second // a microphone gives something
	childWithin = 6 * time.Second // the child gives something of what the microphone gave
	soundBehind = 200             // ms that the sound may be behind once it runs
)

// gate holds a session's first pictures back until its sound, which goes through
// a child that has to start, has caught up with them. A show whose sound came
// second would begin with a change of its tracks, which players, recordings and
// clips would all have to get over. Not safe for concurrent use.
type gate struct {
	open   bool
	coming bool // sound has been sent
	since  time.Time
	held   []heldPicture
}

type heldPicture struct {
	at    uint32 // ms
	write func()
}

// picture writes a picture, now or when the sound is there.
func (g *gate) picture(now time.Time, at uint32, write func()) {
	if g.open {
		write()
		return
	}
	if len(g.held) == 0 && g.since.IsZero() {
		g.since = now
	}
	g.held = append(g.held, heldPicture{at, write})
	within := soundWithin
	if g.coming {
		within = childWithin
	}
	if now.Sub(g.since) > within {
		g.release()
	}
}

// sound tells that the sound has been written up to a time.
func (g *gate) sound(at uint32) {
	for len(g.held) > 0 && g.held[0].at <= at+soundBehind {
		g.held[0].write()
		g.held = g.held[1:]
	}
	if len(g.held) == 0 && !g.since.IsZero() {
		g.release()
	}
}

func (g *gate) release() {
	g.open = true
	for _, p := range g.held {
		p.write()
	}
	g.held = nil
}
