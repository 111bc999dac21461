//go:build unix

package conns

import (
	"math"
	"syscall"
)

// OpenFilesMax is how many files this process may open; 0 if that cannot be told.
func OpenFilesMax() int {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0
	}
	return int(min(l.Cur, math.MaxInt32))
}
