package rtmp

import (
	"net"
	"runtime"
	"testing"
	"time"
)

// heap is what is in use once the garbage is gone.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// settle waits for a condition that the server brings about.
func settle(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit := time.Now().Add(15 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(limit) {
			t.Fatalf("%s: not within 15 s", what)
		}
		<-tick.C
	}
}

// A thousand peers that open a connection, or drip into it, cost one goroutine
// and little memory each, and no longer than the idle time.
func TestThousandHalfOpen(t *testing.T) {
	const peers = 1000
	for name, first := range map[string]int{"silent": 0, "half a handshake": 700} {
		t.Run(name, func(t *testing.T) {
			addr := serve(t, &Server{Handler: newDesk(), ConnsPerHome: peers, IdleTimeout: 3 * time.Second})
			before, routines := heap(), runtime.NumGoroutine()
			for range peers {
				c, err := net.Dial("tcp", addr)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if first > 0 {
					if _, err := c.Write(append([]byte{version}, make([]byte, first)...)); err != nil {
						t.Fatal(err)
					}
				}
			}
			settle(t, "a goroutine for each", func() bool { return runtime.NumGoroutine() >= routines+peers })
			if n := runtime.NumGoroutine() - routines; n > peers+20 {
				t.Errorf("%d goroutines for %d peers", n, peers)
			}
			// Both ends are in this process.
			if each := (int64(heap()) - int64(before)) / peers; each > 24<<10 {
				t.Errorf("%d bytes for each", each)
			}
			settle(t, "the end of all", func() bool { return runtime.NumGoroutine() <= routines+5 })
		})
	}
}

// Messages of the greatest size cost what came of them and are not kept.
func TestGreatMessages(t *testing.T) {
	d := newDesk()
	addr := serve(t, &Server{Handler: d})
	k := newTalk(t, addr)
	k.publish()
	if err := k.out.setSize(1 << 20); err != nil {
		t.Fatal(err)
	}
	before := heap()
	body := pattern(messageMax)
	body[0] = 0x02 // AMF: a text that is cut short
	for range 8 {
		k.say(Message{Type: typeData, Payload: body})
	}
	k.say(Message{Type: typeVideo, Timestamp: 1, Payload: []byte{0x17}})
	d.wait(t, "video 1")
	if grown := int64(heap()) - int64(before); grown > 14<<20 { // body itself has 10 MiB
		t.Errorf("%d bytes are kept", grown)
	}
	k.say(Message{Type: typeVideo, Timestamp: 2, Payload: body})
	d.wait(t, "video 2")
	tooLong := make([]byte, messageMax+1)
	if err := k.out.write(csVideo, Message{Type: typeVideo, Timestamp: 3, Payload: tooLong}); err == nil {
		_ = k.out.flush() // the server may have hung up already
	}
	d.wait(t, "close room")
}

// A publisher whose bytes drip is cut off, though each of them comes in time.
func TestDrippingMessage(t *testing.T) {
	d := newDesk()
	k := newTalk(t, serve(t, &Server{Handler: d, IdleTimeout: 300 * time.Millisecond}))
	k.publish()
	if _, err := k.conn.Write([]byte{6, 0, 0, 0, 0, 0xff, 0xff, 9, 1, 0, 0, 0}); err != nil { // 65535 bytes to come
		t.Fatal(err)
	}
	start := time.Now()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := k.conn.Write([]byte{0x17}); err != nil {
			break
		}
		if time.Since(start) > time.Minute {
			t.Fatal("drips for a minute")
		}
	}
	d.wait(t, "close room")
}
