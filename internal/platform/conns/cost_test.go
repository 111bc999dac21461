package conns_test

import (
	"io"
	"log/slog"
	"net"
	"testing"

	"hawker/internal/platform/conns"
)

func BenchmarkWrite(b *testing.B) {
	for _, wrapped := range []bool{false, true} {
		b.Run(map[bool]string{false: "plain", true: "limited"}[wrapped], func(b *testing.B) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer ln.Close()
			if wrapped {
				ln = conns.Limit(ln, conns.Limits{}, slog.New(slog.DiscardHandler))
			}
			there, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer there.Close()
			go func() { _, _ = io.Copy(io.Discard, there) }()
			here, err := ln.Accept()
			if err != nil {
				b.Fatal(err)
			}
			defer here.Close()
			p := make([]byte, 4096)
			for b.Loop() {
				if _, err := here.Write(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
