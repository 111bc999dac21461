package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

const (
	megabyte   = 1 << 20
	gcLook     = 2 * time.Second
	gcSpare    = 4 * megabyte // that may lie about between two collections
	gcShare    = 32           // and this part of what is in use
	gcMin      = 8
	gcMax      = 100
	gcStepMin  = 5 // percent points: a smaller change is not worth stopping the world
	liveMetric = "/gc/heap/live:bytes"
)

// gcPercent is how much garbage to let pile up beside what is in use. The windows
// of live streams are large buffers that are quick to look through: a share of
// their size, as Go has it, would hold tens of megabytes for nothing, while a
// small heap is better left alone.
func gcPercent(live uint64) int {
	if live == 0 {
		return gcMax
	}
	spare := gcSpare + live/gcShare
	return int(min(max(spare*100/live, gcMin), gcMax))
}

// tunedGC has the collector tuned until the function that it gives is called, unless
// whoever runs the program has chosen by GOGC.
func tunedGC(ctx context.Context) (stop func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { tuneGC(ctx) })
	return func() { cancel(); wg.Wait() }
}

// tuneGC keeps the collector at gcPercent until ctx ends.
func tuneGC(ctx context.Context) {
	sample := []metrics.Sample{{Name: liveMetric}}
	tick := time.NewTicker(gcLook)
	defer tick.Stop()
	now := gcMax
	debug.SetGCPercent(now)
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		metrics.Read(sample)
		if sample[0].Value.Kind() != metrics.KindUint64 {
			return // a Go that no longer measures it
		}
		want := gcPercent(sample[0].Value.Uint64())
		if want-now >= gcStepMin || now-want >= gcStepMin {
			now = want
			debug.SetGCPercent(now)
		}
	}
}
