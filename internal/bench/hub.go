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
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// bareHub is the least that could tell a crowd something: a list of connections, and one
// frame, made once, written to each in turn. It knows no channels, no rights, no history
// and no slow readers.
type bareHub struct {
	mu    sync.Mutex
	conns []net.Conn
}

// enter takes a connection over as a WebSocket (RFC 6455) and never reads it.
func (h *bareHub) enter(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, err = io.WriteString(conn,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
	if err != nil {
		_ = conn.Close()
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.conns = append(h.conns, conn)
}

// say sends a text of n bytes to all who are there.
func (h *bareHub) say(n int) {
	frame := binary.BigEndian.AppendUint16([]byte{frameText, length16}, uint16(n)) // at most packetMax
	frame = append(frame, strings.Repeat("x", n)...)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.conns {
		_, _ = c.Write(frame) // of who is gone nothing is asked
	}
}

// serve answers /hub, where a connection enters, and /say/N. It reports whether it did.
func (h *bareHub) serve(w http.ResponseWriter, path string) bool {
	if path == "hub" {
		h.enter(w)
		return true
	}
	size, ok := strings.CutPrefix(path, "say/")
	if !ok {
		return false
	}
	if n, err := strconv.Atoi(size); err == nil && n >= 0 && n <= packetMax {
		h.say(n)
	}
	return true
}

const packetMax = math.MaxUint16

// bareChat has a bare hub tell as many as many packets of the same size in the same time,
// and gives what one packet costs it for one of them.
func (b *Bench) bareChat(ctx context.Context, packets int, size int64, took time.Duration) (time.Duration, error) {
	f, err := startFloor(ctx)
	if err != nil {
		return 0, err
	}
	used, err := f.tell(ctx, packets, size, took)
	return used / time.Duration(max(packets*chatViewers, 1)), errors.Join(err, f.stop())
}

func (f *floor) tell(ctx context.Context, packets int, size int64, took time.Duration) (time.Duration, error) {
	sockets := make([]*socket, chatViewers)
	defer func() {
		for _, s := range sockets {
			if s != nil {
				_ = s.conn.Close()
			}
		}
	}()
	g, dialling := errgroup.WithContext(ctx)
	g.SetLimit(32)
	for i := range sockets {
		g.Go(func() (err error) {
			sockets[i], err = dialSocket(dialling, f.addr, "/hub")
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	for _, s := range sockets {
		go func() { _, _ = io.Copy(io.Discard, bufio.NewReaderSize(s.conn, readBuffer)) }() // until it is closed
	}
	before, err := cpu(f.cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	tick := time.NewTicker(max(took/time.Duration(max(packets, 1)), time.Millisecond))
	defer tick.Stop()
	c := client{base: "http://" + f.addr, http: http.DefaultClient}
	for range packets {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		if err := c.want(ctx, "GET", fmt.Sprintf("/say/%d", min(size, packetMax)), nil, nil); err != nil {
			return 0, err
		}
	}
	after, err := cpu(f.cmd.Process.Pid)
	return after - before, err
}
