//go:build timing

package whip

// timing says that figures are looked at: go test -tags timing, on a quiet machine.
const timing = true
