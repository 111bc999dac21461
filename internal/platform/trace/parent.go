package trace

import (
	"strings"

	otel "go.opentelemetry.io/otel/trace"
)

// Lengths of the fields of a traceparent, in letters.
const (
	versionLen = 2
	traceLen   = 32
	spanLen    = 16
	flagsLen   = 2
	parentLen  = versionLen + traceLen + spanLen + flagsLen + 3
)

// parse reads a W3C traceparent (Trace Context, level 1); the zero one of what is none. A later
// version may say more behind what is known.
func parse(text string) otel.SpanContext {
	if len(text) < parentLen || len(text) > parentLen && text[parentLen] != '-' {
		return otel.SpanContext{}
	}
	f := strings.SplitN(text[:parentLen], "-", 4)
	if len(f) != 4 || len(f[0]) != versionLen || len(f[1]) != traceLen || len(f[2]) != spanLen || f[0] == "ff" ||
		f[0] == "00" && len(text) > parentLen || strings.Trim(f[0]+f[3], "0123456789abcdef") != "" {
		return otel.SpanContext{}
	}
	trace, err := otel.TraceIDFromHex(f[1])
	if err != nil {
		return otel.SpanContext{}
	}
	above, err := otel.SpanIDFromHex(f[2])
	if err != nil {
		return otel.SpanContext{}
	}
	sampled := strings.ContainsRune("13579bdf", rune(f[3][1]))
	return otel.NewSpanContext(otel.SpanContextConfig{
		TraceID: trace, SpanID: above, TraceFlags: otel.TraceFlags(0).WithSampled(sampled), Remote: true,
	})
}

// written is a traceparent.
func written(c otel.SpanContext) string {
	return "00-" + c.TraceID().String() + "-" + c.SpanID().String() + "-" + c.TraceFlags().String()
}
