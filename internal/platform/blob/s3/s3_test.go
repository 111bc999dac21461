package s3_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"hawker/internal/platform/blob"
	"hawker/internal/platform/blob/blobtest"
	"hawker/internal/platform/blob/s3"
	"hawker/internal/platform/blob/s3/s3test"
	"hawker/internal/platform/config"
)

func TestBucket(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store { return s3test.Open(t) })
}

func noise(size int) []byte {
	raw := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(raw)
	return raw
}

// A blob of several pieces is the same behind the server, whatever its size is to a piece.
func TestPieces(t *testing.T) {
	t.Parallel()
	b := s3test.Open(t)
	for _, size := range []int{8<<20 - 1, 8 << 20, 8<<20 + 1, 20 << 20} {
		raw := noise(size)
		if n, err := b.Put(t.Context(), "a/film.mp4", bytes.NewReader(raw)); n != int64(size) || err != nil {
			t.Fatalf("%d bytes: %d, %v", size, n, err)
		}
		got, err := b.Open(t.Context(), "a/film.mp4", blob.Range{})
		if err != nil {
			t.Fatal(err)
		}
		back, err := io.ReadAll(got)
		if err != nil || !bytes.Equal(back, raw) {
			t.Errorf("%d bytes come back as %d others, %v", size, len(back), err)
		}
		if err := got.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What breaks off in the middle of a blob leaves nothing that takes room, wherever it was.
func TestNothingIsLeftOfWhatBrokeOff(t *testing.T) {
	t.Parallel()
	b := s3test.Open(t)
	for _, after := range []int{0, 1, 8 << 20, 8<<20 + 1, 17 << 20} {
		torn := io.MultiReader(bytes.NewReader(noise(after)), iotest.ErrReader(io.ErrUnexpectedEOF))
		if _, err := b.Put(t.Context(), "a/film.mp4", torn); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("after %d bytes: %v", after, err)
		}
	}
	if n, err := b.Tidy(t.Context(), time.Now().Add(time.Hour)); n != 0 || err != nil {
		t.Errorf("%d uploads were left, %v", n, err)
	}
	if all, err := b.List(t.Context(), "", "", 10); len(all) != 0 || err != nil {
		t.Errorf("there is %v, %v", all, err)
	}
}

// A signed address is for everybody who has it, for one blob, unchanged.
func TestSigned(t *testing.T) {
	t.Parallel()
	b := s3test.Open(t)
	for _, key := range []string{"a/1.m4s", "a/2.m4s"} {
		if _, err := b.Put(t.Context(), key, strings.NewReader(key)); err != nil {
			t.Fatal(err)
		}
	}
	address, err := b.Signed(t.Context(), "a/1.m4s", time.Hour)
	if err != nil || !strings.HasPrefix(address, b.Origin()+"/") || !strings.Contains(address, "X-Amz-Expires=3600") {
		t.Fatalf("%s, %v", address, err)
	}
	plain, _, _ := strings.Cut(address, "?")
	for what, c := range map[string]struct {
		address string
		status  int
	}{
		"signed":          {address, http.StatusOK},
		"for longer":      {strings.Replace(address, "Expires=3600", "Expires=36000", 1), http.StatusForbidden},
		"another blob":    {strings.Replace(address, "1.m4s", "2.m4s", 1), http.StatusForbidden},
		"without anybody": {plain, http.StatusForbidden},
	} {
		res, err := http.Get(c.address)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err = errors.Join(err, res.Body.Close()); err != nil || res.StatusCode != c.status {
			t.Errorf("%s: %d %s, %v", what, res.StatusCode, body, err)
		}
		if c.status == http.StatusOK && (string(body) != "a/1.m4s" || res.Header.Get("Content-Type") != "video/iso.segment") {
			t.Errorf("%s: %q %v", what, body, res.Header)
		}
	}
	if _, err := b.Signed(t.Context(), "../1.m4s", time.Hour); !errors.Is(err, blob.ErrBadKey) {
		t.Error(err)
	}
}

// A server that is not there, will not let us in or has no such bucket is away: nothing of
// it says that a blob is gone. No error tells the secret.
func TestAway(t *testing.T) {
	t.Parallel()
	right := s3test.Settings(t)
	wrong, gone := right, right
	wrong.Secret = "no such secret"
	gone.URL = "http://127.0.0.1:1/bucket"
	for what, o := range map[string]config.Objects{"wrong secret": wrong, "no server": gone} {
		b, err := s3.Of(o)
		if err != nil {
			t.Fatal(err)
		}
		_, put := b.Put(t.Context(), "a.txt", strings.NewReader("x"))
		_, open := b.Open(t.Context(), "a.txt", blob.Range{})
		_, stat := b.Stat(t.Context(), "a.txt")
		_, list := b.List(t.Context(), "", "", 1)
		for verb, err := range map[string]error{
			"put": put, "open": open, "stat": stat, "list": list, "delete": b.Delete(t.Context(), "a.txt"),
			"ping": b.Ping(t.Context()),
		} {
			if !errors.Is(err, blob.ErrAway) || strings.Contains(err.Error(), o.Secret) {
				t.Errorf("%s, %s: %v", what, verb, err)
			}
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	right.URL = right.URL[:strings.Index(right.URL, "hawker-test")] + "no-such-bucket"
	b, err := s3.Of(right)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Ping(t.Context()); !errors.Is(err, blob.ErrAway) {
		t.Errorf("no bucket: %v", err)
	}
}
