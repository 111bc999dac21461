package secret_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/platform/secret"
)

// Processes that start at once on a new folder use one key: what one seals all open,
// also after they have started again.
func TestProcessesThatStartAtOnceHaveOneKey(t *testing.T) {
	t.Parallel()
	for range 20 {
		path := filepath.Join(t.TempDir(), "keys", "master.key")
		keys := make([][]byte, 8)
		var group sync.WaitGroup
		for i := range keys {
			group.Go(func() {
				var err error
				if keys[i], err = secret.LoadOrCreateKey(path); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		stored, err := secret.LoadOrCreateKey(path)
		for _, key := range keys {
			if err != nil || !bytes.Equal(key, stored) || len(key) != secret.KeySize {
				t.Fatalf("a process seals with a key that is nowhere: %v", err)
			}
		}
		if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

// A file that is no key is refused by its name, is not shown and is not written over:
// what was sealed with what it was may still be saved.
func TestWhatIsNoKey(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("ab", secret.KeySize)
	for text, ok := range map[string]bool{
		good: true, good + "\n": true, "  " + strings.ToUpper(good) + "\r\n": true, "": false, "\n": false,
		good[:62]: false, good + "ab": false, good[:63]: false, "zz" + good[2:]: false, "hunter2": false,
	} {
		path := filepath.Join(t.TempDir(), "master.key")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		key, err := secret.LoadOrCreateKey(path)
		if (err == nil) != ok || ok && hex.EncodeToString(key) != good {
			t.Errorf("%q: %x, %v", text, key, err)
		}
		if err != nil && (!strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%q is refused as %v", text, err)
		}
		if now, rerr := os.ReadFile(path); string(now) != text || rerr != nil {
			t.Errorf("%q was written over by %q, %v", text, now, rerr)
		}
	}
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "file", "master.key")} {
		if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if key, err := secret.LoadOrCreateKey(path); err == nil {
			t.Errorf("%s is the key %x", path, key)
		}
	}
}

// What is sealed comes out as it went in, nowhere else, and shows nothing of itself.
func TestWhatIsSealedComesOut(t *testing.T) {
	t.Parallel()
	b := box(t, 1)
	rapid.Check(t, func(rt *rapid.T) {
		plain := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(rt, "plain")
		context, other := rapid.String().Draw(rt, "context"), rapid.String().Draw(rt, "other")
		sealed := b.Seal(plain, context)
		if got, err := b.Open(sealed, context); err != nil || !bytes.Equal(got, plain) {
			rt.Fatalf("%x came out as %x, %v", plain, got, err)
		}
		if len(plain) > 3 && strings.Contains(sealed, string(plain)) {
			rt.Fatalf("%q shows %q", sealed, plain)
		}
		if other == context {
			return
		}
		if got, err := b.Open(sealed, other); err == nil {
			rt.Fatalf("sealed as %q, opened as %q: %x", context, other, got)
		}
	})
}

// FuzzOpen: a sealed value comes from a database that somebody may have written to.
func FuzzOpen(f *testing.F) {
	master := bytes.Repeat([]byte{1}, secret.KeySize)
	b, err := secret.NewBox(master)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "v1.", "v1.AAAA", "v1.====", "v2.x", b.Seal([]byte("x"), "other")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sealed string) {
		if plain, err := b.Open(sealed, "here"); err == nil {
			t.Errorf("%q was opened: %q", sealed, plain)
		}
	})
}
