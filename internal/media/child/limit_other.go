//go:build !linux

package child

import "syscall"

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// limit has no way here to bound a process that is not ours.
func limit(int, Limits) error { return nil }
