package main

import (
	"strings"
	"testing"
	"time"

	"hawker/internal/demo"
)

// The line says how far it is, and from the second step on how fast and how long.
func TestALineOfProgress(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	first := demo.Progress{What: "orders", Done: 1000, Of: 10_000}
	b := bar{began: start, first: first, last: first}
	if got := b.line(start); got != "orders  [###                           ] 1000 of 10000" {
		t.Errorf("%q", got)
	}
	b.last.Done = 4000
	if got := b.line(start.Add(3 * time.Second)); !strings.HasSuffix(got, "] 4000 of 10000, 1000/s, 6s left") {
		t.Errorf("%q", got)
	}
	b.last.Done = 10_000
	if got := b.line(start.Add(9 * time.Second)); !strings.HasSuffix(got, "##] 10000 of 10000, 1000/s, 0s left") {
		t.Errorf("%q", got)
	}
}
