package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// frame is a text as a server sends it (RFC 6455, 5.2).
func frame(text string) []byte {
	out := []byte{0x81}
	switch n := len(text); {
	case n < 126:
		out = append(out, byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, 126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 127), uint64(n))
	}
	return append(out, text...)
}

// heard reads one text as a server must: masked, whole.
func heard(r io.Reader) (string, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", err
	}
	if head[0] != 0x81 || head[1]&0x80 == 0 {
		return "", fmt.Errorf("a frame begins with %x", head)
	}
	n := int(head[1] & 0x7f)
	if n == 126 {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return "", err
		}
		n = int(binary.BigEndian.Uint16(head[:]))
	}
	body := make([]byte, 4+n)
	_, err := io.ReadFull(r, body)
	for i := range n {
		body[4+i] ^= body[i%4]
	}
	return string(body[4:]), err
}

// talking is a server of sockets; serve gets each connection after its greeting.
func talking(t *testing.T, serve func(conn net.Conn, in io.Reader)) (addr string) {
	t.Helper()
	var group sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ws" || r.Header.Get("Upgrade") != "websocket" ||
			r.Header.Get("Sec-Websocket-Version") != "13" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		group.Add(1)
		defer group.Done()
		defer conn.Close()
		_, err = io.WriteString(conn,
			"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
		if err == nil {
			serve(conn, rw.Reader)
		}
	}))
	t.Cleanup(func() { server.Close(); group.Wait() })
	return strings.TrimPrefix(server.URL, "http://")
}

func dial(t *testing.T, addr string) *socket {
	t.Helper()
	s, err := dialSocket(t.Context(), addr, "/ws")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.conn.Close() })
	return s
}

// Texts of every length arrive as they were sent, both ways.
func TestTextsArriveAsTheyWere(t *testing.T) {
	t.Parallel()
	addr := talking(t, func(conn net.Conn, in io.Reader) { // an echo
		for {
			text, err := heard(in)
			if err != nil {
				return
			}
			if _, err := conn.Write(frame(text)); err != nil {
				return
			}
		}
	})
	s := dial(t, addr)
	for _, n := range []int{0, 1, 125, 126, 127, 65535} {
		text := strings.Repeat("茶x", n)[:n]
		if err := s.send(text); err != nil {
			t.Fatal(n, err)
		}
		if got, err := s.next(); string(got) != text || err != nil {
			t.Errorf("%d bytes came back as %d, %v", n, len(got), err)
		}
	}
	if err := s.send(strings.Repeat("x", 65536)); err == nil {
		t.Error("a text that is too long for this client was sent as another")
	}
	if _, err := dialSocket(t.Context(), addr, "/other"); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("a refusal: %v", err)
	}
	if _, err := dialSocket(t.Context(), "127.0.0.1:1", "/ws"); err == nil {
		t.Error("nobody is there")
	}
}

// A long text, and what a server sends that cannot be: it is refused and no memory is
// taken for it.
func TestFramesOfServers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("y", 100_000)
	for what, c := range map[string]struct {
		raw  []byte
		want string // "" where it is refused
	}{
		"long":       {frame(long), long},
		"huge":       {[]byte{0x81, 127, 0x7f, 0, 0, 0, 0, 0, 0, 0}, ""},
		"negative":   {[]byte{0x81, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, ""},
		"cut off":    {frame("abc")[:3], ""},
		"no length":  {[]byte{0x81, 126, 0}, ""},
		"only begun": {[]byte{0x81}, ""},
	} {
		addr := talking(t, func(conn net.Conn, _ io.Reader) { _, _ = conn.Write(c.raw) })
		s := dial(t, addr)
		got, err := s.next()
		if (err == nil) != (c.want != "") || err == nil && string(got) != c.want {
			t.Errorf("%s: %d bytes, %v", what, len(got), err)
		}
		if cap(s.buf) > frameMax {
			t.Errorf("%s: %d bytes were taken for it", what, cap(s.buf))
		}
	}
}

// Joining waits for the answer to it, whatever is said before, and fails when it is
// refused or never comes.
func TestJoiningAChannel(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		answers []string
		ok      bool
	}{
		"let in":   {[]string{`{"id":1,"connect":{}}`, `{"push":{}}`, `{}`, `{"id":2,"subscribe":{}}`}, true},
		"not in":   {[]string{`{"id":1,"connect":{}}`, `{"id":2,"error":{"code":103}}`}, false},
		"hung up":  {[]string{`{"id":1,"connect":{}}`}, false},
		"no word":  {nil, false},
		"batched":  {[]string{`{"id":1,"connect":{}}` + "\n" + `{"id":2,"subscribe":{}}`}, true},
		"shut out": {[]string{`{"id":1,"error":{"code":1}}`, `{"id":2,"error":{"code":1}}`}, false},
	} {
		asked := make(chan string, 2)
		addr := talking(t, func(conn net.Conn, in io.Reader) {
			for range 2 {
				text, err := heard(in)
				if err != nil {
					return
				}
				asked <- text
			}
			for _, a := range c.answers {
				_, _ = conn.Write(frame(a))
			}
		})
		err := dial(t, addr).join("room:rom_1")
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", what, err)
		}
		if first, second := <-asked, <-asked; !strings.Contains(first, "connect") ||
			!json.Valid([]byte(second)) || !strings.Contains(second, `"room:rom_1"`) {
			t.Errorf("%s: asked %s, %s", what, first, second)
		}
	}
}

// A viewer counts each message once, answers whether it is there, and tells how old
// those are that it can read; what somebody else wrote is no measure.
func TestWhatAViewerCounts(t *testing.T) {
	t.Parallel()
	sent := time.Now().Add(-time.Second).UnixMicro()
	pongs := make(chan string, 1)
	addr := talking(t, func(conn net.Conn, in io.Reader) {
		for _, text := range []string{
			fmt.Sprintf(`{"push":"%s%d."}`, chatMark, sent),
			`{"push":"hello"}`,
			fmt.Sprintf(`{"a":"%s%d."}{"b":"%s%d."}`, chatMark, sent, chatMark, sent+1),
			fmt.Sprintf(`{"push":"%snonsense."}{"push":"%s"}`, chatMark, chatMark),
			`{}`,
		} {
			_, _ = conn.Write(frame(text))
		}
		text, err := heard(in)
		if err != nil {
			text = err.Error()
		}
		pongs <- text
	})
	c := &crowd{}
	c.listen(dial(t, addr), true)
	if got := <-pongs; got != "{}" {
		t.Errorf("are you there? %q", got)
	}
	if n := c.received.Load(); n != 5 {
		t.Errorf("counted %d messages, want 5", n)
	}
	if len(c.delays) != 3 {
		t.Errorf("measured %v", c.delays)
	}
	for _, d := range c.delays {
		if d < 999*time.Millisecond || d > time.Minute {
			t.Errorf("a message of a second ago is %v old", d)
		}
	}
}

// Figures of a crowd are what came of what was said.
func TestFiguresOfACrowd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		said := rapid.Int64Range(0, 100).Draw(rt, "said")
		lost := rapid.Int64Range(0, said*chatViewers).Draw(rt, "lost")
		c, b := &crowd{}, &Bench{}
		c.received.Store(said*chatViewers - lost)
		for _, ms := range rapid.SliceOf(rapid.IntRange(0, 1000)).Draw(rt, "delays") {
			c.delays = append(c.delays, time.Duration(ms)*time.Millisecond)
		}
		b.chatFigures(c, said, time.Second, 2*time.Second)
		by := map[string]float64{}
		for _, f := range b.figures {
			by[f.Name] = f.Value
		}
		p50, p99 := by["said → on the screen, p50"], by["said → on the screen, p99"]
		if by["deliveries lost"] != float64(lost) || by["messages said"] != float64(said)/2 || p50 > p99 || p99 > 1000 {
			rt.Fatalf("%v", by)
		}
	})
}

// devtools is a browser that answers what a test says.
func devtools(t *testing.T, answer func(id int, method string, params json.RawMessage) []string) *chromium {
	t.Helper()
	addr := talking(t, func(conn net.Conn, in io.Reader) {
		for {
			text, err := heard(in)
			if err != nil {
				return
			}
			var call struct {
				ID     int
				Method string
				Params json.RawMessage
			}
			if err := json.Unmarshal([]byte(text), &call); err != nil {
				t.Error(err)
			}
			for _, a := range answer(call.ID, call.Method, call.Params) {
				_, _ = conn.Write(frame(a))
			}
		}
	})
	return &chromium{page: dial(t, addr)}
}

// The browser's answer is the one to the question; what it tells besides is passed
// over, and what it refuses or what the page throws is an error with its word.
func TestAskingABrowser(t *testing.T) {
	t.Parallel()
	c := devtools(t, func(id int, method string, params json.RawMessage) []string {
		value := func(v string) string { return fmt.Sprintf(`{"id":%d,"result":{"result":{"value":%s}}}`, id, v) }
		switch {
		case method == "Page.navigate" && bytes.Contains(params, []byte("nowhere")):
			return []string{fmt.Sprintf(`{"id":%d,"result":{"errorText":"net::ERR_NAME"}}`, id)}
		case method != "Runtime.evaluate":
			return []string{fmt.Sprintf(`{"id":%d,"result":{}}`, id)}
		case bytes.Contains(params, []byte("throws")):
			return []string{fmt.Sprintf(`{"id":%d,"result":{"result":{},"exceptionDetails":{"text":"Uncaught tea"}}}`,
				id)}
		case bytes.Contains(params, []byte("refuses")):
			return []string{fmt.Sprintf(`{"id":%d,"error":{"message":"no such context"}}`, id)}
		case bytes.Contains(params, []byte("torn")):
			return []string{`{"id":`}
		}
		return []string{`{"method":"Page.loaded"}`, fmt.Sprintf(`{"id":%d,"result":{}}`, id-1), value("[1,2]")}
	})
	var got []int
	if err := c.ask("1", &got); err != nil || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
	if err := errors.Join(c.run("script"), c.open("http://x/")); err != nil {
		t.Error(err)
	}
	for expression, word := range map[string]string{
		"throws": "Uncaught tea", "refuses": "no such context",
		"torn": "JSON",
	} {
		if err := c.ask(expression, &got); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", expression, err)
		}
	}
	if err := c.open("http://nowhere/"); err == nil || !strings.Contains(err.Error(), "ERR_NAME") {
		t.Errorf("a page that is not there: %v", err)
	}
	if yes, err := c.says("playing")(); err == nil || yes {
		t.Errorf("a list is no yes: %v, %v", yes, err)
	}
}

// Waiting ends with what is waited for, with its failure, or with who waits.
func TestWaitingUntil(t *testing.T) {
	t.Parallel()
	tries := 0
	err := until(t.Context(), "tea", func() (bool, error) { tries++; return tries == 2, nil })
	if err != nil || tries != 2 {
		t.Errorf("%d tries, %v", tries, err)
	}
	if err := until(t.Context(), "tea", func() (bool, error) { return false, errAnswer }); !errors.Is(err, errAnswer) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = until(ctx, "tea", func() (bool, error) { return false, nil })
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "tea") {
		t.Error(err)
	}
}
