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
	"hawker/internal/base/id"
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
	s := account.New(db, box(f), nil)
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

// TestPasswords: the bounds, in letters and not in bytes, and that nothing but the
// password opens.
func TestPasswords(t *testing.T) {
	t.Parallel()
	s, db, _ := open(t)
	for name, c := range map[string]struct {
		password string
		code     string
	}{
		"seven letters":                      {"1234567", "account.weak_password"},
		"seven of two signs each":            {strings.Repeat("e\u0301", 7), "account.weak_password"},
		"257 letters":                        {strings.Repeat("x", 257), "account.weak_password"},
		"eight of three bytes each":          {strings.Repeat("密", 8), ""},
		"256 letters of a kilobyte together": {strings.Repeat("🔑", 256), ""},
		"blanks at both ends":                {"  secret  ", ""},
		"a byte of nothing":                  {"secret\x00one", ""},
	} {
		email := id.Make[id.User](db).String() + "@example.com"
		_, err := s.Register(t.Context(), account.Registration{Email: email, Password: c.password, DisplayName: "x"})
		if fault.Code(err) != c.code || (c.code == "" && err != nil) {
			t.Errorf("%s: %v, want %q", name, err, c.code)
			continue
		}
		if c.code != "" {
			continue
		}
		for _, wrong := range []string{
			"", strings.TrimSpace(c.password), c.password + "x",
			c.password[:len(c.password)-1],
		} {
			if _, err := s.SignIn(t.Context(), email, wrong); wrong != c.password &&
				fault.Code(err) != "account.wrong_password" {
				t.Errorf("%s: opened by %q: %v", name, wrong, err)
			}
		}
		if _, err := s.SignIn(t.Context(), email, c.password); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
