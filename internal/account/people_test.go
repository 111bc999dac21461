package account_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/naming"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// looks are names that are somebody's.
type looks map[string]id.User

func (l looks) Protects(_ context.Context, _ sqldb.Querier, key string, user id.User) (bool, error) {
	owner, ok := l[key]
	return ok && owner != user, nil
}

func TestNamesThatLookLikeOthers(t *testing.T) {
	t.Parallel()
	db, _ := sqltest.NewManual(t)
	taken := looks{naming.Key("青窑小铺"): {}, naming.Key("Blue Kiln"): {}}
	s := account.New(account.Options{DB: db, Box: box(t), Protected: taken})
	u := register(t, s, "wang@example.com")
	for name, code := range map[string]string{
		"Blue Kiln": "account.name_not_yours", "blue kiln": "account.name_not_yours",
		"BIue Ki1n": "account.name_not_yours", "Вlue_Kіln": "account.name_not_yours",
		"ｂｌｕｅ ｋｉｌｎ": "account.name_not_yours", "青窑 小铺": "account.name_not_yours", "青窑·小铺": "account.name_not_yours",
		"Badminton": "", "青窑的老顾客": "", "Systematic": "", "王小明 🏸": "", "🏸": "", "Ｗａｎｇ": "", "O'Neil": "",
		"平台 小二": "account.name_not_yours", "小王(官方)": "account.name_not_yours", "support_team": "account.name_not_yours",
	} {
		if _, err := s.Update(t.Context(), u.ID, account.Change{DisplayName: &name}); fault.Code(err) != code {
			t.Errorf("%q: %v, want %q", name, err, code)
		}
	}
	for typed, want := range map[string]string{"  Ｗａｎｇ \u3000 Li ": "Wang Li", "e\u0301": "é"} {
		got, err := s.Update(t.Context(), u.ID, account.Change{DisplayName: &typed})
		if err != nil || got.DisplayName != want {
			t.Errorf("%q became %q, %v", typed, got.DisplayName, err)
		}
	}
	// Who owns a name keeps it.
	taken[naming.Key("青窑掌柜")] = u.ID
	name := "青窑掌柜"
	if _, err := s.Update(t.Context(), u.ID, account.Change{DisplayName: &name}); err != nil {
		t.Errorf("the owner of a name: %v", err)
	}
}

func TestRegistrationByInvitation(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	s := account.New(account.Options{DB: db, Box: box(t), Registration: account.ByInvite})
	boss := id.Make[id.User](db)
	try := func(email, code string) error {
		_, err := s.Register(t.Context(), account.Registration{
			Email: email, Password: password, DisplayName: "x", Invitation: code,
		})
		return err
	}
	i, code, err := s.Invite(t.Context(), account.Invitation{Uses: 2, By: boss, ExpiresAt: c.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ email, code, want string }{
		{"a@example.com", "", "account.bad_invitation"},
		{"a@example.com", "guess", "account.bad_invitation"},
		{"a@example.com", " " + strings.ToUpper(code), ""},
		{"a@example.com", code, "account.email_taken"}, // and takes no use
		{"b@example.com", code, ""},
		{"c@example.com", code, "account.bad_invitation"},
	} {
		if err := try(step.email, step.code); fault.Code(err) != step.want {
			t.Errorf("%+v: %v", step, err)
		}
	}
	_, late, err := s.Invite(t.Context(), account.Invitation{Uses: 1, By: boss, ExpiresAt: c.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	c.Advance(time.Hour)
	if err := try("d@example.com", late); fault.Code(err) != "account.bad_invitation" {
		t.Errorf("an hour later: %v", err)
	}
	if err := s.Uninvite(t.Context(), i.ID); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Invitations(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	closed := account.New(account.Options{DB: db, Box: box(t), Registration: account.Closed})
	if _, err := closed.Register(t.Context(), account.Registration{}); fault.Code(err) !=
		"account.registration_closed" {
		t.Errorf("closed: %v", err)
	}
	if _, err := closed.Admit(t.Context(), account.Registration{
		Email: "e@example.com", Password: password, DisplayName: "管理员", Operator: true,
	}); err != nil {
		t.Errorf("the operator admits: %v", err)
	}
}

// Many who use one invitation at once are as many as it lets in.
func TestAnInvitationUsedAtOnce(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	s := account.New(account.Options{DB: db, Box: box(t), Registration: account.ByInvite})
	_, code, err := s.Invite(t.Context(), account.Invitation{Uses: 2, ExpiresAt: c.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	var made atomic.Int64
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			_, err := s.Register(t.Context(), account.Registration{
				Email: string(rune('a'+i)) + "@example.com", Password: password, DisplayName: "x", Invitation: code,
			})
			if err == nil {
				made.Add(1)
			} else if fault.Code(err) != "account.bad_invitation" {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if made.Load() != 2 {
		t.Errorf("%d came in by an invitation for two", made.Load())
	}
}

func TestFindingPeople(t *testing.T) {
	t.Parallel()
	s, _, _ := open(t)
	for email, name := range map[string]string{
		"a@example.com": "王小明", "b@example.com": "王大明", "c@example.com": "100%_x", "d@example.com": "100x",
	} {
		if _, err := s.Register(t.Context(), account.Registration{
			Email: email, Password: password, DisplayName: name,
		}); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string][]string{
		"王": {"a@example.com", "b@example.com"}, "王小": {"a@example.com"}, "明": nil, "100%": {"c@example.com"},
		"B@example.com": {"b@example.com"}, "x@example.com": nil, "@": nil,
		"": {"a@example.com", "b@example.com", "c@example.com", "d@example.com"},
	} {
		p, err := s.Users(t.Context(), account.Find{Text: text, Request: page.Request{Limit: 10}})
		var got []string
		for _, u := range p.Items {
			got = append(got, u.Email)
		}
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q finds %q, want %q; %v", text, got, want, err)
		}
	}
}
