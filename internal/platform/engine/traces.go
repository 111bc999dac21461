package engine

import (
	"context"
	"net/http"
	"time"

	"hawker/internal/base/span"
	"hawker/internal/platform/telemetry"
)

// Traces begins the traces of what this node does; nil where none is recorded.
func (s *Set) Traces() span.Recorder { return s.traces.Recorder() }

// Within has what is done under ctx traced, and lets the node leave without refusing anybody:
// what it gives ends node.drain after ctx.
func (s *Set) Within(ctx context.Context) context.Context {
	return s.leaving.Hold(span.With(ctx, s.Traces()), s.clock, s.drain)
}

// Leaving answers as next does, and asks callers to go elsewhere while the node leaves.
func (s *Set) Leaving(next http.Handler) http.Handler { return s.leaving.Handler(next) }

// Measure shows what became of traces.
func (s *Set) Measure(m *telemetry.Metrics) {
	m.Gauge("hawker_trace_steps_dropped", "Steps of traces for which the queue had no room, since the start.",
		func() float64 { dropped, _ := s.traces.Lost(); return float64(dropped) })
	m.Gauge("hawker_trace_steps_refused", "Steps of traces that the collector did not take, since the start.",
		func() float64 { _, refused := s.traces.Lost(); return float64(refused) })
}

// flushWithin bounds how long a stop waits for the collector.
const flushWithin = 3 * time.Second

// closeTraces sends what has ended. What a collector does not take is no failure of the mall's.
func (s *Set) closeTraces() {
	ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
	defer cancel()
	if err := s.traces.Close(ctx); err != nil {
		s.log.Warn("traces not sent before the end", "error", err)
	}
}
