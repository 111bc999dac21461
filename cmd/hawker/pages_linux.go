package main

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// dropFilePages gives back the pages of the program's own file that only its start has touched: tables, templates, what
// was hashed of the web apps. They are clean and never written, so the next use reads them again, from the system's
// cache as a rule; a program that runs cannot be overwritten (ETXTBSY).
func dropFilePages() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(maps)) {
		if from, to, ok := fileRange(line, self); ok {
			if _, _, no := syscall.Syscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_DONTNEED); no != 0 {
				err = errors.Join(err, no)
			}
		}
	}
	return err
}

// fileRange reads a line of /proc/PID/maps (proc_pid_maps(5)): where a part of the file lies that is not writable.
func fileRange(line, file string) (from, to uintptr, ok bool) {
	f := strings.Fields(line)
	if len(f) != 6 || f[5] != file || !strings.HasPrefix(f[1], "r-") || f[1][3] != 'p' {
		return 0, 0, false
	}
	low, high, _ := strings.Cut(f[0], "-")
	a, err := strconv.ParseUint(low, 16, 64)
	b, failed := strconv.ParseUint(high, 16, 64)
	return uintptr(a), uintptr(b), errors.Join(err, failed) == nil && a < b
}
