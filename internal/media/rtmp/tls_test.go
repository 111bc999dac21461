package rtmp

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/big"
	"net"
	"os/exec"
	"testing"
	"time"
)

// serveTLS serves behind a certificate made now.
func serveTLS(t *testing.T, s *Server) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Log = slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	go func() { done <- s.Serve(ctx, tls.NewListener(ln, config)) }()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return ln.Addr().String()
}

func TestRTMPSFromFFmpeg(t *testing.T) {
	d := newDesk()
	addr := serveTLS(t, &Server{Handler: d})
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatalf("ffmpeg is not on the PATH; install Debian's package ffmpeg (make test does): %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "-hide_banner", "-loglevel", "error",
		"-f", "lavfi", "-i", "testsrc2=s=160x90:r=30", "-t", "2", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0",
		"-f", "flv", "-tls_verify", "0", "rtmps://"+addr+"/live/room?key=x").CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	d.wait(t, "close room")
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.video); n < 60 {
		t.Errorf("%d video tags, want a configuration and 60 frames", n)
	}
}

func TestRTMPSFromOurClient(t *testing.T) {
	d := newDesk()
	addr := serveTLS(t, &Server{Handler: d})
	if _, err := Dial(t.Context(), "rtmps://"+addr+"/live/room"); err == nil {
		t.Fatal("trusts a certificate that nobody signed")
	}
	c, err := Dialer{TLS: &tls.Config{InsecureSkipVerify: true}}.Dial(t.Context(), "rtmps://"+addr+"/live/room")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.WriteVideo(7, []byte{0x17, 1, 0, 0, 0, 9}); err != nil {
		t.Fatal(err)
	}
	d.wait(t, "video 7")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	d.wait(t, "close room")
}

// A peer that connects and never finishes the TLS handshake is let go in the time that a
// plain one has.
func TestHalfOpenTLS(t *testing.T) {
	const idle = time.Second
	start := time.Now()
	for i, c := range halfOpen(t, 20, &Server{Handler: newDesk(), IdleTimeout: idle}) {
		gone(t, c)
		if took := time.Since(start); took < idle*9/10 {
			t.Errorf("connection %d was let go after %s", i, took)
		}
	}
}

// It counts among the connections of its address: those beyond the limit are let go
// although nobody's time is up.
func TestHalfOpenTLSCounts(t *testing.T) {
	const held = 20
	conns := halfOpen(t, 2*held, &Server{Handler: newDesk(), IdleTimeout: time.Hour, ConnsPerHome: held})
	for _, c := range conns[held:] {
		gone(t, c)
	}
}

// halfOpen connects some peers, in their order, that say the beginning of a ClientHello.
func halfOpen(t *testing.T, n int, s *Server) []net.Conn {
	t.Helper()
	addr := serveTLS(t, s)
	var conns []net.Conn
	for range n {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_, _ = c.Write([]byte{0x16, 3, 1}) // a refused connection may be closed already
		conns = append(conns, c)
	}
	return conns
}

// gone waits for the end of a connection.
func gone(t *testing.T, c net.Conn) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	_, err := c.Read(make([]byte, 1))
	if ne, ok := err.(net.Error); err == nil || ok && ne.Timeout() {
		t.Fatalf("still open: %v", err)
	}
}
