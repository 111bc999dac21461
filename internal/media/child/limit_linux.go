package child

import (
	"errors"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// limit bounds a child that has just been started: its dynamic linker is still
// at work, it has not opened its input yet.
func limit(pid int, l Limits) error {
	var errs []error
	add := func(err error) {
		if !errors.Is(err, unix.ESRCH) { // it has ended already
			errs = append(errs, err)
		}
	}
	bounds := map[int]uint64{
		unix.RLIMIT_AS: l.Address, unix.RLIMIT_NOFILE: l.Files, unix.RLIMIT_FSIZE: l.FileSize, unix.RLIMIT_CORE: 0,
	}
	if l.CPU > 0 {
		bounds[unix.RLIMIT_CPU] = uint64(l.CPU / time.Second)
	}
	for what, n := range bounds {
		add(unix.Prlimit(pid, what, &unix.Rlimit{Cur: n, Max: n}, nil))
	}
	if l.Nice != 0 {
		add(unix.Setpriority(unix.PRIO_PGRP, pid, l.Nice))
	}
	return errors.Join(errs...)
}
