package account_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/platform/sqldb/sqltest"
)

// One mailbox is one account, whichever keyboard and however many capitals it is typed
// with.
func TestAMailboxIsOneAccountHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	s, _, _ := open(t)
	for registered, typed := range map[string][]string{
		"wang@example.com":         {"WANG@EXAMPLE.COM", "\twang@Example.com\n", " wang@example.com"},
		"ren\u00e9@example.com":    {"rene\u0301@example.com", "REN\u00c9@example.com", "RENE\u0301@EXAMPLE.com"},
		"J\u030co@example.com":     {"\u01f0o@example.com", "j\u030co@example.com", "J\u030cO@example.com"},
		"\u212a@example.com":       {"k@example.com", "K@example.com"}, // the sign of Kelvin
		"王@example.com":            {"王@EXAMPLE.com"},
		"a.b+c@example.com":        {"A.B+C@example.com"},
		"o'neil@mail.example.com":  {"O'NEIL@mail.example.com"},
		"\u0130stanbul@example.tr": {"\u0130STANBUL@example.tr"},
	} {
		u := register(t, s, registered)
		for _, text := range append(typed, u.Email, registered) {
			if got, err := s.ByEmail(t.Context(), text); err != nil || got.ID != u.ID {
				t.Errorf("%q is not the account of %q: %+v, %v", text, registered, got, err)
			}
			_, err := s.Register(t.Context(), account.Registration{
				Email: text, Password: password, DisplayName: "x",
			})
			if fault.Code(err) != "account.email_taken" {
				t.Errorf("%q beside %q: %v", text, registered, err)
			}
		}
	}
}

// FuzzEmail asks for whatever is typed at the door: it is found, not there, or no
// address; and what an account is kept under is found by itself.
func FuzzEmail(f *testing.F) {
	for _, seed := range []string{
		"", "@", "a@b", "a@b@c", `"a b"@c.d`, "a@b\x00", "A\u030a@x.y", strings.Repeat("a", 400) + "@b.c", "a@[::1]",
		"\u202ea@b.c", "a@b.c,d@e.f", "x <a@b.c>", "<a@b.c>", "(c)a@b.c", "=?utf-8?q?a?=@b.c", "a@b.c\r\nBcc: d@e.f",
	} {
		f.Add(seed)
	}
	db := sqltest.NewSQLite(f)
	s := account.New(account.Options{DB: db, Box: box(f)})
	f.Fuzz(func(t *testing.T, text string) {
		_, err := s.ByEmail(t.Context(), text)
		switch fault.Code(err) {
		case "account.bad_email":
			return
		case "account.not_found":
		default:
			t.Fatalf("%q: %v", text, err)
		}
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\r\n\x00\u202e") && strings.TrimSpace(text) == text {
			t.Errorf("%q is taken for an address", text)
		}
		for _, other := range []string{strings.ToUpper(text), strings.ToLower(text), norm.NFD.String(text)} {
			if _, err := s.ByEmail(t.Context(), other); fault.Code(err) != "account.not_found" &&
				fault.Code(err) != "account.bad_email" {
				t.Errorf("%q: %v", other, err)
			}
		}
	})
}

// Many who register one address at once: one of them has it.
func TestOneAddressRegisteredAtOnce(t *testing.T) {
	t.Parallel()
	s, _, _ := open(t)
	var group sync.WaitGroup
	var made, taken atomic.Int64
	for range 6 {
		group.Go(func() {
			_, err := s.Register(t.Context(), account.Registration{
				Email: "wang@example.com", Password: password, DisplayName: "王",
			})
			switch {
			case err == nil:
				made.Add(1)
			case fault.Code(err) == "account.email_taken":
				taken.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if made.Load() != 1 || taken.Load() != 5 {
		t.Errorf("%d accounts, %d refused", made.Load(), taken.Load())
	}
}
