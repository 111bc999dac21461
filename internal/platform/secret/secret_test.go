package secret_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hawker/internal/platform/secret"
)

func box(t *testing.T, master byte) *secret.Box {
	t.Helper()
	b, err := secret.NewBox(bytes.Repeat([]byte{master}, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOnlyTheSameBoxAndPlaceOpen(t *testing.T) {
	t.Parallel()
	b := box(t, 1)
	sealed := b.Seal([]byte("13800000000"), "address adr_1")
	if plain, err := b.Open(sealed, "address adr_1"); err != nil || string(plain) != "13800000000" {
		t.Fatal(string(plain), err)
	}
	if again := b.Seal([]byte("13800000000"), "address adr_1"); again == sealed {
		t.Error("equal values look equal")
	}
	if _, err := b.Open(sealed, "address adr_2"); err == nil {
		t.Error("opened in another row")
	}
	if _, err := box(t, 2).Open(sealed, "address adr_1"); err == nil {
		t.Error("opened with another key")
	}
	for i := range sealed {
		torn := []byte(sealed)
		torn[i] ^= 1
		if plain, err := b.Open(string(torn), "address adr_1"); err == nil &&
			i < len(sealed)-1 { // the last letter holds unused bits
			t.Errorf("opened with letter %d changed: %q", i, plain)
		}
	}
	id := b.KeyID() + "."
	for _, text := range []string{
		"", "v1.", "v1." + sealed[3:], "v2.", "v2." + id, "v2" + sealed[3+len(id):],
		"v3." + sealed[3:], sealed[:len(sealed)/2],
	} {
		if _, err := b.Open(text, "address adr_1"); err == nil {
			t.Errorf("opened %q", text)
		}
	}
}

func TestTheIndexFindsEqualValuesOfOnePurpose(t *testing.T) {
	t.Parallel()
	b := box(t, 1)
	i := b.Index("a@b.example", "e-mail")
	if i != b.Index("a@b.example", "e-mail") || i == b.Index("a@c.example", "e-mail") || i == b.Index("a@b.example",
		"key") || i == box(t, 2).Index("a@b.example", "e-mail") {
		t.Error("the index does not tell values, purposes and keys apart")
	}
}

func TestTheKeyIsMadeOnceForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "master.key")
	first, err := secret.LoadOrCreateKey(path)
	if err != nil || len(first) != secret.KeySize {
		t.Fatal(first, err)
	}
	if again, err := secret.LoadOrCreateKey(path); err != nil || !bytes.Equal(first, again) {
		t.Errorf("another key, %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := secret.NewBox(first[:16]); err == nil {
		t.Error("half a key is taken")
	}
}

// What was sealed before values named their key is read on; a value that names
// another key is told as such.
func TestValuesNameTheirKey(t *testing.T) {
	t.Parallel()
	b := box(t, 1)
	sealed := b.Seal([]byte("x"), "here")
	body, named := strings.CutPrefix(sealed, "v2."+b.KeyID()+".")
	if !named {
		t.Fatalf("%q does not name key %s", sealed, b.KeyID())
	}
	if plain, err := b.Open("v1."+body, "here"); err != nil || string(plain) != "x" {
		t.Errorf("a value of before: %q, %v", plain, err)
	}
	if _, err := box(t, 2).Open(sealed, "here"); !errors.Is(err, secret.ErrOtherKey) {
		t.Errorf("another's: %v", err)
	}
}
