package edge_test

import (
	"context"
	"net"
	"net/http"
	"testing"
)

// inMemory is a way to an origin that is no network, for tests that have their own time.
func inMemory(
	t *testing.T, answer func(w http.ResponseWriter),
) func(context.Context, string, string) (net.Conn, error) {
	t.Helper()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		answer(w)
	})}
	return func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		one := &oneConn{conn: there}
		go func() { _ = server.Serve(one) }()
		return here, nil
	}
}

// oneConn is a listener with one connection.
type oneConn struct {
	conn net.Conn
	used bool
}

func (l *oneConn) Accept() (net.Conn, error) {
	if !l.used {
		l.used = true
		return l.conn, nil
	}
	return nil, net.ErrClosed
}
func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return l.conn.LocalAddr() }
