//go:build !linux

package ffmpeg

import (
	"syscall"
	"time"
)

func procAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// limit has no way here to bound a process that is not ours; the guard set, the
// time limit and the watch for progress still hold.
func limit(int, time.Duration) error { return nil }
