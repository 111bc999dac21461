#!/usr/bin/env bash
# rueidis 1.0.79 (github.com/redis/rueidis) with Redis 7.0.15: a client-side cached read (DoCache) right after a write of the
# same key by the same client may give the value of before the write, although the write was answered. The
# invalidation comes by another connection than the write's answer, and nothing orders the two.
#
# A guess from "client side caching" of one client: what it has written itself, it reads. Nothing in the API tells a
# cached read to look behind the client's own writes; only a plain Do does.
# For a mall: a limit, a price or a session that a node has just changed is read by that node as it was.
# Hawker reads what nodes share with Do each time (docs/adr/0039-redis.md).
# Needs redis-server. Seen: some hundreds of 2,000 reads are old on two cores; any at all is the finding.
set -euo pipefail
dir=$(mktemp -d)
pid=""
trap '[ -n "$pid" ] && kill "$pid" 2>/dev/null; rm -rf "$dir"' EXIT
cd "$dir"
redis-server --unixsocket "$dir/s" --port 0 --save "" --appendonly no --dir "$dir" >"$dir/log" 2>&1 &
pid=$!
for _ in $(seq 100); do [ -S "$dir/s" ] && break; sleep 0.1; done
cat >go.mod <<'GO'
module finding
go 1.26
GO
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

func main() {
	socket := os.Args[1]
	c, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{"unix"},
		DialCtxFn: func(ctx context.Context, _ string, d *net.Dialer, _ *tls) (net.Conn, error) {
			return d.DialContext(ctx, "unix", socket)
		},
	})
	if err != nil {
		panic(err)
	}
	defer c.Close()
	ctx := context.Background()
	const reads = 2000
	cached, plain := 0, 0
	for i := range reads {
		want := strconv.Itoa(i)
		if err := c.Do(ctx, c.B().Set().Key("k").Value(want).Build()).Error(); err != nil {
			panic(err)
		}
		got, err := c.DoCache(ctx, c.B().Get().Key("k").Cache(), time.Minute).ToString()
		if err != nil {
			panic(err)
		}
		if got != want {
			cached++
		}
		if got, err = c.Do(ctx, c.B().Get().Key("k").Build()).ToString(); err != nil || got != want {
			plain++
		}
	}
	fmt.Printf("of %d reads after an own write: old by DoCache some: %v, old by Do: %d\n", reads, cached > 0, plain)
	fmt.Fprintf(os.Stderr, "(old by DoCache this time: %d)\n", cached)
	if cached == 0 || plain != 0 {
		fmt.Println("CHANGED")
		os.Exit(1)
	}
	fmt.Println("as found: a cached read may be older than one's own write")
}
GO
sed -i 's/_ \*tls)/_ *tls.Config)/; s#^	"context"$#	"context"\n	"crypto/tls"#' main.go
go get github.com/redis/rueidis@v1.0.79 >/dev/null 2>&1
go mod tidy >/dev/null 2>&1
go run . "$dir/s"
