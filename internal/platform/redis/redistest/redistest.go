// Package redistest starts a Redis server of a test's own, which keeps nothing.
package redistest

import (
	"net"
	"os/exec"
	"strings"
	"testing"
)

// Server is a server that may be stopped and started again at its address.
type Server struct {
	t    testing.TB
	addr string
	cmd  *exec.Cmd
}

// Start starts one, or skips the test where Redis is not installed.
func Start(t testing.TB) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed (Debian: redis-server)")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, addr: l.Addr().String()}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s.Up()
	t.Cleanup(s.Down)
	return s
}

// URL is the server's address.
func (s *Server) URL() string { return "redis://" + s.addr }

// Up starts it, empty, and waits until it takes connections.
func (s *Server) Up() {
	s.t.Helper()
	_, port, _ := strings.Cut(s.addr, ":")
	cmd := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--dir", s.t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.cmd = cmd
	said := make([]byte, 0, 1<<12)
	for buf := make([]byte, 1<<10); !strings.Contains(string(said), "eady to accept connections"); {
		n, err := out.Read(buf)
		if said = append(said, buf[:n]...); err != nil {
			s.t.Fatalf("redis-server ended: %s", said)
		}
	}
}

// Down kills it.
func (s *Server) Down() {
	if s.cmd == nil {
		return
	}
	if err := s.cmd.Process.Kill(); err != nil {
		s.t.Error(err)
	}
	_ = s.cmd.Wait() // it was killed
	s.cmd = nil
}
