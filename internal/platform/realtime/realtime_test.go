package realtime_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/realtime"
)

const room, desk, counter = "room:rom_1", "room:rom_2", "shop:shp_1"

// door lets everybody into rooms but those who were banned, and only staff to a
// counter; at a desk nobody is counted.
type door struct {
	mu     sync.Mutex
	banned map[string]bool // by the room's id
	staff  bool
	judged func() // after somebody was let into a room, before they are in it; may be nil
}

func (d *door) Check(_ context.Context, access httpapi.Access, _ httpapi.Actor, s httpapi.Subject) (httpapi.Pass,
	error,
) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if access == httpapi.RoomLobby && !d.banned[s.Room] || access == httpapi.SignedIn && d.staff {
		return httpapi.Pass{}, nil
	}
	return httpapi.Pass{}, fault.Forbidden("shop.not_staff")
}

func (d *door) set(change func(d *door)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

func (d *door) channels() []realtime.Channel {
	return []realtime.Channel{{
		Name: "room", Access: httpapi.RoomLobby,
		Subject: func(id string) httpapi.Subject { return httpapi.Subject{Room: id} },
		Enter: func(_ context.Context, _ httpapi.Actor, id string, _ httpapi.Pass) (realtime.Entry, error) {
			if "room:"+id == desk {
				return realtime.Uncounted, nil
			}
			if d.judged != nil {
				d.judged()
			}
			return realtime.Counted, nil
		},
	}, {
		Name: "shop", Access: httpapi.SignedIn,
		Subject: func(id string) httpapi.Subject { return httpapi.Subject{Shop: id} },
	}}
}

// viewer is a WebSocket client of its own: RFC 6455 frames, JSON lines within.
type viewer struct {
	t     *testing.T
	conn  net.Conn
	read  *bufio.Reader
	lines []string
	id    int
}

type reply struct {
	ID    int `json:"id"`
	Error *struct{ Code int }
	Push  *struct {
		Channel     string
		Unsubscribe *struct{ Code int }
		Pub         struct {
			Data   json.RawMessage
			Offset uint64
		}
	}
	Subscribe *struct {
		Epoch        string
		Offset       uint64
		Recovered    bool
		Publications []struct{ Data json.RawMessage }
	}
}

func serve(t *testing.T) (*realtime.Node, string) {
	t.Helper()
	return serveWith(t, &door{})
}

func serveWith(t *testing.T, d *door) (*realtime.Node, string) {
	t.Helper()
	return serveOn(t, d, realtime.Memory)
}

func serveOn(t *testing.T, d *door, engine realtime.Opener) (*realtime.Node, string) {
	t.Helper()
	n, err := realtime.New(slog.New(slog.DiscardHandler), engine, "")
	if err == nil {
		err = n.Serve(d, d.channels())
	}
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, r := range n.Routes() {
		mux.Handle(r.Pattern, r.Handler)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		if err := n.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return n, server.Listener.Addr().String()
}

func enter(t *testing.T, addr string) *viewer {
	t.Helper()
	v := knock(t, addr)
	v.call(`"connect":{}`)
	return v
}

// knock opens the socket, with more lines of header, and says nothing yet.
func knock(t *testing.T, addr string, more ...string) *viewer {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: "+
		"Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", addr, strings.Join(more, ""))
	v := &viewer{t: t, conn: conn, read: bufio.NewReader(conn)}
	res, err := http.ReadResponse(v.read, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(res, err)
	}
	return v
}

// call sends a command and answers its reply; a zero mask leaves the text as it is.
func (v *viewer) call(command string) reply {
	v.t.Helper()
	v.send(command)
	for {
		if r := v.next(); r.ID == v.id {
			return r
		}
	}
}

func (v *viewer) send(command string) {
	v.t.Helper()
	v.id++
	text := fmt.Sprintf(`{"id":%d,%s}`, v.id, command)
	frame := binary.BigEndian.AppendUint16([]byte{0x81, 0x80 | 126}, uint16(len(text)))
	frame = append(append(frame, 0, 0, 0, 0), text...)
	if _, err := v.conn.Write(frame); err != nil {
		v.t.Fatal(err)
	}
}

func (v *viewer) next() (r reply) {
	v.t.Helper()
	for len(v.lines) == 0 {
		v.lines = strings.Split(strings.TrimSpace(v.frame()), "\n")
	}
	line := v.lines[0]
	v.lines = v.lines[1:]
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		v.t.Fatalf("%v: %s", err, line)
	}
	return r
}

func (v *viewer) frame() string {
	v.t.Helper()
	var head [2]byte
	_, err := io.ReadFull(v.read, head[:])
	size := uint64(head[1] & 0x7f)
	if size == 126 && err == nil {
		var n uint16
		err = binary.Read(v.read, binary.BigEndian, &n)
		size = uint64(n)
	}
	if err != nil || size > 1<<16 || head[0]&0x0f != 1 {
		v.t.Fatalf("frame %x: %v", head, err)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(v.read, body); err != nil {
		v.t.Fatal(err)
	}
	return string(body)
}

// hear waits for what is published.
func (v *viewer) hear() (string, uint64) {
	v.t.Helper()
	for {
		if r := v.next(); r.Push != nil && r.Push.Channel == room {
			return string(r.Push.Pub.Data), r.Push.Pub.Offset
		}
	}
}

func publish(t *testing.T, n *realtime.Node, v any) {
	t.Helper()
	if err := n.Publish(t.Context(), room, v); err != nil {
		t.Fatal(err)
	}
}

func TestWhoWasAwayGetsWhatTheyMissed(t *testing.T) {
	n, addr := serve(t)
	first, second := enter(t, addr), enter(t, addr)
	subscribe := fmt.Sprintf(`"subscribe":{"channel":%q}`, room)
	epoch := first.call(subscribe).Subscribe.Epoch
	second.call(subscribe)
	second.call(fmt.Sprintf(`"subscribe":{"channel":%q}`, desk))
	if got, atDesk := n.Listeners(room), n.Listeners(desk); got != 2 || atDesk != 0 {
		t.Errorf("%d listen, %d at a desk that counts nobody", got, atDesk)
	}
	publish(t, n, "one")
	text, offset := first.hear()
	if other, _ := second.hear(); text != `["one"]` || other != text {
		t.Errorf("heard %s and %s", text, other)
	}
	first.conn.Close()
	publish(t, n, "two")
	publish(t, n, "three")
	back := enter(t, addr)
	r := back.call(fmt.Sprintf(`"subscribe":{"channel":%q,"recover":true,"offset":%d,"epoch":%q}`, room, offset,
		epoch)).Subscribe
	if r == nil || !r.Recovered {
		t.Fatalf("came back to %+v", r)
	}
	publish(t, n, "four")
	var heard []string // some in the answer, some as it comes: packets close in their own time
	take := func(list string) {
		var items []string
		if err := json.Unmarshal([]byte(list), &items); err != nil {
			t.Fatalf("%v: %s", err, list)
		}
		heard = append(heard, items...)
	}
	for _, p := range r.Publications {
		take(string(p.Data))
	}
	for len(heard) < 3 {
		list, _ := back.hear()
		take(list)
	}
	if strings.Join(heard, " ") != "two three four" {
		t.Errorf("and then heard %v", heard)
	}
	lost := enter(t, addr).call(fmt.Sprintf(`"subscribe":{"channel":%q,"recover":true,"offset":%d,"epoch":"other"}`,
		room, offset)).Subscribe
	if lost == nil || lost.Recovered {
		t.Errorf("somebody of another epoch is told that nothing was missed: %+v", lost)
	}
}

func TestNobodyHearsOrSaysWhatTheyMayNot(t *testing.T) {
	_, addr := serve(t)
	v := enter(t, addr)
	if r := v.call(fmt.Sprintf(`"subscribe":{"channel":%q}`, counter)); r.Error == nil || r.Error.Code != 103 ||
		r.Subscribe != nil {
		t.Errorf("a stranger at the counter: %+v", r)
	}
	v.call(fmt.Sprintf(`"subscribe":{"channel":%q}`, room))
	if r := v.call(fmt.Sprintf(`"publish":{"channel":%q,"data":"spam"}`, room)); r.Error == nil {
		t.Errorf("a client published by itself: %+v", r)
	}
}

// TestARightThatEndsEndsOnOpenSockets bans somebody who listens: what is said from
// then on is not theirs any more, and they are told why.
func TestARightThatEndsEndsOnOpenSockets(t *testing.T) {
	t.Parallel()
	d := &door{banned: map[string]bool{}, staff: true}
	n, addr := serveWith(t, d)
	v := enter(t, addr)
	for _, channel := range []string{room, desk, counter} {
		if r := v.call(fmt.Sprintf(`"subscribe":{"channel":%q}`, channel)); r.Error != nil {
			t.Fatalf("not let into %s: %+v", channel, r.Error)
		}
	}
	d.set(func(d *door) { d.banned["rom_1"] = true })
	if err := n.Recheck(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	v.wantRevoked(room)
	d.set(func(d *door) { d.staff = false })
	if err := n.RecheckUser(t.Context(), id.User{}); err != nil { // as whom nobody signed in
		t.Fatal(err)
	}
	v.wantRevoked(counter)
	publish(t, n, "not for you")
	if err := n.Publish(t.Context(), desk, "for you"); err != nil {
		t.Fatal(err)
	}
	if r := v.next(); r.Push == nil || r.Push.Channel != desk {
		t.Errorf("heard %+v, want what was said at the desk", r.Push)
	}
}

// TestARightThatEndsWhileItIsLookedAt bans somebody between the answer and the
// entering: nobody who listens can be found to be asked again.
func TestARightThatEndsWhileItIsLookedAt(t *testing.T) {
	t.Parallel()
	d := &door{banned: map[string]bool{}, staff: true}
	n, addr := serveWith(t, d)
	d.judged = func() {
		d.set(func(d *door) { d.banned["rom_1"] = true })
		if err := n.Recheck(t.Context(), room); err != nil {
			t.Error(err)
		}
	}
	v := enter(t, addr)
	if r := v.call(fmt.Sprintf(`"subscribe":{"channel":%q}`, room)); r.Error != nil {
		t.Fatalf("refused at the door: %+v", r.Error)
	}
	v.wantRevoked(room)
}

// TestASessionThatEndsWhileItConnects is over before the connection is known.
func TestASessionThatEndsWhileItConnects(t *testing.T) {
	t.Parallel()
	n, addr := serve(t)
	n.DisconnectSession(id.Session{})
	v := knock(t, addr)
	v.send(`"connect":{}`)
	v.wantClosed()
}

func (v *viewer) wantRevoked(channel string) {
	v.t.Helper()
	r := v.next()
	if r.Push == nil || r.Push.Channel != channel || r.Push.Unsubscribe == nil || r.Push.Unsubscribe.Code >= 2500 {
		v.t.Fatalf("heard %+v, want to be sent out of %s for good", r.Push, channel)
	}
}

func TestAnEndedSessionsSocketIsClosed(t *testing.T) {
	t.Parallel()
	n, addr := serve(t)
	v := enter(t, addr)
	v.call(fmt.Sprintf(`"subscribe":{"channel":%q}`, room))
	n.DisconnectSession(id.Session{})
	v.wantClosed()
}

func (v *viewer) wantClosed() {
	v.t.Helper()
	var head [2]byte
	for head[0]&0x0f != 8 { // RFC 6455's close, after what is still on its way
		if _, err := io.ReadFull(v.read, head[:]); err != nil {
			v.t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, v.read, int64(head[1]&0x7f)); err != nil {
			v.t.Fatal(err)
		}
	}
}
