package bench

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
)

// socket is the least of a WebSocket client (RFC 6455) that two thousand viewers
// on the machine under measurement can afford, and enough to talk to a browser:
// it sends texts and reads frames into one buffer.
type socket struct {
	conn net.Conn
	in   *bufio.Reader
	buf  []byte
}

const (
	frameText   = 0x81 // a whole text message
	maskedBit   = 0x80
	length16    = 126
	length64    = 127
	frameMax    = 1 << 20
	readBuffer  = 16 << 10
	shortLength = 125
)

func dialSocket(ctx context.Context, addr, path string) (*socket, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &socket{conn: conn, in: bufio.NewReaderSize(conn, readBuffer)}
	_, err = fmt.Fprintf(conn,
		"GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "+
			"13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n\r\n", path, addr)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	res, err := http.ReadResponse(s.in, nil) //nolint:bodyclose // what follows is the socket
	if err == nil && res.StatusCode != http.StatusSwitchingProtocols {
		err = fmt.Errorf("socket refused: %s", res.Status)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

// send writes a text; its mask is zero, which changes nothing.
func (s *socket) send(text string) error {
	frame := []byte{frameText}
	switch n := len(text); {
	case n <= shortLength:
		frame = append(frame, maskedBit|byte(n))
	case n <= math.MaxUint16:
		frame = binary.BigEndian.AppendUint16(append(frame, maskedBit|length16), uint16(n))
	default:
		return fmt.Errorf("a text of %d bytes is too long for this client", n)
	}
	_, err := s.conn.Write(append(append(frame, 0, 0, 0, 0), text...))
	return err
}

// next reads one frame's payload, valid until the next call.
func (s *socket) next() ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(s.in, head[:2]); err != nil {
		return nil, err
	}
	n := uint64(head[1] &^ maskedBit)
	switch n {
	case length16:
		if _, err := io.ReadFull(s.in, head[:2]); err != nil {
			return nil, err
		}
		n = uint64(binary.BigEndian.Uint16(head[:2]))
	case length64:
		if _, err := io.ReadFull(s.in, head[:8]); err != nil {
			return nil, err
		}
		n = binary.BigEndian.Uint64(head[:8])
	}
	if n > frameMax {
		return nil, fmt.Errorf("a frame of %d bytes", n)
	}
	if uint64(cap(s.buf)) < n {
		s.buf = make([]byte, n)
	}
	s.buf = s.buf[:n]
	_, err := io.ReadFull(s.in, s.buf)
	return s.buf, err
}

// join subscribes to a channel and waits until that is done.
func (s *socket) join(channel string) error {
	if err := s.send(`{"id":1,"connect":{}}`); err != nil {
		return err
	}
	if err := s.send(`{"id":2,"subscribe":{"channel":"` + channel + `"}}`); err != nil {
		return err
	}
	for {
		raw, err := s.next()
		if err != nil {
			return err
		}
		if strings.Contains(string(raw), `"id":2`) {
			if strings.Contains(string(raw), `"error"`) {
				return fmt.Errorf("not let in: %s", raw)
			}
			return nil
		}
	}
}
