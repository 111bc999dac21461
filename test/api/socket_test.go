package api_test

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"hawker/test/kit"
)

// socket is somebody's WebSocket to the program: JSON lines in RFC 6455 frames.
type socket struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
	id   int
}

func openSocket(t *testing.T, m *kit.Mall, who *kit.Person) *socket {
	t.Helper()
	addr := strings.TrimPrefix(m.URL, "http://")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nUpgrade: websocket\r\nConnection: "+
		"Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", addr, who.Token)
	s := &socket{t: t, conn: conn, in: bufio.NewReader(conn)}
	res, err := http.ReadResponse(s.in, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(res, err)
	}
	s.call(`"connect":{}`)
	return s
}

// call sends a command and gives the code of the refusal, 0 for none.
func (s *socket) call(command string) int {
	s.t.Helper()
	s.id++
	text := fmt.Sprintf(`{"id":%d,%s}`, s.id, command)
	frame := binary.BigEndian.AppendUint16([]byte{0x81, 0x80 | 126}, uint16(len(text)))
	if _, err := s.conn.Write(append(append(frame, 0, 0, 0, 0), text...)); err != nil {
		s.t.Fatal(err)
	}
	for {
		for line := range strings.SplitSeq(strings.TrimSpace(s.frame()), "\n") {
			var reply struct {
				ID    int `json:"id"`
				Error struct {
					Code int `json:"code"`
				} `json:"error"`
			}
			if err := json.Unmarshal([]byte(line), &reply); err != nil {
				s.t.Fatalf("%v: %s", err, line)
			}
			if reply.ID == s.id {
				return reply.Error.Code
			}
		}
	}
}

func (s *socket) frame() string {
	s.t.Helper()
	var head [2]byte
	_, err := io.ReadFull(s.in, head[:])
	size := uint64(head[1] & 0x7f)
	if size == 126 && err == nil {
		var n uint16
		err = binary.Read(s.in, binary.BigEndian, &n)
		size = uint64(n)
	}
	payload := make([]byte, size)
	if err == nil {
		_, err = io.ReadFull(s.in, payload)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return string(payload)
}

// TestTheSocketHasItsChannels asks for each kind of channel as whoever may hear it,
// and as somebody who may not.
func TestTheSocketHasItsChannels(t *testing.T) {
	m := kit.Start(t)
	shopper, merchant := m.SignIn("shopper"), m.SignIn("merchant")
	room := merchant.OpenRoom(t, map[string]any{})
	var me kit.Named
	shopper.Get("/me").Want(t, http.StatusOK).Into(t, &me)
	shop := "shop:" + merchant.Shop(t)
	theirs, ours := openSocket(t, m, shopper), openSocket(t, m, merchant)
	const refused = 103
	for _, c := range []struct {
		who     *socket
		channel string
		want    int
	}{
		{theirs, "room:" + room.ID, 0},
		{theirs, "user:" + me.ID, 0},
		{theirs, shop, refused},
		{ours, shop, 0},
		{ours, "user:" + me.ID, refused},
		{openSocket(t, m, m.Visitor()), "room:" + room.ID, 0},
	} {
		if code := c.who.call(fmt.Sprintf(`"subscribe":{"channel":%q}`, c.channel)); code != c.want {
			t.Errorf("%s answers %d, want %d", c.channel, code, c.want)
		}
	}
}
