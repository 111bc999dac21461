package whoami_test

import (
	"context"
	"testing"

	"hawker/internal/account"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/whoami"
)

// nowhere is where somebody works who works nowhere.
type nowhere struct{}

func (nowhere) MembershipsOf(context.Context, id.User, lang.Tag) ([]account.Membership, error) {
	return []account.Membership{}, nil
}

// Each page that is opened asks who sits at it: that nobody is signed in is an answer, no
// refusal, and no cache keeps it.
func TestWhoSitsHere(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	box, err := secret.NewBox(make([]byte, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	people := account.New(account.Options{DB: db, Box: box, Mall: []string{"Night Market"}})
	wang, err := people.Register(t.Context(), account.Registration{
		Email: "wang@example.com", Password: "a stall of tea and silk", DisplayName: "Wang", Locale: lang.English,
	})
	if err != nil {
		t.Fatal(err)
	}
	d := httpapitest.Open(t, c, whoami.API{People: account.API{Service: people, Shops: nowhere{}}}.Module())
	for _, c := range []struct {
		what  string
		who   id.User
		email string
		more  []string
	}{
		{"a visitor", id.User{}, "<nil>", nil},
		{"with a token that is of no session", id.User{}, "<nil>", []string{"Authorization", "Bearer made-up"}},
		{"somebody", wang.ID, "wang@example.com", nil},
	} {
		a := d.Do(c.who, "GET /auth/session", nil, c.more...)
		if cache := a.Header.Get("Cache-Control"); a.Status != 200 || cache != "private, no-store" {
			t.Errorf("%s: answered %d, kept %q", c.what, a.Status, cache)
		}
		if got := d.Call(c.who, 200, "GET /auth/session", nil, c.more...).Show("user.email"); got != c.email {
			t.Errorf("%s is %s", c.what, got)
		}
	}
}
