package trace

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	otel "go.opentelemetry.io/otel/trace"

	"hawker/internal/base/fault"
	"hawker/internal/base/span"
)

// active is a step that is recorded.
type active struct {
	traces *Traces
	span   otel.Span
}

func (a *active) Begin(s span.Step) span.Recorder {
	if s.Parent != "" {
		return a.traces.Begin(s)
	}
	return a.traces.begin(a.span.SpanContext(), s)
}

func (a *active) Recorded() bool         { return true }
func (a *active) Parent() string         { return written(a.span.SpanContext()) }
func (a *active) Rename(name string)     { a.span.SetName(name) }
func (a *active) Set(attrs ...slog.Attr) { a.span.SetAttributes(attributes(attrs)...) }

// End notes what kind of error it was. A refusal that a user is told of is no failure of ours.
func (a *active) End(err error) {
	if err != nil {
		a.span.SetAttributes(attribute.String("error.type", typeOf(err)))
		if fault.As(err) == nil && !errors.Is(err, context.Canceled) {
			a.span.SetStatus(codes.Error, "")
		}
	}
	a.span.End()
}

// typeOf names an error without its text: a refusal's code, or the Go type of what went wrong first.
func typeOf(err error) string {
	if f := fault.As(err); f != nil {
		return f.Code
	}
	for next := err; next != nil; next = errors.Unwrap(next) {
		err = next
	}
	return fmt.Sprintf("%T", err)
}

// quiet is a step of a trace that is not recorded, which others are told.
type quiet struct {
	traces *Traces
	at     otel.SpanContext
}

func (q quiet) Begin(s span.Step) span.Recorder {
	if s.Parent != "" {
		return q.traces.Begin(s)
	}
	return q
}

func (quiet) Recorded() bool   { return false }
func (q quiet) Parent() string { return written(q.at) }
func (quiet) Rename(string)    {}
func (quiet) Set(...slog.Attr) {}
func (quiet) End(error)        {}

func kind(k span.Kind) otel.SpanKind {
	switch k {
	case span.Server:
		return otel.SpanKindServer
	case span.Client:
		return otel.SpanKindClient
	case span.Producer:
		return otel.SpanKindProducer
	case span.Consumer:
		return otel.SpanKindConsumer
	case span.Internal:
	}
	return otel.SpanKindInternal
}

func attributes(attrs []slog.Attr) []attribute.KeyValue {
	out := make([]attribute.KeyValue, len(attrs))
	for i, a := range attrs {
		switch a.Value.Kind() {
		case slog.KindInt64:
			out[i] = attribute.Int64(a.Key, a.Value.Int64())
		case slog.KindBool:
			out[i] = attribute.Bool(a.Key, a.Value.Bool())
		default:
			out[i] = attribute.String(a.Key, a.Value.String())
		}
	}
	return out
}

// ids gives a trace the id by which it was drawn.
type ids struct{}

type drawnKey struct{}

// NewIDs implements sdk.IDGenerator.
func (ids) NewIDs(ctx context.Context) (trace otel.TraceID, first otel.SpanID) {
	trace, ok := ctx.Value(drawnKey{}).(otel.TraceID)
	if !ok {
		trace = newTraceID()
	}
	return trace, newSpanID()
}

// NewSpanID implements sdk.IDGenerator.
func (ids) NewSpanID(context.Context, otel.TraceID) otel.SpanID { return newSpanID() }

func newTraceID() (id otel.TraceID) {
	_, _ = rand.Read(id[:]) // never fails
	return id
}

func newSpanID() (id otel.SpanID) {
	_, _ = rand.Read(id[:])
	return id
}
