package account_test

import (
	"testing"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/platform/events/eventstest"
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
	in, err := s.SignIn(t.Context(), "wang@example.com", password)
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Authenticate(t.Context(), in.Token)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second ends nothing
		if err := s.SignOut(t.Context(), a.Session); err != nil {
			t.Fatal(err)
		}
	}
	user := `{"user":"` + u.ID.String() + `"`
	eventstest.Want(t, eventstest.Heard(t, db, account.EventRegistered, account.EventChanged, account.EventSignedOut),
		"account.registered "+user+"}", "account.changed "+user+"}",
		"account.signed_out "+user+`,"session":"`+a.Session.String()+`"}`)
}
