package rtmp

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// gather reads a TCP connection and waits for some bytes together (SO_RCVLOWAT, socket(7)).
type gather struct {
	raw   syscall.RawConn
	try   func(fd uintptr) bool // one for all reads
	least int                   // what the kernel waits for
	// A read that got less than it had room for has emptied the connection: the next one need
	// not try before it waits. Should what it waits for have come just then, its deadline ends that.
	empty bool

	into []byte // of the read under way
	n    int
	err  error
}

// newGather gives nil for what is no TCP connection: TLS, say.
func newGather(c net.Conn) *gather {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	g := &gather{raw: raw, least: 1}
	g.try = g.receive
	return g
}

func (g *gather) read(p []byte, least int) (int, error) {
	g.wait(least)
	g.into, g.n, g.err = p, 0, nil
	err := g.raw.Read(g.try)
	g.into = nil
	if err != nil {
		g.empty = false
		return 0, err
	}
	return g.n, g.err
}

// receive is false if there is nothing to read. The call never blocks and is short, so the
// scheduler is not told of it: that wakes a thread whenever the program was idle before.
func (g *gather) receive(fd uintptr) bool {
	if g.empty {
		g.empty = false
		return false
	}
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(&g.into[0])),
			uintptr(len(g.into)))
		switch {
		case errno == syscall.EINTR:
			continue
		case errno == syscall.EAGAIN:
			return false
		case errno != 0:
			g.err = os.NewSyscallError("read", errno)
		case n == 0:
			g.err = io.EOF
		default:
			g.n, g.empty = int(n), int(n) < len(g.into)
		}
		return true
	}
}

// wait sets how many bytes wake the reader. Where that fails, it is woken for fewer.
func (g *gather) wait(least int) {
	if g.least == least {
		return
	}
	g.least = least
	_ = g.raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVLOWAT, least)
	})
}

func (g *gather) end() { g.wait(1) }
