package s3_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"syscall"
	"testing"
	"time"

	"hawker/internal/platform/blob"
	"hawker/internal/platform/blob/s3"
	"hawker/internal/platform/blob/s3/s3test"
)

// put sends a part as a browser does, and answers the status.
func put(t *testing.T, address string, body []byte) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return http.StatusForbidden // versitygw 1.8.0 refuses before it has read the body, which hides its answer
	}
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		t.Logf("%d %s", res.StatusCode, raw)
	}
	return res.StatusCode
}

// Parts come by addresses that each take one part of one size, in any order and again; the blob
// is there when it is ended, once.
func TestPartsOfOthers(t *testing.T) {
	t.Parallel()
	b := s3test.Open(t)
	ctx, key := t.Context(), "a/b.upload"
	one, two := noise(5<<20), noise(1000)
	sending, err := b.Begin(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(number, size int) string {
		address, err := b.SignPart(ctx, key, sending, s3.Part{Number: number, Size: int64(size)}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return address
	}
	for _, c := range []struct {
		what    string
		address string
		body    []byte
		status  int
	}{
		{"longer than was signed", sign(1, 1000), one, http.StatusForbidden},
		{"shorter", sign(2, 1001), two, http.StatusForbidden},
		{"the last first", sign(2, len(two)), two, http.StatusOK},
		{"another's bytes", sign(1, len(one)), make([]byte, len(one)), http.StatusOK},
		{"again", sign(1, len(one)), one, http.StatusOK},
	} {
		if got := put(t, c.address, c.body); got != c.status {
			t.Errorf("%s: %d, want %d", c.what, got, c.status)
		}
	}
	if _, err := b.Stat(ctx, key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before its end it is there: %v", err)
	}
	parts, err := b.Parts(ctx, key, sending)
	if err != nil || len(parts) != 2 || parts[0].Number != 1 || parts[0].Size != 5<<20 || parts[1].Size != 1000 {
		t.Fatalf("%+v, %v", parts, err)
	}
	if err := b.End(ctx, key, sending, parts); err != nil {
		t.Fatal(err)
	}
	// Some servers remember what they ended (Amazon, versitygw 1.8.0), others do not know it any more.
	if err := b.End(ctx, key, sending, parts); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ended twice: %v", err)
	}
	if _, err := b.Parts(ctx, key, sending); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after its end it has parts: %v", err)
	}
	got, err := b.Open(ctx, key, blob.Range{})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(got)
	if err = errors.Join(err, got.Close()); err != nil || !bytes.Equal(raw, append(one, two...)) {
		t.Errorf("%d bytes came, %v", len(raw), err)
	}
	if err := b.GiveUp(ctx, key, sending); err != nil {
		t.Error(err)
	}
}

// Pages of the origins that are named may send parts, others may not.
func TestPagesThatMaySend(t *testing.T) {
	b := s3test.Open(t)
	rules := b.RulesFor([]string{"https://mall.example"})
	if err := b.SetCors(t.Context(), rules); err != nil {
		t.Fatal(err)
	}
	if err := b.SetLifecycle(t.Context(), rules); err != nil {
		t.Logf("this server keeps no lifecycle: %v", err)
	}
	sending, err := b.Begin(t.Context(), "a/b.upload")
	if err != nil {
		t.Fatal(err)
	}
	address, err := b.SignPart(t.Context(), "a/b.upload", sending, s3.Part{Number: 1, Size: 4}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for origin, allowed := range map[string]string{
		"https://mall.example": "https://mall.example", "https://else.example": "",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", origin)
		req.Header.Set("Access-Control-Request-Method", "PUT")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get("Access-Control-Allow-Origin"); got != allowed {
			t.Errorf("pages of %s: %d, %q", origin, res.StatusCode, got)
		}
	}
}
