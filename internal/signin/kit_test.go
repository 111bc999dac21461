package signin_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/signin"
)

const password = "a long password"

// owners are who owns a shop.
type owners map[id.User]bool

func (o owners) Owns(_ context.Context, _ sqldb.Querier, u id.User) (bool, error) { return o[u], nil }

type kit struct {
	*signin.Service
	t      *testing.T
	db     *sqldb.DB
	clock  *clock.Manual
	people *account.Service
	owners owners
}

func open(t *testing.T, change ...func(o *signin.Options)) *kit {
	t.Helper()
	db, c := sqltest.NewManual(t)
	return on(t, db, c, change...)
}

func on(t *testing.T, db *sqldb.DB, c *clock.Manual, change ...func(o *signin.Options)) *kit {
	t.Helper()
	box, err := secret.NewBox(make([]byte, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{
		t: t, db: db, clock: c, people: account.New(account.Options{DB: db, Box: box}), owners: owners{},
	}
	o := signin.Options{
		DB: db, Box: box, Log: slog.New(slog.DiscardHandler), People: k.people, Owners: k.owners,
		Limiter: cache.NewMemoryLimiter(c), Idle: 7 * 24 * time.Hour, Max: 30 * 24 * time.Hour, Issuer: "Night Market",
	}
	for _, f := range change {
		f(&o)
	}
	k.Service = signin.New(o)
	return k
}

func (k *kit) register(email string) account.User {
	k.t.Helper()
	u, err := k.people.Admit(k.t.Context(), account.Registration{
		Email: email, Password: password, DisplayName: "王",
		Locale: lang.Chinese,
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return u
}

func from(home string) signin.Caller { return signin.Caller{Address: home, Home: home} }

// enter signs in by password and answers the session and who it is.
func (k *kit) enter(email string, c signin.Caller) (signin.Session, httpapi.Actor) {
	k.t.Helper()
	e, err := k.SignIn(k.t.Context(), email, password, c)
	if err != nil || e.Ticket != "" {
		k.t.Fatal(e.Ticket, err)
	}
	return e.Session, k.actor(e.Session)
}

func (k *kit) actor(s signin.Session) httpapi.Actor {
	k.t.Helper()
	a, err := k.Authenticate(k.t.Context(), s.Token)
	if err != nil {
		k.t.Fatal(err)
	}
	return a
}

// around is what the module asks of others.
type around struct{ came []string }

func (*around) MembershipsOf(_ context.Context, _ id.User, tag lang.Tag) ([]account.Membership, error) {
	return []account.Membership{{Name: string(tag), Role: "owner"}}, nil
}

func (a *around) CameBy(_ context.Context, _ id.User, code string) error {
	a.came = append(a.came, code)
	return nil
}

func (k *kit) behind(secure bool) (*httpapitest.Door, *around) {
	a := &around{}
	d := httpapitest.Open(k.t, k.clock, signin.API{
		Service: k.Service, People: account.API{Service: k.people, Shops: a}, Came: a,
		Cookies: httpapi.CookiePolicy{Secure: secure},
	}.Module())
	d.Sign = k.Service
	return d, a
}

// dump is all that lies in a table.
func dump(t *testing.T, db *sqldb.DB, table string) string {
	t.Helper()
	rows, err := db.Reader().Query(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	list, err := sqldb.Collect(rows, nil, func(s sqldb.Scanner) (string, error) {
		values, to := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			to[i] = &values[i]
		}
		err := s.Scan(to...)
		for i, v := range values {
			if raw, ok := v.([]byte); ok {
				values[i] = string(raw)
			}
		}
		return fmt.Sprintln(values...), err
	})
	if err != nil || len(list) == 0 {
		t.Fatalf("%s: %d rows, %v", table, len(list), err)
	}
	return strings.Join(list, "")
}
