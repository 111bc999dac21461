package rtmp

import (
	"crypto/rand"
	"fmt"
	"io"
)

const (
	version       = 3
	handshakeSize = 1536
)

// serverHandshake does the plain handshake: version, time and noise each way,
// and an echo. The digest variant is only for Flash players, which are gone.
func serverHandshake(r io.Reader, w io.Writer) error {
	c := make([]byte, 1+handshakeSize)
	if _, err := io.ReadFull(r, c); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	if c[0] != version {
		return protocolError("version %d", c[0])
	}
	s := noise()
	s = append(s, c[1:]...)
	if _, err := w.Write(s); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	if _, err := io.ReadFull(r, c[1:]); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	return nil
}

func clientHandshake(r io.Reader, w io.Writer) error {
	if _, err := w.Write(noise()); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	s := make([]byte, 1+2*handshakeSize)
	if _, err := io.ReadFull(r, s); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	if s[0] != version {
		return protocolError("version %d", s[0])
	}
	if _, err := w.Write(s[1 : 1+handshakeSize]); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	return nil
}

// noise is the version byte, time and zero fields, and 1528 random bytes.
func noise() []byte {
	b := make([]byte, 1+handshakeSize, 1+2*handshakeSize)
	b[0] = version
	_, _ = rand.Read(b[9:]) // never fails
	return b
}
