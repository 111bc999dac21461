// Package trace sends what base/span is told to a collector, by OTLP over HTTP (OpenTelemetry
// protocol 1.x). Nobody who is traced waits for it: what has ended goes into a queue of a fixed
// length, and what does not fit there is counted and lost, as is what the collector would not
// take after some tries.
//
// Whether a trace is recorded is drawn once, by its id and a key that the nodes of a mall have in
// common, so that all of them draw the same. Who is not of the mall may name a trace, and
// neither have it recorded nor keep it from that: ids tell nobody how the draw ends.
package trace

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"os"
	"runtime/debug"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	otel "go.opentelemetry.io/otel/trace"

	"hawker/internal/base/clock"
	"hawker/internal/base/span"
	"hawker/internal/platform/config"
)

// Options say what is recorded and where it goes.
type Options struct {
	config.Telemetry

	Roles []string // of this node
	Key   string   // the draw's, which the nodes of a mall have in common
	Clock clock.Clock
	Log   *slog.Logger
}

// Traces records. It is a span.Recorder that begins traces.
type Traces struct {
	provider *sdk.TracerProvider
	tracer   otel.Tracer
	queue    *queue
	key      []byte
	below    uint64 // draws under it are recorded
}

// valueMax bounds what is noted of a step, in bytes.
const valueMax = 400

// Open begins to record; nil where nobody is to be told. Close it.
func Open(ctx context.Context, o Options) (*Traces, error) {
	if !o.On() {
		return nil, nil //nolint:nilnil // there is none
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(o.Endpoint()),
		otlptracehttp.WithCompression(otlptracehttp.GzipCompression), otlptracehttp.WithTimeout(sendWithin),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{})) // the queue tries again
	if err != nil {
		return nil, fmt.Errorf("telemetry.otlp_url: %w", err)
	}
	limits := sdk.NewSpanLimits()
	limits.AttributeValueLengthLimit = valueMax
	t := &Traces{queue: newQueue(exporter, o.Clock, o.Log), key: []byte(o.Key), below: share(o.Sample)}
	t.provider = sdk.NewTracerProvider(sdk.WithResource(o.resource()), sdk.WithSampler(sdk.AlwaysSample()),
		sdk.WithIDGenerator(ids{}), sdk.WithRawSpanLimits(limits), sdk.WithSpanProcessor(t.queue))
	t.tracer = t.provider.Tracer("hawker")
	return t, nil
}

// share is how much of what a draw may be is a ratio of it.
func share(ratio float64) uint64 {
	if ratio >= 1 {
		return math.MaxUint64
	}
	return uint64(ratio * math.MaxUint64)
}

// resource says who tells: resource attributes of the semantic conventions 1.37.
func (o Options) resource() *resource.Resource {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				version = s.Value
			}
		}
	}
	return resource.NewSchemaless(
		attribute.String("service.name", o.Service), attribute.String("service.version", version),
		attribute.String("service.instance.id", fmt.Sprintf("%s:%d", host, os.Getpid())),
		attribute.String("host.name", host), attribute.StringSlice("hawker.roles", o.Roles))
}

// Recorder begins traces; nil where nobody records.
func (t *Traces) Recorder() span.Recorder {
	if t == nil {
		return nil
	}
	return t
}

// Lost counts steps that did not fit into the queue, and that the collector would not take.
func (t *Traces) Lost() (dropped, refused int64) {
	if t == nil {
		return 0, 0
	}
	return t.queue.dropped.Load(), t.queue.refused.Load()
}

// Close sends what has ended, for as long as ctx lets it.
func (t *Traces) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// drawn decides about a trace.
func (t *Traces) drawn(id otel.TraceID) bool {
	m := hmac.New(sha256.New, t.key)
	m.Write(id[:])
	return binary.BigEndian.Uint64(m.Sum(nil)) <= t.below && t.below > 0
}

// Begin implements span.Recorder.
func (t *Traces) Begin(s span.Step) span.Recorder {
	at := parse(s.Parent)
	switch {
	case !at.IsValid():
		at = otel.NewSpanContext(otel.SpanContextConfig{TraceID: newTraceID()})
		fallthrough
	case s.Stranger:
		at = at.WithTraceFlags(otel.TraceFlags(0).WithSampled(t.drawn(at.TraceID())))
	}
	return t.begin(at, s)
}

// begin begins a step of a trace, below its step where at names one.
func (t *Traces) begin(at otel.SpanContext, s span.Step) span.Recorder {
	if !at.IsSampled() {
		if !at.HasSpanID() {
			at = at.WithSpanID(newSpanID())
		}
		return quiet{t, at}
	}
	ctx := context.Background()
	if at.HasSpanID() {
		ctx = otel.ContextWithSpanContext(ctx, at)
	} else {
		ctx = context.WithValue(ctx, drawnKey{}, at.TraceID())
	}
	_, made := t.tracer.Start(ctx, s.Name, otel.WithSpanKind(kind(s.Kind)), otel.WithAttributes(attributes(s.Attrs)...))
	return &active{t, made}
}

// Recorded implements span.Recorder.
func (t *Traces) Recorded() bool { return false }

// Parent implements span.Recorder.
func (t *Traces) Parent() string { return "" }

// Rename implements span.Recorder.
func (t *Traces) Rename(string) {}

// Set implements span.Recorder.
func (t *Traces) Set(...slog.Attr) {}

// End implements span.Recorder.
func (t *Traces) End(error) {}
