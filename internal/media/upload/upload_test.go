package upload_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/media/upload"
)

// claimed is the set of uploads in use.
type claimed map[string]bool

func (c claimed) UploadClaimed(_ context.Context, upload string) (bool, error) { return c[upload], nil }

func TestSweepKeepsWhatIsFreshOrClaimed(t *testing.T) {
	dir, claims, hands := t.TempDir(), claimed{}, clock.NewManual(time.Now())
	s, err := upload.NewStore(dir, hands, claims)
	if err != nil {
		t.Fatal(err)
	}
	var made []string
	for range 3 {
		u, err := s.Import(t.Context(), "usr_a", "clip.mp4", strings.NewReader("content"))
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, u)
	}
	claims[made[0]] = true
	hands.Advance(upload.KeepFor + time.Minute)
	fresh := hands.Now()
	if err := os.Chtimes(filepath.Join(dir, made[1]), fresh, fresh); err != nil { // its last byte has just come
		t.Fatal(err)
	}
	if n, err := s.Sweep(t.Context()); n != 1 || err != nil {
		t.Errorf("swept %d (%v)", n, err)
	}
	for i, want := range []string{"", "", "upload.not_found"} {
		f, err := s.Finished(t.Context(), made[i], "usr_a")
		if fault.Code(err) != want || (err == nil && (f.Size != 7 || f.Name != "clip.mp4")) {
			t.Errorf("upload %d: %+v %v", i, f, err)
		}
	}
	if _, err := s.Finished(t.Context(), made[0], "usr_b"); fault.Code(err) != "upload.not_found" {
		t.Errorf("somebody else's: %v", err)
	}
}
