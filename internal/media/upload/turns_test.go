package upload_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/media/upload"
)

const prefix = "/uploads/"

// door serves uploads of one owner.
func door(t *testing.T, dir string) *httptest.Server {
	t.Helper()
	s, err := upload.NewStore(dir, clock.NewManual(time.Now()), claimed{})
	if err != nil {
		t.Fatal(err)
	}
	h, err := s.Handler(upload.Door{
		Prefix: prefix, SizeMax: 1 << 20, Owner: func(*http.Request) string { return "usr_a" },
		Refuse: func(rw http.ResponseWriter, _ *http.Request,
			err error,
		) {
			http.Error(rw, fault.Code(err), http.StatusTeapot)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	return web
}

func ask(t *testing.T, web *httptest.Server, method, path string, body io.Reader, header ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, web.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	header = append(header, "Tus-Resumable", "1.0.0", "Content-Type", "application/offset+octet-stream")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := web.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// offset is how much of an upload is there; the request takes the upload over.
func offset(t *testing.T, web *httptest.Server, path string) int {
	t.Helper()
	n, err := strconv.Atoi(ask(t, web, http.MethodHead, path, nil).Header.Get("Upload-Offset"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// grown waits until so much of an upload has been written.
func grown(t *testing.T, name string, size int) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if info, err := os.Stat(name); err == nil && info.Size() >= int64(size) {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("the upload does not grow")
		}
	}
}

// A sender that comes back is not kept waiting by its own earlier request, however long
// that would have waited for bytes, and loses nothing of it.
func TestWhoComesBackTakesOver(t *testing.T) {
	dir := t.TempDir()
	web := door(t, dir)
	content := bytes.Repeat([]byte("0123456789"), 1000)
	path := ask(t, web, http.MethodPost, prefix, nil, "Upload-Length",
		strconv.Itoa(len(content))).Header.Get("Location")
	const rounds = 5
	for round := range rounds - 1 {
		from, to := len(content)*round/rounds, len(content)*(round+1)/rounds
		line, far := io.Pipe() // the sender neither goes on nor hangs up
		ended := make(chan int, 1)
		go func() {
			req, err := http.NewRequest(http.MethodPatch, web.URL+path, line)
			if err != nil {
				t.Error(err)
			}
			req.Header.Set("Tus-Resumable", "1.0.0")
			req.Header.Set("Content-Type", "application/offset+octet-stream")
			req.Header.Set("Upload-Offset", strconv.Itoa(from))
			res, err := web.Client().Do(req)
			if err != nil {
				ended <- 0 // the connection was closed under it
				return
			}
			_ = res.Body.Close()
			ended <- res.StatusCode
		}()
		if _, err := far.Write(content[from:to]); err != nil {
			t.Fatal(err)
		}
		grown(t, filepath.Join(dir, filepath.Base(path)), to)
		if got := offset(t, web, path); got != to {
			t.Errorf("round %d: %d bytes are there, want %d", round, got, to)
		}
		if status := <-ended; status == http.StatusNoContent {
			t.Errorf("round %d: the request that was cut off was answered %d", round, status)
		}
		_ = far.Close()
	}
	from := len(content) * (rounds - 1) / rounds
	res := ask(t, web, http.MethodPatch, path, bytes.NewReader(content[from:]), "Upload-Offset", strconv.Itoa(from))
	if res.StatusCode != http.StatusNoContent || offset(t, web, path) != len(content) {
		t.Errorf("the rest: %d, %d bytes of %d are there", res.StatusCode, offset(t, web, path), len(content))
	}
}

// Whoever is cut off keeps the connection, and what comes on it next is not touched: a look at
// an upload has nothing to be cut off from, and may be over by the time it is its turn to be.
func TestTakingOverSpoilsNoConnection(t *testing.T) {
	web := door(t, t.TempDir())
	path := ask(t, web, http.MethodPost, prefix, nil, "Upload-Length", "10").Header.Get("Location")
	var wg sync.WaitGroup
	for range 4 {
		client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
		t.Cleanup(client.CloseIdleConnections)
		wg.Go(func() {
			for i := range 200 {
				req, err := http.NewRequest(http.MethodHead, web.URL+path, nil)
				if err != nil {
					t.Error(err)
					return
				}
				req.Header.Set("Tus-Resumable", "1.0.0")
				res, err := client.Do(req)
				if err != nil {
					t.Errorf("look %d: %v", i, err)
					return
				}
				_ = res.Body.Close()
				if res.StatusCode != http.StatusOK {
					t.Errorf("look %d is answered %d", i, res.StatusCode)
					return
				}
			}
		})
	}
	wg.Wait()
}

// A part that was held back on its way and comes after its successor began neither ends that nor waits for it.
func TestWhatComesTooLateInterruptsNobody(t *testing.T) {
	dir := t.TempDir()
	web := door(t, dir)
	content := []byte("0123456789")
	path := ask(t, web, http.MethodPost, prefix, nil, "Upload-Length", "10").Header.Get("Location")
	ask(t, web, http.MethodPatch, path, bytes.NewReader(content[:4]), "Upload-Offset", "0")

	line, far := io.Pipe()
	ended := make(chan int, 1)
	go func() { ended <- ask(t, web, http.MethodPatch, path, line, "Upload-Offset", "4").StatusCode }()
	if _, err := far.Write(content[4:7]); err != nil {
		t.Fatal(err)
	}
	grown(t, filepath.Join(dir, filepath.Base(path)), 7)
	late := ask(t, web, http.MethodPatch, path, bytes.NewReader(content[:4]), "Upload-Offset", "0")
	if code, _ := io.ReadAll(late.Body); strings.TrimSpace(string(code)) != "upload.outdated" {
		t.Errorf("the late part is answered %d %s", late.StatusCode, code)
	}
	if _, err := far.Write(content[7:]); err != nil {
		t.Fatal(err)
	}
	_ = far.Close()
	if status := <-ended; status != http.StatusNoContent || offset(t, web, path) != len(content) {
		t.Errorf("its successor: %d, %d bytes are there", status, offset(t, web, path))
	}
}
