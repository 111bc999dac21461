package signed_test

import (
	"bytes"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/signed"
)

// FuzzOpens shows anything as a token of a folder: only what was made for it opens it.
func FuzzOpens(f *testing.F) {
	box, err := secret.NewBox(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		f.Fatal(err)
	}
	l := signed.Links{
		Seal: box, Clock: clock.NewManual(time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)), Kind: "film",
		Every: time.Hour,
	}
	for _, token := range []string{
		l.Token("vid_1"), l.Token("vid_2"), "", "-", "zzzzzzzzzzzzz-", "-1-x", "+9-x",
		"\x00-\xff",
	} {
		f.Add(token, "vid_1")
	}
	f.Fuzz(func(t *testing.T, token, folder string) {
		if l.Opens(token, folder) && token != l.Token(folder) {
			t.Errorf("%q opens %q", token, folder)
		}
	})
}
