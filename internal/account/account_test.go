package account_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

const password = "a long password"

func open(t *testing.T) (*account.Service, *sqldb.DB, *clock.Manual) {
	t.Helper()
	db, c := sqltest.NewManual(t)
	box, err := secret.NewBox(make([]byte, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return account.New(db, box, cache.NewMemoryLimiter(c)), db, c
}

func register(t *testing.T, s *account.Service, email string) account.User {
	t.Helper()
	u, err := s.Register(t.Context(), account.Registration{Email: email, Password: password, DisplayName: " 小王 "})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestRegister(t *testing.T) {
	t.Parallel()
	s, db, _ := open(t)
	if u := register(t, s, " Wang@Example.com "); u.Email != "wang@example.com" || u.DisplayName != "小王" || u.Operator {
		t.Errorf("%+v", u)
	}
	register(t, s, "Ren\u00e9@example.com")
	for _, c := range []struct {
		name, email, password, display, code string
	}{
		{"taken, in other letters", "WANG@example.com", password, "x", "account.email_taken"},
		{"no e-mail", "wang", password, "x", "account.bad_email"},
		{"a name and an address", "W <w@example.com>", password, "x", "account.bad_email"},
		{"no name", "w@example.com", password, "  ", "account.bad_name"},
		{"a long name", "w@example.com", password, strings.Repeat("王", 33), "account.bad_name"},
		{"a name of nothing to see", "w@example.com", password, "\u200b", "account.bad_name"},
		{"a name that fills a space", "w@example.com", password, "\u3164", "account.bad_name"},
		{"a name that turns what follows", "w@example.com", password, "\u202egnp", "account.bad_name"},
		{"a name of two lines", "w@example.com", password, "a\nb", "account.bad_name"},
		{"a name with a NUL", "w@example.com", password, "a\x00b", "account.bad_name"},
		{"an e-mail whose quotes would be lost", "\"a@b\"@x.com", password, "x", "account.bad_email"},
		{"taken, from another keyboard", "Rene\u0301@example.com", password, "x", "account.email_taken"},
		{"a short password", "w@example.com", "1234567", "x", "account.weak_password"},
		{"a huge password", "w@example.com", strings.Repeat("x", 257), "x", "account.weak_password"},
	} {
		_, err := s.Register(t.Context(), account.Registration{
			Email: c.email, Password: c.password,
			DisplayName: c.display,
		})
		if fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
	var sealed, hash string
	row := db.Reader().QueryRow(t.Context(), "SELECT email_sealed, password_hash FROM account_user ORDER BY id LIMIT 1")
	if err := row.Scan(&sealed, &hash); err != nil || strings.Contains(sealed, "wang") || !strings.HasPrefix(hash,
		"$argon2id$") || strings.Contains(hash, password) {
		t.Errorf("stored: %q %q, %v", sealed, hash, err)
	}
}

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	s, db, c := open(t)
	u := register(t, s, "wang@example.com")
	for _, try := range [][2]string{
		{"wang@example.com", "wrong password"},
		{"nobody@example.com", password},
		{"wang@example.com", ""},
	} {
		if _, err := s.SignIn(t.Context(), try[0], try[1]); fault.Code(err) != "account.wrong_password" {
			t.Errorf("%v: %v", try, err)
		}
	}
	in, err := s.SignIn(t.Context(), "Wang@example.com", password)
	if err != nil || in.User.ID != u.ID {
		t.Fatal(in, err)
	}
	a, err := s.Authenticate(t.Context(), in.Token)
	if err != nil || a.User != u.ID || a.Operator {
		t.Fatal(a, err)
	}
	var n int
	if err := db.Reader().QueryRow(t.Context(), "SELECT COUNT(*) FROM account_session WHERE token_hash = ?", in.Token).
		Scan(&n); err != nil || n != 0 {
		t.Errorf("the token itself is stored: %v", err)
	}
	other, err := s.Open(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SignOut(t.Context(), a.Session); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Authenticate(t.Context(), in.Token); fault.Code(err) != "auth.session_expired" {
		t.Errorf("after signing out: %v", err)
	}
	c.Advance(30 * 24 * time.Hour)
	if _, err := s.Authenticate(t.Context(), other.Token); fault.Code(err) != "auth.session_expired" {
		t.Errorf("after thirty days: %v", err)
	}
}

// Whoever signs in and out in a loop must not make everybody else's sessions be
// read from the database anew.
func TestSigningOutLeavesOtherSessionsAlone(t *testing.T) {
	t.Parallel()
	s, db, _ := open(t)
	u := register(t, s, "wang@example.com")
	var sessions [2]httpapi.Actor
	var tokens [2]string
	for i := range sessions {
		in, err := s.Open(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		if sessions[i], err = s.Authenticate(t.Context(), in.Token); err != nil {
			t.Fatal(err)
		}
		tokens[i] = in.Token
	}
	for range 2 { // twice does no harm
		if err := s.SignOut(t.Context(), sessions[0].Session); err != nil {
			t.Fatal(err)
		}
	}
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM account_session") // what is asked for now comes from memory
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Authenticate(t.Context(), tokens[1]); err != nil {
		t.Errorf("the other session was forgotten too: %v", err)
	}
	if _, err := s.Authenticate(t.Context(), tokens[0]); fault.Code(err) != "auth.session_expired" {
		t.Errorf("the session that ended: %v", err)
	}
}

func TestGuessingIsSlowedDownForOneAccountOnly(t *testing.T) {
	t.Parallel()
	s, _, c := open(t)
	register(t, s, "wang@example.com")
	register(t, s, "other@example.com")
	for i := range 21 {
		_, err := s.SignIn(t.Context(), "Wang@example.com", "guess")
		if want := map[bool]string{true: "request.too_many", false: "account.wrong_password"}[i == 20]; fault.Code(
			err) != want {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	if _, err := s.SignIn(t.Context(), "other@example.com", password); err != nil {
		t.Error(err)
	}
	c.Advance(time.Minute)
	if _, err := s.SignIn(t.Context(), "wang@example.com", password); err != nil {
		t.Errorf("a minute later the owner gets in: %v", err)
	}
}

func TestAddressesAreTheOwners(t *testing.T) {
	t.Parallel()
	s, db, _ := open(t)
	me, stranger := id.Make[id.User](db), id.Make[id.User](db)
	good := account.Address{Name: "王", Phone: "+86 138-0000", Region: "云南", Detail: "1 号"}
	first, err := s.SaveAddress(t.Context(), me, account.SavedAddress{Address: good})
	if err != nil || !first.Default {
		t.Fatal(first, err)
	}
	second, err := s.SaveAddress(t.Context(), me, account.SavedAddress{Address: good, Default: true})
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.Addresses(t.Context(), me)
	if err != nil || len(list) != 2 || list[0].ID != second.ID || list[1].Default || list[0].Address != good {
		t.Errorf("%+v, %v", list, err)
	}
	first.Name = "李"
	if _, err := s.SaveAddress(t.Context(), stranger, first); fault.Code(err) != "account.no_address" {
		t.Errorf("a stranger changes it: %v", err)
	}
	if err := s.DropAddress(t.Context(), stranger, first.ID); fault.Code(err) != "account.no_address" {
		t.Errorf("a stranger drops it: %v", err)
	}
	if _, err := s.AddressOf(t.Context(), db.Reader(), stranger, first.ID); fault.Code(err) != "account.no_address" {
		t.Errorf("a stranger reads it: %v", err)
	}
	for _, bad := range []account.Address{
		{},
		{"王", "call me", "a", "b"},
		{"王", strings.Repeat("1", 33), "a", "b"},
		{" ", "1", "a", "b"},
	} {
		if _, err := s.SaveAddress(t.Context(), me, account.SavedAddress{Address: bad}); err == nil {
			t.Errorf("took %+v", bad)
		}
	}
}

func defaults(t *testing.T, s *account.Service, user id.User) (list []account.SavedAddress, n int) {
	t.Helper()
	list, err := s.Addresses(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if a.Default {
			n++
		}
	}
	return list, n
}

func TestABookKeepsOneDefault(t *testing.T) {
	t.Parallel()
	s, _, _ := open(t)
	user := register(t, s, "wang@example.com").ID
	home := account.Address{Name: "王", Phone: "13800000000", Region: "云南", Detail: "1 号"}
	save := func(a account.SavedAddress) account.SavedAddress {
		t.Helper()
		a, err := s.SaveAddress(t.Context(), user, a)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	first, second := save(account.SavedAddress{Address: home}), save(account.SavedAddress{Address: home})
	home.Detail = "2 号"
	if a := save(account.SavedAddress{ID: first.ID, Address: home}); !a.Default {
		t.Error("editing the default says that it is none")
	}
	if list, n := defaults(t, s, user); n != 1 || list[0].ID != first.ID || list[0].Detail != "2 号" {
		t.Errorf("after editing the default: %+v", list)
	}
	if err := s.DropAddress(t.Context(), user, first.ID); err != nil {
		t.Fatal(err)
	}
	if list, n := defaults(t, s, user); n != 1 || list[0].ID != second.ID {
		t.Errorf("after dropping the default: %+v", list)
	}
	if err := s.DropAddress(t.Context(), user, first.ID); fault.Code(err) != "account.no_address" {
		t.Errorf("dropped twice: %v", err)
	}
}

func TestWhatStandsOnAParcel(t *testing.T) {
	t.Parallel()
	s, _, _ := open(t)
	user := register(t, s, "wang@example.com").ID
	good := account.Address{Name: " 王 ", Phone: " ＋86 １３８００００００００ ", Region: "云南", Detail: "1 号"}
	a, err := s.SaveAddress(t.Context(), user, account.SavedAddress{Address: good})
	if err != nil || a.Phone != "+86 13800000000" || a.Name != "王" {
		t.Errorf("kept as %+v, %v", a, err)
	}
	for name, change := range map[string]func(a *account.Address){
		"account.bad_address: a street of nothing": func(a *account.Address) { a.Detail = "\x00" },
		"account.bad_address: a name of two lines": func(a *account.Address) { a.Name = "王\n小明" },
		"account.bad_address: no region":           func(a *account.Address) { a.Region = "\u3000" },
		"account.bad_phone: brackets":              func(a *account.Address) { a.Phone = "()" },
		"account.bad_phone: a dash":                func(a *account.Address) { a.Phone = "-" },
		"account.bad_phone: letters":               func(a *account.Address) { a.Phone = "call me" },
		"account.bad_phone: too short":             func(a *account.Address) { a.Phone = "+1 (2)" },
	} {
		bad := good
		change(&bad)
		_, err := s.SaveAddress(t.Context(), user, account.SavedAddress{Address: bad})
		if want, _, _ := strings.Cut(name, ":"); fault.Code(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPasswordFromAnotherKeyboard(t *testing.T) {
	t.Parallel()
	s, _, _ := open(t)
	_, err := s.Register(t.Context(), account.Registration{
		Email: "rene@example.com", Password: "caf\u00e9 au lait", DisplayName: "René",
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SignIn(t.Context(), "rene@example.com", "cafe\u0301 au lait"); err != nil {
		t.Errorf("typed as two signs: %v", err)
	}
}

func TestAddressesSavedAtOnce(t *testing.T) {
	t.Parallel()
	s, _, _ := open(t)
	user := register(t, s, "wang@example.com").ID
	a := account.SavedAddress{Address: account.Address{Name: "王", Phone: "13800000000", Region: "云南", Detail: "1 号"}}
	var group sync.WaitGroup
	var full atomic.Int64
	for i := range 60 {
		group.Go(func() {
			a := a
			a.Default = i%2 == 0
			_, err := s.SaveAddress(t.Context(), user, a)
			if fault.Code(err) == "account.too_many_addresses" {
				full.Add(1)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if list, n := defaults(t, s, user); n != 1 || len(list) != 50 || full.Load() != 10 {
		t.Errorf("%d addresses, %d of them the default, %d refused", len(list), n, full.Load())
	}
}
