package signin_test

import (
	"slices"
	"strings"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/audit"
)

// What happens to an account is told in the audit log with whose it is, and no secret in
// it; a flood of refusals is told a part of, alike whether or not there is such an account.
func TestWhatIsToldOfAccounts(t *testing.T) {
	t.Parallel()
	k := open(t)
	u := k.register("wang@example.com")
	_, here := k.enter("wang@example.com", from("1"))
	k.enter("wang@example.com", from("2"))
	if err := k.ChangePassword(t.Context(), here, password, "another password", from("1")); err != nil {
		t.Fatal(err)
	}
	k.enrol(here)
	if err := k.DropFactor(t.Context(), u.ID, here.Session); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		_, _ = k.SignIn(t.Context(), "wang@example.com", "a guess that is told", from("thief"))
		_, _ = k.SignIn(t.Context(), "nobody@example.com", "a guess that is told", from("thief"))
		_, _ = k.SignIn(t.Context(), "noone@example.com", "a guess that is told", from("thief"))
	}
	p, err := audit.List(t.Context(), k.db.Reader(), audit.Filter{}, page.Request{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	told, refused := map[audit.Action]int{}, map[string]int{}
	for _, e := range p.Items {
		told[e.Action]++
		if e.Outcome == audit.Refused {
			refused[e.Subject]++
		} else if e.Subject != u.ID.String() {
			t.Errorf("%s is told of %q", e.Action, e.Subject)
		}
	}
	for action, want := range map[audit.Action]int{
		"account.created": 1, "sign_in.done": 2, "password.changed": 1, "second_factor.on": 1, "second_factor.off": 1,
		"sessions.ended": 1, "sign_in.refused": 20,
	} {
		if told[action] != want {
			t.Errorf("%s is told %d times, want %d", action, told[action], want)
		}
	}
	if n := refused[u.ID.String()]; n < 6 || n > 8 || refused[id.User{}.String()] != 20-n {
		t.Errorf("refusals are told of %v", refused)
	}
	all := dump(t, k.db, "audit_entry")
	for _, secret := range []string{"guess that", "another password", "wang@", "$argon2id$"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q stands in the audit log", secret)
		}
	}
	if !slices.ContainsFunc(p.Items, func(e audit.Entry) bool {
		return e.Action == "sign_in.done" && e.Origin.Kind == audit.Person && e.Origin.Actor == u.ID
	}) {
		t.Error("nobody came in, or somebody who has no name")
	}
}
