//go:build !timing

package whip

// timing is off: tests must pass on any machine, however slow.
const timing = false
