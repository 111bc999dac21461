package ffmpeg

import (
	"errors"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func procAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// limit bounds a child that has just been started: its dynamic linker is still
// at work, it has not opened its input yet.
func limit(pid int, cpu time.Duration) error {
	var errs []error
	for what, n := range map[int]uint64{
		unix.RLIMIT_AS: addressMax, unix.RLIMIT_CPU: uint64(cpu / time.Second), unix.RLIMIT_FSIZE: fileSizeMax,
		unix.RLIMIT_NOFILE: filesOpenMax, unix.RLIMIT_CORE: 0,
	} {
		err := unix.Prlimit(pid, what, &unix.Rlimit{Cur: n, Max: n}, nil)
		if !errors.Is(err, unix.ESRCH) { // it has ended already
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
