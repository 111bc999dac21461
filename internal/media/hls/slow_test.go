package hls_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/media/hls"
)

// A viewer that asks and does not read is let go after three target durations.
func TestSlowReaderIsLetGo(t *testing.T) {
	w := hls.New(hls.Options{Clock: clock.Real{}, PartTarget: partTarget, TargetDuration: time.Second})
	w.Begin(&hls.Init{Generation: 7, Data: []byte("init")}, start, false)
	if err := w.Add(hls.Part{Data: hls.Body{make([]byte, 64<<20)}, Duration: time.Second}); err != nil {
		t.Fatal(err)
	}
	h, done := hls.NewHandler(), make(chan time.Duration, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		began := time.Now()
		h.Serve(rw, r, w, "7/p0.m4s")
		done <- time.Since(began)
	}))
	defer srv.Close()
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	select {
	case d := <-done:
		if d < 2*time.Second {
			t.Errorf("let go after %v", d)
		}
	case <-time.After(time.Minute):
		t.Fatal("the handler is still writing")
	}
}
