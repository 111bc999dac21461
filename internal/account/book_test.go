package account_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/secret"
)

func box(t testing.TB) *secret.Box {
	t.Helper()
	b, err := secret.NewBox(make([]byte, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestABookUnderAnything: whatever is added, changed and dropped in whatever order, a
// book that is not empty has one default, which stands first, and the rest stand in
// the order in which they came.
func TestABookUnderAnything(t *testing.T) {
	t.Parallel()
	s, _, _ := open(t)
	people := []id.User{register(t, s, "a@example.com").ID, register(t, s, "b@example.com").ID}
	n := 0
	address := func() account.Address {
		n++
		return account.Address{Name: "王", Phone: "13800000000", Region: "云南", Detail: fmt.Sprint(n, " 号")}
	}
	books := map[id.User][]account.SavedAddress{} // in the order in which they came
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			user := people[rapid.IntRange(0, 1).Draw(rt, "who")]
			book := books[user]
			i := rapid.IntRange(0, max(len(book)-1, 0)).Draw(rt, "i")
			first := rapid.Bool().Draw(rt, "default")
			switch what := rapid.SampledFrom([]string{"add", "change", "drop"}).Draw(rt, "what"); {
			case what == "add" && len(book) < 50:
				a := account.SavedAddress{Address: address(), Default: first}
				key := idem.Key{Scope: user.String(), Value: fmt.Sprint("key ", n)}
				got, err := s.AddAddress(t.Context(), key, user, a)
				again, err2 := s.AddAddress(t.Context(), key, user, a)
				if err != nil || err2 != nil || got != again {
					rt.Fatalf("%+v, %v; again %+v, %v", got, err, again, err2)
				}
				if a.ID = got.ID; len(book) == 0 {
					a.Default = true
				}
				books[user] = remember(book, a)
			case what == "change" && len(book) > 0:
				a := account.SavedAddress{ID: book[i].ID, Address: address(), Default: first}
				if _, err := s.SaveAddress(t.Context(), user, a); err != nil {
					rt.Fatal(err)
				}
				a.Default = a.Default || book[i].Default
				books[user] = remember(book, a)
			case what == "drop" && len(book) > 0:
				if err := s.DropAddress(t.Context(), user, book[i].ID); err != nil {
					rt.Fatal(err)
				}
				was := book[i].Default
				if book = slices.Delete(book, i, i+1); was && len(book) > 0 {
					book[0].Default = true
				}
				books[user] = book
			}
		}
		for user, want := range books {
			want = slices.Clone(want)
			slices.SortStableFunc(want, func(a, b account.SavedAddress) int { return -cmp.Compare(one(a), one(b)) })
			got, err := s.Addresses(t.Context(), user)
			if err != nil || !slices.Equal(got, want) {
				rt.Fatalf("the book is %+v, %v; want %+v", got, err, want)
			}
		}
	})
}

func one(a account.SavedAddress) int {
	if a.Default {
		return 1
	}
	return 0
}

// remember puts an address into a book, the only default of it if it is one.
func remember(book []account.SavedAddress, a account.SavedAddress) []account.SavedAddress {
	book = slices.Clone(book)
	if a.Default {
		for i := range book {
			book[i].Default = false
		}
	}
	if i := slices.IndexFunc(book, func(b account.SavedAddress) bool { return b.ID == a.ID }); i >= 0 {
		book[i] = a
		return book
	}
	return append(book, a)
}

// FuzzAddress holds whatever is typed into the form of an address: what is kept fits
// on a label, and is kept the same again.
func FuzzAddress(f *testing.F) {
	f.Add("王", "13800000000", "云南", "1 号")
	f.Add(" ", "＋86 (10) 6552-9988", "\u3000", "a\nb")
	f.Add("\u202e", "", "x", "\xff")
	f.Add(strings.Repeat("长", 201), strings.Repeat("1", 33), "\u200b", "\x00")
	f.Add("x", "①②③④⑤", "y", "z")
	f.Add("x", "1 ( - ) 1", "y", "z")
	f.Fuzz(func(t *testing.T, name, phone, region, detail string) {
		a := account.Address{Name: name, Phone: phone, Region: region, Detail: detail}.Plain()
		if err := a.Check(); err != nil {
			if code := fault.Code(err); code != "account.bad_address" && code != "account.bad_phone" {
				t.Fatalf("%+v: %v", a, err)
			}
			return
		}
		if again := a.Plain(); again != a || again.Check() != nil {
			t.Errorf("%+v is kept as %+v", a, again)
		}
		for _, field := range []string{a.Name, a.Region, a.Detail, a.Phone} {
			if field == "" || field != strings.TrimSpace(field) || utf8.RuneCountInString(field) > 200 ||
				strings.ContainsFunc(field, unicode.IsControl) {
				t.Errorf("%q stands on a label", field)
			}
		}
		if digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, a.Phone); len(digits) < 5 || len(a.Phone) > 32 {
			t.Errorf("nobody can call %q", a.Phone)
		}
		b := box(t)
		sealed, err := a.Seal(b, "adr_1")
		if err != nil || strings.Contains(sealed, a.Detail) && len(a.Detail) > 3 {
			t.Fatalf("%q, %v", sealed, err)
		}
		if open, err := account.OpenAddress(b, sealed, "adr_1"); err != nil || open != a {
			t.Errorf("opened as %+v, %v", open, err)
		}
		if _, err := account.OpenAddress(b, sealed, "adr_2"); err == nil {
			t.Error("opened under another's name")
		}
	})
}
