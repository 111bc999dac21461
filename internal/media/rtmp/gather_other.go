//go:build !linux

package rtmp

import (
	"errors"
	"net"
)

// gather is not known here.
type gather struct{}

func newGather(net.Conn) *gather { return nil }

func (*gather) read([]byte, int) (int, error) { return 0, errors.ErrUnsupported }

func (*gather) end() {}
