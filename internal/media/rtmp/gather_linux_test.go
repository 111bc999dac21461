package rtmp

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// pair gives both ends of a TCP connection.
func pair(t *testing.T) (here, there net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if there, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if here, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(here.Close(), there.Close()) })
	return here, there
}

// Whoever gathers is given all bytes in their order, the few after the wait, the many at once,
// and the end.
func TestGather(t *testing.T) {
	here, there := pair(t)
	from := &inbound{conn: here, until: time.Now().Add(time.Minute)}
	from.publishes(true)
	if from.gather == nil {
		t.Fatal("a TCP connection is not gathered from")
	}
	buf := make([]byte, 1<<20)
	for _, size := range []int{1, 300, 5000, 1, 700_000, 2} {
		want := bytes.Repeat([]byte{byte(size)}, size)
		go func() { _, _ = there.Write(want) }()
		if _, err := io.ReadFull(from, buf[:size]); err != nil || !bytes.Equal(buf[:size], want) {
			t.Fatalf("of %d bytes: %v", size, err)
		}
	}
	if from.n != 705_304 {
		t.Errorf("%d bytes counted", from.n)
	}
	if _, err := there.Write([]byte("bye")); err != nil {
		t.Fatal(err)
	}
	there.Close()
	if got, err := io.ReadAll(from); err != nil || string(got) != "bye" {
		t.Errorf("at the end: %q, %v", got, err)
	}
}

// Few bytes do not wake the reader before its deadline; they are there after it.
func TestGatherWaits(t *testing.T) {
	here, there := pair(t)
	g := newGather(here)
	read := func(room int, wait time.Duration) (string, error) {
		if err := here.SetReadDeadline(time.Now().Add(wait)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, room)
		n, err := g.read(buf, 8)
		return string(buf[:n]), err
	}
	if _, err := there.Write([]byte("0123")); err != nil {
		t.Fatal(err)
	}
	for got := ""; got != "0123"; { // as they are there, or within some waits
		more, err := read(4-len(got), time.Millisecond)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		got += more
	}
	// The read above had no more room, so this one looks before it waits: whichever end is first,
	// what is enough is not missed.
	done := make(chan string)
	go func() {
		got, err := read(100, time.Minute)
		done <- got + ":" + errorText(err)
	}()
	if _, err := there.Write([]byte("abcdefgh")); err != nil {
		t.Fatal(err)
	}
	if got := <-done; got != "abcdefgh:" {
		t.Errorf("what was enough: %q", got)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// A peer that sends a little now and then is idle when its time is over, and one that says
// no more publishes is heard as before.
func TestGatherEnds(t *testing.T) {
	here, there := pair(t)
	from := &inbound{conn: here, until: time.Now().Add(100 * time.Millisecond)}
	from.publishes(true)
	if _, err := from.Read(make([]byte, 10)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("of an idle peer: %v", err)
	}
	from.until = time.Now().Add(time.Minute)
	from.publishes(false)
	if _, err := there.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if n, err := from.Read(make([]byte, 10)); n != 1 || err != nil || from.gather != nil {
		t.Errorf("afterwards: %d bytes, %v", n, err)
	}
}

// A publisher may stop and begin again on the same connection while it is gathered from.
func TestPublishAgainWhileGathered(t *testing.T) {
	d := newDesk()
	k := newTalk(t, serve(t, &Server{Handler: d, IdleTimeout: time.Second}))
	k.publish()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for i := range 40 {
		<-tick.C
		k.say(Message{Type: typeAudio, Timestamp: uint32(i), Payload: pattern(50)})
	}
	d.wait(t, "audio 39")
	k.command("deleteStream", 6, nil, 1)
	d.wait(t, "close room")
	k.command("publish", 7, nil, "again", "live")
	d.wait(t, "publish again")
	k.say(Message{Type: typeVideo, Timestamp: 77, Payload: pattern(50)})
	d.wait(t, "video 77")
}
