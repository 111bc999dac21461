package hls_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/iotest"
	"time"

	"hawker/internal/media/hls"
)

// odd is a body of pieces of all sizes, none and more than a socket takes at once among them.
func odd() hls.Body {
	var b hls.Body
	for i, size := range []int{72, 0, 1, 90_000, 5, 600_000, 3, 4096, 0} {
		b = append(b, bytes.Repeat([]byte{byte('a' + i)}, size))
	}
	for i := range 2000 { // more than one call of the kernel takes
		b = append(b, []byte{byte(i), byte(i >> 8)})
	}
	return b
}

// However many pieces a part has and however it is fetched, it is its pieces in their order.
func TestABodyIsItsPieces(t *testing.T) {
	t.Parallel()
	b := odd()
	want := slices.Concat(b...)
	if b.Len() != len(want) {
		t.Fatalf("%d bytes of %d", b.Len(), len(want))
	}
	if err := iotest.TestReader(b.Reader(), want); err != nil {
		t.Error(err)
	}
	if got, err := io.ReadAll(b.Reader()); err != nil || !bytes.Equal(got, want) {
		t.Errorf("read again: %d bytes, %v", len(got), err)
	}
	s := newStage(t)
	s.segment(false)
	for range 2 {
		if err := s.w.Add(hls.Part{Data: b, Duration: 500 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
	}
	s.w.Finish()
	serve := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		hls.NewHandler().Serve(rw, r, s.w, r.URL.Path[1:])
	})
	for name, start := range map[string]func(*httptest.Server){
		"plain": func(srv *httptest.Server) { srv.Start() },
		"TLS":   func(srv *httptest.Server) { srv.StartTLS() },
		"HTTP/2": func(srv *httptest.Server) {
			srv.EnableHTTP2 = true
			srv.StartTLS()
		},
	} {
		srv := httptest.NewUnstartedServer(serve)
		start(srv)
		for path, want := range map[string][]byte{"/7/p0.m4s": want, "/7/s103.m4s": append(slices.Clone(want), want...)} {
			got, length := fetch(t, srv, path)
			if !bytes.Equal(got, want) || length != int64(len(want)) {
				t.Errorf("%s by %s: %d bytes of %d, length %d", path, name, len(got), len(want), length)
			}
		}
		srv.Close()
	}
}

func fetch(t *testing.T, srv *httptest.Server, path string) ([]byte, int64) {
	t.Helper()
	res, err := srv.Client().Get(srv.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got, res.ContentLength
}
