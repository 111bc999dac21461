package whip

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

func procAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// limit bounds a child that has just been started. Its CPU time is not bounded:
// a show may last for hours; what it may use in a second is, by its input.
func limit(pid int) error {
	var errs []error
	for what, n := range map[int]uint64{
		unix.RLIMIT_AS: addressMax, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_NOFILE: filesOpenMax, unix.RLIMIT_CORE: 0,
	} {
		err := unix.Prlimit(pid, what, &unix.Rlimit{Cur: n, Max: n}, nil)
		if !errors.Is(err, unix.ESRCH) { // it has ended already
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
