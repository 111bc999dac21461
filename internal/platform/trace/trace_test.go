package trace_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hawker/internal/base/clock"
	"hawker/internal/base/span"
	"hawker/internal/platform/config"
	"hawker/internal/platform/trace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, url string, sample float64, key string) *trace.Traces {
	t.Helper()
	traces, err := trace.Open(t.Context(), trace.Options{
		Telemetry: config.Telemetry{URL: url, Sample: sample, Service: "test"}, Key: key, Clock: clock.Real{},
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = traces.Close(ctx) // nobody may be there to take them
	})
	return traces
}

const away = "http://127.0.0.1:9" // nobody listens there

func TestWhoDecidesWhatIsRecorded(t *testing.T) {
	t.Parallel()
	all, none := open(t, away, 1, "k"), open(t, away, 0, "k")
	const id = "0af7651916cd43dd8448eb211c80319c"
	for _, c := range []struct {
		traces   *trace.Traces
		parent   string
		stranger bool
		recorded bool
		begins   string
	}{
		{all, "", true, true, "00-"},
		{none, "", true, false, "00-"},
		{all, "00-" + id + "-b7ad6b7169203331-00", true, true, "00-" + id},
		{all, "00-" + id + "-b7ad6b7169203331-00", false, false, "00-" + id},
		{none, "00-" + id + "-b7ad6b7169203331-01", true, false, "00-" + id},
		{none, "00-" + id + "-b7ad6b7169203331-01", false, true, "00-" + id},
		{none, "01-" + id + "-b7ad6b7169203331-01-more", false, true, "00-" + id}, // of a later version
		{none, "00-" + id + "-b7ad6b7169203331-01-more", false, false, "00-"},
		{none, "ff-" + id + "-b7ad6b7169203331-01", false, false, "00-"},
		{none, "00-" + strings.Repeat("0", 32) + "-b7ad6b7169203331-01", false, false, "00-"},
		{none, "00-" + id + "-0000000000000000-01", false, false, "00-"},
		{none, "00-" + strings.ToUpper(id) + "-b7ad6b7169203331-01", false, false, "00-"},
		{none, "00-" + id, false, false, "00-"},
		{none, strings.Repeat("-", 55), false, false, "00-"},
	} {
		ctx, s := span.Begin(span.With(t.Context(), c.traces.Recorder()), span.Step{
			Name: "a", Parent: c.parent, Stranger: c.stranger,
		})
		got := span.Parent(ctx)
		if s.Recorded() != c.recorded || !strings.HasPrefix(got, c.begins) || len(got) != 55 ||
			c.begins == "00-" && strings.Contains(got, id) {
			t.Errorf("%q of a stranger (%v): recorded %v as %s", c.parent, c.stranger, s.Recorded(), got)
		}
		below, _ := span.Start(ctx, span.Internal, "b")
		if span.Trace(below) != span.Trace(ctx) || span.Recorded(below) != c.recorded {
			t.Errorf("%q: the step below is of another trace or fate", c.parent)
		}
		s.End(errors.New("any"))
	}
}

// Nodes draw the same of a trace by their key; another key draws otherwise.
func TestADrawIsByTheKey(t *testing.T) {
	t.Parallel()
	a, b, other := open(t, away, 0.5, "k"), open(t, away, 0.5, "k"), open(t, away, 0.5, "l")
	draw := func(traces *trace.Traces, id string) bool {
		_, s := span.Begin(span.With(t.Context(), traces.Recorder()), span.Step{
			Name: "a", Parent: "00-" + id + "-b7ad6b7169203331-01", Stranger: true,
		})
		return s.Recorded()
	}
	recorded, differs := 0, 0
	for i := range 400 {
		id := strings.Repeat("0", 29) + string("0123456789abcdef"[i/256]) + string("0123456789abcdef"[i/16%16]) +
			string("0123456789abcdef"[i%16])
		if i == 0 {
			continue // no id
		}
		if draw(a, id) != draw(b, id) {
			t.Fatalf("two nodes differ about %s", id)
		}
		if draw(a, id) {
			recorded++
		}
		if draw(a, id) != draw(other, id) {
			differs++
		}
	}
	if recorded < 140 || recorded > 260 || differs < 140 || differs > 260 {
		t.Errorf("of 399 traces %d are recorded, and %d otherwise by another key", recorded, differs)
	}
}

// What the queue has no room for is counted, who is traced never waits, and a stop ends in time.
func TestACollectorThatHangs(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	hung := make(chan struct{})
	c := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		select {
		case <-r.Context().Done():
		case <-hung:
		}
	}))
	defer c.Close()
	defer close(hung)
	traces := open(t, c.URL, 1, "k")
	ctx := span.With(t.Context(), traces.Recorder())
	const steps = 20_000
	for range steps {
		_, s := span.Begin(ctx, span.Step{Name: "a"})
		s.End(nil)
	}
	if dropped, _ := traces.Lost(); dropped == 0 {
		t.Error("everything fits")
	}
	within, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_ = traces.Close(within) // it could not send
	dropped, refused := traces.Lost()
	if dropped+refused != steps {
		t.Errorf("%d dropped and %d refused of %d", dropped, refused, steps)
	}
}

// Where nothing is recorded there is nobody to record.
func TestNothingIsRecorded(t *testing.T) { //nolint:paralleltest // AllocsPerRun
	off, err := trace.Open(t.Context(), trace.Options{})
	if err != nil || off.Recorder() != nil || off.Close(t.Context()) != nil {
		t.Fatalf("%v, %v", off, err)
	}
	ctx := span.With(t.Context(), off.Recorder())
	if ctx != t.Context() || testing.AllocsPerRun(100, func() {
		_, s := span.Start(ctx, span.Internal, "a")
		s.End(nil)
	}) != 0 {
		t.Error("it costs something")
	}
}
