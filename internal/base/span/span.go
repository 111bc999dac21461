// Package span tells which step of some work took how long and below which other step it
// belongs, to whoever records that: platform/trace does, over OpenTelemetry, where an
// installation wants it. What is recorded goes with the context. Nobody records unless a
// context says so, and then a step costs a look into it.
//
// A step's name is one of few: an operation's, a table's, a consumer's. Neither it nor what is
// noted of the step holds anything of a person, a token or an argument of a statement.
package span

import (
	"context"
	"log/slog"
)

// Kind is a step's part in a conversation.
type Kind int

// Kinds, as OpenTelemetry has them.
const (
	Internal Kind = iota
	Server        // somebody asks us
	Client        // we ask somebody and wait
	Producer      // we leave something to be taken later
	Consumer      // we take what somebody left
)

// Step is what is known of a step when it begins.
type Step struct {
	Kind Kind
	Name string
	// Parent is a W3C traceparent that came with a request or lay in a row; "" is none.
	Parent string
	// Stranger is set when anybody may have written Parent: it names the trace, and whether
	// that is recorded is decided here.
	Stranger bool
	Attrs    []slog.Attr
}

// Recorder is a step under way, or what begins traces.
type Recorder interface {
	// Begin begins a step below Step.Parent, below this step, or one that has none above it.
	Begin(s Step) Recorder
	// Recorded reports whether steps below this one are: not below what begins traces.
	Recorded() bool
	// Parent is the step as a W3C traceparent, "" for what begins traces.
	Parent() string
	Rename(name string)
	Set(attrs ...slog.Attr)
	End(err error)
}

type key struct{}

// With has steps under ctx recorded below r; nil leaves ctx as it is.
func With(ctx context.Context, r Recorder) context.Context {
	if r == nil {
		return ctx
	}
	return context.WithValue(ctx, key{}, r)
}

func of(ctx context.Context) Recorder {
	r, _ := ctx.Value(key{}).(Recorder)
	return r
}

// Recorded reports whether a step that starts under ctx is recorded.
func Recorded(ctx context.Context) bool {
	r := of(ctx)
	return r != nil && r.Recorded()
}

// Parent is the step of ctx as a W3C traceparent, which goes with what is left for later; ""
// where there is none.
func Parent(ctx context.Context) string {
	if r := of(ctx); r != nil {
		return r.Parent()
	}
	return ""
}

// Trace is the id of the trace to which ctx belongs, 32 hexadecimal digits, whether or not this one
// is recorded: who asks learns nothing of that; "" where none ever is.
func Trace(ctx context.Context) string {
	const version, id = len("00-"), 32
	if parent := Parent(ctx); parent != "" {
		return parent[version : version+id]
	}
	return ""
}

// Span is a step that has begun. The zero one is nobody's to know: its methods do nothing.
type Span struct{ r Recorder }

// Start begins a step below the one of ctx, if that is recorded.
func Start(ctx context.Context, kind Kind, name string) (context.Context, Span) {
	r := of(ctx)
	if r == nil || !r.Recorded() {
		return ctx, Span{}
	}
	return begin(ctx, r, Step{Kind: kind, Name: name})
}

// Begin begins a step that stands at the top of what this process does of a trace: s.Parent
// says where it belongs.
func Begin(ctx context.Context, s Step) (context.Context, Span) {
	r := of(ctx)
	if r == nil {
		return ctx, Span{}
	}
	return begin(ctx, r, s)
}

func begin(ctx context.Context, r Recorder, s Step) (context.Context, Span) {
	r = r.Begin(s)
	return With(ctx, r), Span{r}
}

// Of is the step of ctx, for who knows more of it than who began it.
func Of(ctx context.Context) Span { return Span{of(ctx)} }

// Recorded reports whether anybody will read what is set.
func (s Span) Recorded() bool { return s.r != nil && s.r.Recorded() }

// Rename gives the step another name.
func (s Span) Rename(name string) {
	if s.r != nil {
		s.r.Rename(name)
	}
}

// Set notes something of the step.
func (s Span) Set(attrs ...slog.Attr) {
	if s.Recorded() {
		s.r.Set(attrs...)
	}
}

// End ends the step. Of an error its kind is noted and not its text, which may hold what
// somebody wrote.
func (s Span) End(err error) {
	if s.r != nil {
		s.r.End(err)
	}
}

// Failed is the error of a step that only says that it did not do what it is for.
type Failed string

func (f Failed) Error() string { return string(f) }
