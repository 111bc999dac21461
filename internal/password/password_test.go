package password_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/password"
)

// TestPasswords: the bounds, in letters and not in bytes, and what anybody would try.
func TestPasswords(t *testing.T) {
	t.Parallel()
	const weak, common = "account.weak_password", "account.common_password"
	for text, want := range map[string]string{
		"1234567": weak, strings.Repeat("e\u0301", 7): weak, strings.Repeat("abcd", 33): weak, "": weak,
		"\xff12345678": weak, "密码很长很长啊对": "", strings.Repeat("🔑🗝🚪🔒", 32): "", "  secret  ": "", "secret\x00one": "",
		"password": common, "PASSWORD": common, "12345678": common, "ｐａｓｓｗｏｒｄ": common, "iloveyou": common,
		"        ": common, "\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b": common, "aaaaaaaaaaaa": common,
		"abababababab": common, " password ": common, "trustno1": common, "correct horse": "",
		"hawker123": common, "Haw-ker-2026": common, "wang.li99": common, "wangli-wangli-": common,
		"my hawker teapot":   "",
		"wangli and the sea": "",
	} {
		err := password.Check(text, "Hawker", "wang.li@example.com", "ab")
		if fault.Code(err) != want {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if n := password.Common(); n < 3000 { // ASVS 5, 6.2.4
		t.Errorf("%d common passwords are known", n)
	}
}

// A hash opens by its password alone, whichever keyboard it comes from, and so does one of
// before compatibility signs were taken for one another.
func TestHashes(t *testing.T) {
	t.Parallel()
	h := password.NewHasher()
	for _, c := range []struct{ kept, same, other string }{
		{"caf\u00e9 au lait", "cafe\u0301 au lait", "cafe au lait"},
		{"Ｗｉｄｅ open", "Wide open", "wide open"},
		{" blanks ", " blanks ", "blanks"},
	} {
		hash, err := h.Hash(t.Context(), c.kept)
		if err != nil || !strings.HasPrefix(hash, "$argon2id$") || strings.Contains(hash, c.kept) {
			t.Fatal(hash, err)
		}
		for text, want := range map[string]bool{c.kept: true, c.same: true, c.other: false, "": false} {
			if got, err := h.Matches(t.Context(), text, hash); got != want || err != nil {
				t.Errorf("%q against %q: %v, %v", text, c.kept, got, err)
			}
		}
	}
	// argon2id of "Ｗｉｄｅ open" in the form of NFC, as it was kept before.
	const before = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + nfcSum
	if ok, err := h.Matches(t.Context(), "Ｗｉｄｅ open", before); !ok || err != nil {
		t.Errorf("a hash of before: %v, %v", ok, err)
	}
	for _, phc := range []string{"", "$argon2id$v=19", "x"} {
		if ok, _ := h.Matches(t.Context(), "", phc); ok {
			t.Errorf("%q opened", phc)
		}
	}
}

// Whoever comes when too many wait hears it at once, and those who wait are served.
func TestTooManyHashesAtOnce(t *testing.T) {
	t.Parallel()
	h := password.NewHasher()
	var busy, done, other int
	var mu sync.Mutex
	var group sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for range 400 {
		group.Go(func() {
			_, err := h.Hash(ctx, "a long password")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case fault.Code(err) == "auth.busy":
				busy++
			case err == nil:
				done++
				if done == 4 {
					cancel()
				}
			default:
				other++
			}
		})
	}
	group.Wait()
	cancel()
	if busy < 50 || done < 4 || busy+done+other != 400 {
		t.Errorf("%d heard that it takes too long, %d were served, %d gave up", busy, done, other)
	}
}

const nfcSum = "wys4UC1YDxP6TwR1dgpM3aKzp23s7VIoIqD4dHybFWk"
