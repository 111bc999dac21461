package main

import "testing"

func TestGCPercent(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{
		0: 100, 1 * megabyte: 100, 4 * megabyte: 100, 16 * megabyte: 28,
		64 * megabyte: 9, 70 * megabyte: 8, 1000 * megabyte: 8,
	} {
		if got := gcPercent(live); got != want {
			t.Errorf("with %d MiB in use %d %%, want %d", live/megabyte, got, want)
		}
	}
}
