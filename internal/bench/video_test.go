package bench

import (
	"os/exec"
	"testing"
)

// What an upload costs stands beside one encoding of the same film, and nothing of either stays behind.
func TestFilmsAreMeasured(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("no ffmpeg here")
	}
	temp := in(t, "")
	var b Bench
	if err := b.films(t.Context(), film{width: 90, height: 160, seconds: 1, bits: 200_000}); err != nil {
		t.Fatal(err)
	}
	empty(t, temp)
	for _, f := range b.figures {
		if f.Area != videoArea || f.Value <= 0 {
			t.Errorf("%+v", f)
		}
	}
	if len(b.figures) != 3 {
		t.Errorf("%d figures", len(b.figures))
	}
}
