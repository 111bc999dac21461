// Package telemetry is how the program speaks to its operator: structured logs
// and Prometheus metrics.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"hawker/internal/base/span"
)

// NewLog makes the log of the program.
func NewLog(w io.Writer, level, format string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log.level: %w", err)
	}
	o := &slog.HandlerOptions{Level: l}
	switch format {
	case "json":
		return slog.New(traced{slog.NewJSONHandler(w, o)}), nil
	case "text":
		return slog.New(traced{slog.NewTextHandler(w, o)}), nil
	}
	return nil, fmt.Errorf("log.format %q is neither text nor json", format)
}

// traced writes beside what is told the trace in which it happened.
type traced struct{ slog.Handler }

// Handle implements slog.Handler.
func (t traced) Handle(ctx context.Context, r slog.Record) error {
	if id := span.Trace(ctx); id != "" {
		r.AddAttrs(slog.String("trace_id", id))
	}
	return t.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (t traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{t.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (t traced) WithGroup(name string) slog.Handler { return traced{t.Handler.WithGroup(name)} }

// Metrics is what /metrics shows.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	gauges   map[string]func() float64 // filled before anything is served
}

// NewMetrics makes an empty set with the process's own figures.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), gauges: map[string]func() float64{},
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hawker_http_request_seconds", Help: "Requests by operation and status class.",
			Buckets: []float64{.001, .003, .01, .03, .1, .3, 1, 3, 10},
		}, []string{"operation", "status"}),
	}
	m.registry.MustRegister(m.requests, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// ObserveRequest counts a request.
func (m *Metrics) ObserveRequest(operation string, status int, seconds float64) {
	m.requests.WithLabelValues(operation, statusClass(status)).Observe(seconds)
}

func statusClass(status int) string {
	if status < 100 || status > 599 {
		return "2xx" // nothing was written: a hijacked or empty answer
	}
	return string(rune('0'+status/100)) + "xx"
}

// Gauge adds a figure that is read when asked for.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
	m.gauges[name] = read
}

// Value reads one figure now; false: nobody measures it.
func (m *Metrics) Value(name string) (float64, bool) {
	read := m.gauges[name]
	if read == nil {
		return 0, false
	}
	return read(), true
}

// Row is one figure of one thing, by its label.
type Row struct {
	Figure int // index into the figures that Table was given
	Label  string
	Value  float64
}

// Figure names a column of a table of figures.
type Figure struct{ Name, Help string }

// table is figures of things that come and go; they are read when asked for.
type table struct {
	figures []*prometheus.Desc
	read    func() []Row
}

// Table adds figures of things that come and go, such as the streams on air.
func (m *Metrics) Table(label string, figures []Figure, read func() []Row) {
	t := table{read: read}
	for _, f := range figures {
		t.figures = append(t.figures, prometheus.NewDesc(f.Name, f.Help, []string{label}, nil))
	}
	m.registry.MustRegister(t)
}

// Describe implements prometheus.Collector.
func (t table) Describe(out chan<- *prometheus.Desc) {
	for _, d := range t.figures {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (t table) Collect(out chan<- prometheus.Metric) {
	for _, r := range t.read() {
		out <- prometheus.MustNewConstMetric(t.figures[r.Figure], prometheus.GaugeValue, r.Value, r.Label)
	}
}

// Handler serves the figures.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// How long who asks for figures may take over asking, and over reading them.
const (
	askWithin  = 10 * time.Second
	readWithin = 2 * time.Minute
)

// Serve shows the figures at an address of their own until ctx ends.
func (m *Metrics) Serve(ctx context.Context, ln net.Listener, noise *log.Logger) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler())
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: askWithin, ReadTimeout: askWithin, WriteTimeout: readWithin, ErrorLog: noise,
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
