#!/usr/bin/env bash
# Go (seen with 1.26.8), net/http: an answer that lies in many pieces (net.Buffers), given to a ResponseWriter by io.Copy,
# goes out piece by piece. io.Copy asks the source first, and net.Buffers writes itself all at once only to connections
# of package net, which a ResponseWriter is not: there it is one Write for each piece. The same list given to the
# ResponseWriter's ReadFrom reaches the connection's own ReadFrom whole; but the head of the answer is written by itself
# before it, however short it is.
#
# A guess from what both packages say of vectored writes and of ReadFrom: io.Copy is that one system call.
# For a live mall: a part of a stream is some forty frames. By io.Copy it is a dozen system calls for each viewer and
# part, by ReadFrom two; hawker calls ReadFrom, and keeps the head back to make it one (internal/platform/conns).
set -euo pipefail
command -v go >/dev/null || { echo "needs go"; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >go.mod <<'MOD'
module pieces
go 1.26
MOD
cat >main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
)

// counted is a connection that counts what it is asked to write.
type counted struct {
	net.Conn
	writes, lists *atomic.Int64
}

func (c counted) Write(p []byte) (int, error) { c.writes.Add(1); return c.Conn.Write(p) }

func (c counted) ReadFrom(r io.Reader) (int64, error) {
	list, ok := r.(*net.Buffers)
	if !ok {
		return io.Copy(struct{ io.Writer }{c}, r)
	}
	c.lists.Add(1)
	return list.WriteTo(c.Conn)
}

type listener struct {
	net.Listener
	writes, lists *atomic.Int64
}

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return counted{c, l.writes, l.lists}, err
}

// ask answers one request with 40 pieces of 3,000 bytes and counts.
func ask(send func(w http.ResponseWriter, list *net.Buffers)) (writes, lists int64) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	var w, l atomic.Int64
	server := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Length", "120000")
		rw.Header().Set("Content-Type", "video/iso.segment")
		list := make(net.Buffers, 40)
		for i := range list {
			list[i] = []byte(strings.Repeat("x", 3000))
		}
		send(rw, &list)
	})}
	go func() { _ = server.Serve(listener{ln, &w, &l}) }()
	res, err := http.Get("http://" + ln.Addr().String())
	if err != nil {
		panic(err)
	}
	if n, err := io.Copy(io.Discard, res.Body); n != 120000 || err != nil {
		panic(fmt.Sprint(n, err))
	}
	_ = server.Close()
	return w.Load(), l.Load()
}

func main() {
	copied, whole := ask(func(w http.ResponseWriter, list *net.Buffers) { _, _ = io.Copy(w, list) })
	fmt.Printf("%s: io.Copy:  %d writes, %d lists\n", runtime.Version(), copied, whole)
	read, lists := ask(func(w http.ResponseWriter, list *net.Buffers) { _, _ = w.(io.ReaderFrom).ReadFrom(list) })
	fmt.Printf("%s: ReadFrom: %d writes, %d lists\n", runtime.Version(), read, lists)
	if copied < 20 || whole != 0 || read != 1 || lists != 1 {
		os.Exit(1)
	}
}
GO
GOFLAGS=-mod=mod CGO_ENABLED=0 go run . || { echo "this has changed"; exit 1; }
