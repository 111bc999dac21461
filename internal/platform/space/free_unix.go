//go:build linux || darwin || freebsd

package space

import "golang.org/x/sys/unix"

// free is what an ordinary process may still write.
func free(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}
