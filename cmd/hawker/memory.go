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
	gcSpareMax = 32 * megabyte
	gcMin      = 8
	gcMax      = 100
	gcBusyMax  = 400
	startLooks = 2 // a start is over by then
	gcStepMin  = 5 // percent points: a smaller change is not worth stopping the world
	liveMetric = "/gc/heap/live:bytes"
	madeMetric = "/gc/heap/allocs:bytes"
)

// gcPercent is how much garbage to let pile up beside what is in use, when so many
// bytes a second are made. The windows of live streams are large buffers that are
// quick to look through: a share of their size, as Go has it, would hold tens of
// megabytes for nothing. But whoever answers thousands would be looking through all
// there is many times a second: once a second will do, within a limit.
func gcPercent(live, made uint64) int {
	if live == 0 {
		return gcMax
	}
	calm := min((gcSpare+live/gcShare)*100/live, gcMax)
	busy := min(min(made, gcSpareMax)*100/live, gcBusyMax)
	return int(max(calm, busy, gcMin))
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

// tuneGC keeps the collector at gcPercent until ctx ends. Once the start is over it gives back what only that touched.
func tuneGC(ctx context.Context) {
	sample := []metrics.Sample{{Name: liveMetric}, {Name: madeMetric}}
	var before uint64
	tick := time.NewTicker(gcLook)
	defer tick.Stop()
	now := gcMax
	debug.SetGCPercent(now)
	for look := 0; ; look++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if look == startLooks {
			_ = dropFilePages() // a system that forbids it keeps them
		}
		metrics.Read(sample)
		if sample[0].Value.Kind() != metrics.KindUint64 || sample[1].Value.Kind() != metrics.KindUint64 {
			return // a Go that no longer measures it
		}
		live, made := sample[0].Value.Uint64(), sample[1].Value.Uint64()
		want := gcPercent(live, (made-before)/uint64(gcLook/time.Second))
		before = made
		if want-now >= gcStepMin || now-want >= gcStepMin {
			now = want
			debug.SetGCPercent(now)
		}
	}
}
