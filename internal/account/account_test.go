package account_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"hawker/internal/account"
	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
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
	return account.New(account.Options{DB: db, Box: box, Mall: []string{"Night Market"}}), db, c
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
		{"a huge password", "w@example.com", strings.Repeat("abcd", 33), "x", "account.weak_password"},
		{"a password that many have", "w@example.com", "Password1", "x", "account.common_password"},
		{
			"a password that is the mall's name", "w@example.com", "NightMarket-Night Market", "x",
			"account.common_password",
		},
		{
			"a password that is their own address", "longname@example.com", "longname123", "x",
			"account.common_password",
		},
		{"an address in quotes", "\"a b\"@example.com", password, "x", "account.bad_email"},
		{"an address of a machine", "x@[127.0.0.1]", password, "x", "account.bad_email"},
		{"an address of this network", "a@b", password, "x", "account.bad_email"},
		{"an address by numbers", "a@10.0.0.1", password, "x", "account.bad_email"},
		{"the mall's people", "w@example.com", password, "官方客服", "account.name_not_yours"},
		{"the mall's people, spaced", "w@example.com", password, "a d m i n", "account.name_not_yours"},
		{"the mall's people, of other letters", "w@example.com", password, "\u0430dmin", "account.name_not_yours"},
		{"the mall's people, wide", "w@example.com", password, "ｓｕｐｐｏｒｔ ", "account.name_not_yours"},
		{"the mall itself", "w@example.com", password, "night.market", "account.name_not_yours"},
		{"the program", "w@example.com", password, "Hawker-小二", "account.name_not_yours"},
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
		"account.bad_address: a region of digits":  func(a *account.Address) { a.Region = "12" },
		"account.bad_address: nobody":              func(a *account.Address) { a.Name = "..." },
		"account.bad_address: a street of dots":    func(a *account.Address) { a.Detail = "……" },
		"account.bad_phone: longer than any":       func(a *account.Address) { a.Phone = "1234567890123456" },
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
