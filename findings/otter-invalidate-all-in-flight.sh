#!/usr/bin/env bash
# otter 2.4.0 (github.com/maypok86/otter/v2), a cache for Go with loading: what is forgotten while it is being loaded.
# Invalidate(key) during a load has the load done again, so Get answers what is true after the call; InvalidateAll() during the
# same load does not: the old answer is given out, and it is kept, until it expires.
#
# A guess from the two names: InvalidateAll is Invalidate of every key.
# For a mall: "forget all sessions", "forget all prices" after a change of the whole would leave one stale answer for each key that
# somebody was just asking for. Hawker forgets by key only (internal/platform/cache has no way to forget everything).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >go.mod <<'GO'
module finding
go 1.26
GO
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"

	"github.com/maypok86/otter/v2"
)

// during loads a key, changes what is true and forgets while the load waits.
func during(forget func(c *otter.Cache[string, int64])) (answered, kept, loads int64) {
	c := otter.Must(&otter.Options[string, int64]{MaximumSize: 10})
	var truth, n atomic.Int64
	truth.Store(1)
	reached, goOn := make(chan struct{}), make(chan struct{})
	load := otter.LoaderFunc[string, int64](func(context.Context, string) (int64, error) {
		v := truth.Load()
		if n.Add(1) == 1 {
			close(reached)
			<-goOn
		}
		return v, nil
	})
	done := make(chan int64)
	go func() {
		v, err := c.Get(context.Background(), "price", load)
		if err != nil {
			panic(err)
		}
		done <- v
	}()
	<-reached
	truth.Store(2)
	forget(c)
	close(goOn)
	answered = <-done
	kept, _ = c.Get(context.Background(), "price", load)
	return answered, kept, n.Load()
}

func main() {
	one, oneKept, oneLoads := during(func(c *otter.Cache[string, int64]) { c.Invalidate("price") })
	all, allKept, allLoads := during(func(c *otter.Cache[string, int64]) { c.InvalidateAll() })
	fmt.Printf("Invalidate(key) during a load: answered %d, then %d, loaded %d times\n", one, oneKept, oneLoads)
	fmt.Printf("InvalidateAll() during a load: answered %d, then %d, loaded %d times\n", all, allKept, allLoads)
	if oneKept != 2 || all != 1 || allKept != 1 {
		fmt.Println("this has changed")
		os.Exit(1)
	}
}
GO
go get github.com/maypok86/otter/v2@v2.4.0 >/dev/null 2>&1
go mod tidy >/dev/null 2>&1
go run .
