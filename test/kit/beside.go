package kit

import (
	"slices"
	"testing"
	"time"
)

// Beside is another process on the same database and data folder, with addresses of
// its own. It is not started: Boot does that.
func (m *Mall) Beside(t testing.TB) *Mall {
	t.Helper()
	ports := freePorts(t, 2)
	other := &Mall{t: t, Dir: m.Dir, URL: "http://" + ports[0], RTMP: ports[1], name: "beside"}
	other.env = append(slices.Clone(m.env), "HAWKER_HTTP="+ports[0], "HAWKER_RTMP="+ports[1])
	t.Cleanup(func() {
		other.Stop()
		if t.Failed() {
			t.Logf("the log of the program beside:\n%s", other.Log())
		}
	})
	return other
}

// Refused starts the program and wants it to end by itself; it answers what it said.
func (m *Mall) Refused() string {
	m.t.Helper()
	m.launch()
	select {
	case err := <-m.done:
		if m.cmd = nil; err == nil {
			m.t.Error("the program ended as if all were well")
		}
	case <-time.After(startWithin):
		m.t.Fatal("the program runs")
	}
	return m.Log()
}
