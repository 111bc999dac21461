package stagetest

import (
	"testing"

	"pgregory.net/rapid"
)

// walks are enough for one run: each goes over a database, and every run goes other
// ways.
const walks = 10

// Walk is rapid.Check for walks over a database.
func Walk(t *testing.T, walk func(rt *rapid.T)) {
	t.Helper()
	done, failing := 0, false
	rapid.Check(t, func(rt *rapid.T) {
		if done >= walks && !failing {
			return
		}
		failing = true // until it is through; what fails is walked again
		walk(rt)
		done, failing = done+1, false
	})
}
