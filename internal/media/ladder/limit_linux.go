package ladder

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// niceness lets ingest, packaging and the shop go first.
const niceness = 10

func procAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// limit bounds a child that has just been started. Its CPU time is not bounded, a
// show may last for hours: it makes way for everything else instead, and one that
// falls behind is ended.
func limit(pid int) error {
	var errs []error
	add := func(err error) {
		if !errors.Is(err, unix.ESRCH) { // it has ended already
			errs = append(errs, err)
		}
	}
	add(unix.Setpriority(unix.PRIO_PGRP, pid, niceness))
	for what, n := range map[int]uint64{
		unix.RLIMIT_AS: addressMax, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_NOFILE: filesOpenMax, unix.RLIMIT_CORE: 0,
	} {
		add(unix.Prlimit(pid, what, &unix.Rlimit{Cur: n, Max: n}, nil))
	}
	return errors.Join(errs...)
}
