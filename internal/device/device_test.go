package device_test

import (
	"strings"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/device"
	"hawker/internal/platform/secret"
)

func box(t *testing.T, key byte) *secret.Box {
	t.Helper()
	b, err := secret.NewBox([]byte(strings.Repeat(string(key), secret.KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A browser is known to whoever signed in from it, by the same name each time, and to nobody else.
func TestABrowserIsKnownToWhoSignedIn(t *testing.T) {
	t.Parallel()
	b, ann, ben := box(t, 'a'), id.FromInt[id.User](1), id.FromInt[id.User](2)
	cookie := device.Known(b, "", ann)
	name := device.NameOf(b, cookie, ann)
	if name == "" || device.NameOf(b, cookie, ben) != "" {
		t.Errorf("ann %q, ben %q", name, device.NameOf(b, cookie, ben))
	}
	both := device.Known(b, cookie, ben)
	if device.NameOf(b, both, ann) != name || device.NameOf(b, both, ben) == "" {
		t.Errorf("after ben: ann %q, ben %q", device.NameOf(b, both, ann), device.NameOf(b, both, ben))
	}
	if again := device.Known(b, both, ann); device.NameOf(b, again, ann) != name {
		t.Errorf("ann comes again as %q, was %q", device.NameOf(b, again, ann), name)
	}
}

// What we did not write counts for nothing: another's name in one's own line, or a line of another mall.
func TestALineIsProved(t *testing.T) {
	t.Parallel()
	ann, ben := id.FromInt[id.User](1), id.FromInt[id.User](2)
	cookie := device.Known(box(t, 'a'), "", ann)
	for what, line := range map[string]string{
		"another's":       strings.Replace(cookie, ann.String(), ben.String(), 1),
		"another's proof": cookie[:len(cookie)-1] + "!",
		"nothing":         "",
		"too few parts":   ben.String() + ".x",
	} {
		if got := device.NameOf(box(t, 'a'), line, ben); got != "" {
			t.Errorf("%s: ben is known as %q", what, got)
		}
	}
	if got := device.NameOf(box(t, 'b'), cookie, ann); got != "" {
		t.Errorf("another mall knows ann as %q", got)
	}
}

// A cookie stays small, whoever signs in.
func TestPeopleOfOneBrowserAreFew(t *testing.T) {
	t.Parallel()
	b, cookie := box(t, 'a'), ""
	for n := range 9 {
		cookie = device.Known(b, cookie, id.FromInt[id.User](int64(n+1)))
	}
	last := id.FromInt[id.User](9)
	if n := strings.Count(cookie, "~") + 1; n > 4 || device.NameOf(b, cookie, last) == "" {
		t.Errorf("%d lines, the last is known as %q", n, device.NameOf(b, cookie, last))
	}
}
