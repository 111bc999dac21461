package trace

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"

	"hawker/internal/base/clock"
)

const (
	queueMax   = 8192 // steps that wait, about 1 KB each
	batchMax   = 512
	gather     = time.Second // what ends within it is sent together
	sendWithin = 10 * time.Second
	triesMax   = 3
	retryFirst = time.Second
)

// queue stands between those who are traced and the collector. It is an sdk.SpanProcessor.
type queue struct {
	exporter sdk.SpanExporter
	clock    clock.Clock
	log      *slog.Logger

	ended            chan sdk.ReadOnlySpan
	dropped, refused atomic.Int64

	quit, done chan struct{}
	quitting   sync.Once
	sending    context.Context //nolint:containedctx // ends when Shutdown may wait no longer
	cut        context.CancelFunc
	away       bool // the loop's own
}

func newQueue(exporter sdk.SpanExporter, c clock.Clock, log *slog.Logger) *queue {
	q := &queue{
		exporter: exporter, clock: c, log: log, ended: make(chan sdk.ReadOnlySpan, queueMax),
		quit: make(chan struct{}), done: make(chan struct{}),
	}
	q.sending, q.cut = context.WithCancel(context.Background())
	go q.loop()
	return q
}

// OnStart implements sdk.SpanProcessor.
func (*queue) OnStart(context.Context, sdk.ReadWriteSpan) {}

// OnEnd implements sdk.SpanProcessor; it never waits.
func (q *queue) OnEnd(s sdk.ReadOnlySpan) {
	select {
	case q.ended <- s:
	default:
		q.dropped.Add(1)
	}
}

// ForceFlush implements sdk.SpanProcessor; what waits is sent soon by itself.
func (*queue) ForceFlush(context.Context) error { return nil }

// Shutdown implements sdk.SpanProcessor: what is left is sent until ctx ends.
func (q *queue) Shutdown(ctx context.Context) error {
	defer context.AfterFunc(ctx, q.cut)()
	q.quitting.Do(func() { close(q.quit) })
	<-q.done
	q.cut()
	return q.exporter.Shutdown(ctx)
}

func (q *queue) loop() {
	defer close(q.done)
	for {
		select {
		case first := <-q.ended:
			q.pause(gather)
			q.send(q.batch(first))
		case <-q.quit:
			for len(q.ended) > 0 {
				q.send(q.batch(<-q.ended))
			}
			return
		}
	}
}

func (q *queue) batch(first sdk.ReadOnlySpan) []sdk.ReadOnlySpan {
	out := []sdk.ReadOnlySpan{first}
	for len(out) < batchMax && len(q.ended) > 0 {
		out = append(out, <-q.ended)
	}
	return out
}

// pause reports whether there is time for it.
func (q *queue) pause(d time.Duration) bool {
	if len(q.ended) >= batchMax && d == gather {
		return true
	}
	timer := q.clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C():
		return true
	case <-q.quit:
		return false
	}
}

// send hands a batch over, or gives it up after some tries.
func (q *queue) send(batch []sdk.ReadOnlySpan) {
	for try := 0; ; try++ {
		err := q.export(batch)
		if err != nil != q.away {
			q.away = err != nil
			q.log.Warn("collector of traces", "away", q.away, "error", err)
		}
		if err == nil {
			return
		}
		if try+1 == triesMax || !q.pause(retryFirst<<try) {
			q.refused.Add(int64(len(batch)))
			return
		}
	}
}

func (q *queue) export(batch []sdk.ReadOnlySpan) error {
	ctx, cancel := context.WithTimeout(q.sending, sendWithin)
	defer cancel()
	return q.exporter.ExportSpans(ctx, batch)
}
