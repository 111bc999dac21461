//go:build unix

package main

import "syscall"

// private keeps what this process makes its user's alone, also in a folder that others
// may look into: rows, films and shows are no one's on the same machine.
func private() { syscall.Umask(0o077) }
