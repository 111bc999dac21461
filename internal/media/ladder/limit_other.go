//go:build !linux

package ladder

import "syscall"

func procAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// limit does nothing where a running child cannot be bounded from outside.
func limit(int) error { return nil }
