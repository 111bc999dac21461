package move_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"hawker/internal/platform/blob"
	"hawker/internal/platform/move"
)

// ending is a store that is away after some blobs.
type ending struct {
	blob.Store

	left int
}

func (e *ending) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	if e.left--; e.left < 0 {
		return 0, blob.ErrAway
	}
	return e.Store.Put(ctx, key, r)
}

func folder(t *testing.T) *blob.Disk {
	t.Helper()
	d, err := blob.NewDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// A move of files that is ended goes on where it was, takes what came meanwhile, and finds
// a copy that is another one.
func TestObjectsAreMoved(t *testing.T) {
	t.Parallel()
	from, to := folder(t), folder(t)
	put := func(s blob.Store, key, text string) {
		t.Helper()
		if _, err := s.Put(t.Context(), key, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 10 {
		put(from, fmt.Sprintf("pictures/%d.jpg", n), fmt.Sprint("picture ", n))
	}
	m := move.Objects{Name: "media", From: from, To: &ending{to, 4}}
	if _, err := m.Run(t.Context()); !errors.Is(err, blob.ErrAway) {
		t.Fatal(err)
	}
	put(from, "pictures/late.jpg", "late")
	var last move.Progress
	m.To, m.Progress = to, func(p move.Progress) { last = p }
	a, err := m.Run(t.Context())
	if err != nil || a.Blobs != 11 || a.Written != 7 || a.Bytes != 94 {
		t.Errorf("%+v, %v", a, err)
	}
	if !last.Proving || last.Done != last.Total || last.Total != 94 {
		t.Errorf("told of %+v", last)
	}
	if a, err = m.Run(t.Context()); err != nil || a.Written != 0 {
		t.Errorf("again: %+v, %v", a, err)
	}
	put(to, "pictures/3.jpg", "Picture 3")
	if _, err = m.Run(t.Context()); !errors.As(err, new(move.Differs)) {
		t.Errorf("another picture was not found: %v", err)
	}
}
