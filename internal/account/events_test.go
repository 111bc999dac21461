package account_test

import (
	"context"
	"testing"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/platform/events/eventstest"
	"hawker/internal/platform/sqldb"
)

func TestAccountsTellWhatChanges(t *testing.T) {
	t.Parallel()
	s, db, _ := open(t)
	u := register(t, s, "wang@example.com")
	if _, err := s.Register(t.Context(), account.Registration{
		Email: "wang@example.com", Password: password, DisplayName: "x",
	}); fault.Code(err) != "account.email_taken" {
		t.Fatal(err)
	}
	name := "王"
	if _, err := s.Update(t.Context(), u.ID, account.Change{DisplayName: &name}); err != nil {
		t.Fatal(err)
	}
	user := `{"user":"` + u.ID.String() + `"`
	yes := true
	if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		if err := s.SetCredential(ctx, tx, u.ID, "another"); err != nil {
			return err
		}
		if err := s.SetEmail(ctx, tx, u.ID, "li@example.com"); err != nil {
			return err
		}
		for range 2 { // the second changes nothing
			if err := s.SetAccess(ctx, tx, u.ID, account.Access{Disabled: &yes}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	eventstest.Want(t, eventstest.Heard(t, db, account.EventRegistered, account.EventChanged,
		account.EventPasswordChanged, account.EventEmailChanged, account.EventAccessChanged),
		"account.registered "+user+"}", "account.changed "+user+"}", "account.password_changed "+user+"}",
		"account.email_changed "+user+"}", "account.access_changed "+user+`,"disabled":true,"operator":false}`)
}
