package main

import "testing"

func TestGCPercent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		live, made uint64
		want       int
	}{
		{0, 0, 100},
		{1, 0, 100},
		{4, 0, 100},
		{16, 0, 28},
		{64, 0, 9},
		{70, 0, 8},
		{1000, 0, 8},
		{64, 6, 9},      // twenty streams come in
		{64, 16, 25},    // and are watched
		{20, 20, 100},   // a collection a second
		{20, 1000, 160}, // within what a machine has to spare
		{5, 1000, 400},
		{1000, 1000, 8},
	} {
		if got := gcPercent(c.live*megabyte, c.made*megabyte); got != c.want {
			t.Errorf("with %d MiB in use and %d made a second %d %%, want %d", c.live, c.made, got, c.want)
		}
	}
}
