package signed_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/clock"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/signed"
)

func links(t *testing.T, key byte, kind string, c clock.Clock) signed.Links {
	t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{key}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return signed.Links{Seal: box, Clock: c, Kind: kind, Every: time.Hour}
}

// A token opens its folder until it ends, and nothing else ever: no other folder, kind or key, and not with one letter
// changed.
func TestATokenOpensOneFolderForAWhile(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC))
	l := links(t, 1, "film", c)
	others := []signed.Links{links(t, 2, "film", c), links(t, 1, "other", c)}
	rapid.Check(t, func(rt *rapid.T) {
		c.Advance(time.Duration(rapid.IntRange(0, 7200).Draw(rt, "later")) * time.Second)
		folder := rapid.StringMatching(`[a-z0-9/]{0,20}`).Draw(rt, "folder")
		token := l.Token(folder)
		if !l.Opens(token, folder) || strings.ContainsAny(token, "/?#%") {
			rt.Fatalf("%q does not open %q", token, folder)
		}
		for _, o := range others {
			if o.Opens(token, folder) {
				rt.Fatal("it opens what is of another kind or key")
			}
		}
		if l.Opens(token, folder+"x") || l.Opens("", folder) || l.Opens(strings.ToUpper(token), folder) {
			rt.Fatal("it opens another folder, or is written otherwise")
		}
		b := []byte(token)
		i := rapid.IntRange(0, len(b)-1).Draw(rt, "at")
		b[i] = rapid.Byte().Draw(rt, "letter")
		if string(b) != token && l.Opens(string(b), folder) {
			rt.Fatalf("%q opens what %q does", b, token)
		}
		lives := time.Duration(rapid.IntRange(0, 10800).Draw(rt, "seconds")) * time.Second
		c.Advance(lives)
		if open := l.Opens(token, folder); open && lives >= 2*time.Hour || !open && lives < time.Hour {
			rt.Fatalf("after %s it opens: %v", lives, open)
		}
	})
}
