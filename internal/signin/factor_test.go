package signin_test

import (
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/platform/httpapi"
	"hawker/internal/signin"
	"hawker/internal/totp"
)

// codeAt is what an authenticator program shows.
func codeAt(t *testing.T, secret string, now time.Time) string {
	t.Helper()
	return totp.At(secret, now)
}

// enrol gives somebody a second factor; the next code is of another step.
func (k *kit) enrol(a httpapi.Actor) (secret string, codes []string) {
	k.t.Helper()
	e, err := k.Enrol(k.t.Context(), a.User)
	if err != nil {
		k.t.Fatal(err)
	}
	codes, err = k.Confirm(k.t.Context(), a, codeAt(k.t, e.Secret, k.clock.Now()), from("1"))
	if err != nil {
		k.t.Fatal(err)
	}
	k.clock.Advance(time.Minute)
	return e.Secret, codes
}

func TestASecondFactor(t *testing.T) {
	t.Parallel()
	k := open(t)
	u := k.register("wang@example.com")
	_, here := k.enter("wang@example.com", from("1"))
	there, _ := k.enter("wang@example.com", from("2"))
	if _, err := k.Confirm(t.Context(), here, "123456", from("1")); fault.Code(err) != "account.no_enrolment" {
		t.Errorf("confirmed before it began: %v", err)
	}
	e, err := k.Enrol(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	uri, err := url.Parse(e.URI)
	if err != nil || uri.Scheme != "otpauth" || uri.Host != "totp" || uri.Query().Get("secret") != e.Secret ||
		uri.Query().Get("issuer") != "Night Market" || uri.Path != "/Night Market:wang@example.com" {
		t.Errorf("%s, %v", e.URI, err)
	}
	if _, err := k.Confirm(t.Context(), here, "000000", from("1")); fault.Code(err) != "account.wrong_code" {
		t.Errorf("a wrong first code: %v", err)
	}
	if in, err := k.SignIn(t.Context(), "wang@example.com", password, from("3")); err != nil || in.Ticket != "" {
		t.Errorf("one that was not confirmed is asked for: %v", err)
	}
	now := k.clock.Now()
	codes, err := k.Confirm(t.Context(), here, codeAt(t, e.Secret, now), from("1"))
	if err != nil || len(codes) != 10 {
		t.Fatal(codes, err)
	}
	if _, err := k.Authenticate(t.Context(), there.Token); fault.Code(err) != "auth.session_expired" {
		t.Errorf("the other session: %v", err)
	}
	if _, err := k.Enrol(t.Context(), u.ID); fault.Code(err) != "account.factor_is_on" {
		t.Errorf("another beside it: %v", err)
	}
	ticket := k.ticket("wang@example.com")
	for name, c := range map[string]struct{ code, want string }{
		"the code of the enrolment": {codeAt(t, e.Secret, now), "account.wrong_code"},
		"two steps ago":             {codeAt(t, e.Secret, now.Add(-time.Minute)), "account.wrong_code"},
		"in two steps":              {codeAt(t, e.Secret, now.Add(time.Minute)), "account.wrong_code"},
		"nothing":                   {"", "account.wrong_code"},
	} {
		if _, err := k.SignInWith(t.Context(), ticket, c.code, from("1")); fault.Code(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	next := codeAt(t, e.Secret, now.Add(30*time.Second)) // a clock that is ahead
	in, err := k.SignInWith(t.Context(), ticket, next[:3]+" "+next[3:], from("1"))
	if err != nil || k.actor(in).User != u.ID {
		t.Fatalf("the next code: %v", err)
	}
	if _, err := k.SignInWith(t.Context(), ticket, next, from("1")); fault.Code(err) != "account.wrong_code" {
		t.Errorf("the same code once more: %v", err)
	}
	if f, err := k.FactorOf(t.Context(), here); err != nil || f != (signin.Factor{On: true, CodesLeft: 10}) {
		t.Errorf("%+v, %v", f, err)
	}
}

// ticket knows a password and nothing more.
func (k *kit) ticket(email string) string {
	k.t.Helper()
	e, err := k.SignIn(k.t.Context(), email, password, from("1"))
	if err != nil || e.Ticket == "" || e.Token != "" {
		k.t.Fatalf("%+v, %v", e, err)
	}
	return e.Ticket
}

func TestCodesToRecoverCountOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.register("wang@example.com")
	_, a := k.enter("wang@example.com", from("1"))
	_, codes := k.enrol(a)
	var in atomic.Int64
	var group sync.WaitGroup
	ticket := k.ticket("wang@example.com")
	for range 4 {
		group.Go(func() {
			_, err := k.SignInWith(t.Context(), ticket, strings.ToUpper(codes[3]), from("1"))
			if err == nil {
				in.Add(1)
			} else if fault.Code(err) != "account.wrong_code" {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if f, err := k.FactorOf(t.Context(), a); in.Load() != 1 || err != nil || f.CodesLeft != 9 {
		t.Errorf("%d came in by one code, %d are left, %v", in.Load(), f.CodesLeft, err)
	}
	fresh, err := k.NewCodes(t.Context(), a.User)
	if err != nil || len(fresh) != 10 {
		t.Fatal(err)
	}
	if _, err := k.SignInWith(t.Context(), ticket, codes[4], from("1")); fault.Code(err) != "account.wrong_code" {
		t.Errorf("a replaced code: %v", err)
	}
	if _, err := k.SignInWith(t.Context(), ticket, fresh[0], from("1")); err != nil {
		t.Errorf("a new one: %v", err)
	}
}

// A ticket is of minutes, of a password, and not written by others.
func TestTickets(t *testing.T) {
	t.Parallel()
	k := open(t)
	u := k.register("wang@example.com")
	_, a := k.enter("wang@example.com", from("1"))
	secret, _ := k.enrol(a)
	try := func(ticket string) string {
		_, err := k.SignInWith(t.Context(), ticket, codeAt(t, secret, k.clock.Now()), from("1"))
		return fault.Code(err)
	}
	ticket := k.ticket("wang@example.com")
	if got := try("v1.made-up"); got != "account.ticket_expired" {
		t.Errorf("a made up ticket: %s", got)
	}
	k.clock.Advance(5*time.Minute + time.Second)
	if got := try(ticket); got != "account.ticket_expired" {
		t.Errorf("after five minutes: %s", got)
	}
	ticket = k.ticket("wang@example.com")
	if err := k.ChangePassword(t.Context(), a, password, "another password", from("1")); err != nil {
		t.Fatal(err)
	}
	if got := try(ticket); got != "account.ticket_expired" {
		t.Errorf("of an old password: %s", got)
	}
	if err := k.DropFactor(t.Context(), u.ID, a.Session); err != nil {
		t.Fatal(err)
	}
	if in, err := k.SignIn(t.Context(), "wang@example.com", "another password", from("1")); err != nil ||
		in.Ticket != "" {
		t.Errorf("without a factor: %v", err)
	}
}

func TestGuessesAtCodesAreSlow(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.register("wang@example.com")
	_, a := k.enter("wang@example.com", from("1"))
	k.enrol(a)
	ticket := k.ticket("wang@example.com")
	for i := range 11 {
		_, err := k.SignInWith(t.Context(), ticket, "000000", from("thief"))
		if want := map[bool]string{true: "request.too_many", false: "account.wrong_code"}[i == 10]; fault.Code(
			err) != want {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
}

// Whose role asks for a second factor is let in to set one up, and to nothing else.
func TestStaffNeedASecondFactor(t *testing.T) {
	t.Parallel()
	k := open(t, func(o *signin.Options) { o.StaffFactor = true })
	owner := k.register("owner@example.com")
	k.owners[owner.ID] = true
	k.register("shopper@example.com")
	_, err := k.people.Admit(t.Context(), account.Registration{
		Email: "boss@example.com", Password: password, DisplayName: "x", Operator: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for email, want := range map[string]bool{
		"owner@example.com": true, "boss@example.com": true, "shopper@example.com": false,
	} {
		in, a := k.enter(email, from("1"))
		if in.MustEnrol != want || a.MustEnrol != want {
			t.Errorf("%s: %v, %v, want %v", email, in.MustEnrol, a.MustEnrol, want)
		}
		if !want {
			continue
		}
		secret, _ := k.enrol(a)
		if k.actor(in).MustEnrol {
			t.Errorf("%s has one and is asked still", email)
		}
		more, err := k.SignInWith(t.Context(), k.ticket(email), codeAt(t, secret, k.clock.Now()), from("1"))
		if err != nil || more.MustEnrol || k.actor(more).MustEnrol {
			t.Errorf("%s signs in with it: %+v, %v", email, more, err)
		}
		if err := k.DropFactor(t.Context(), a.User, a.Session); err != nil || !k.actor(in).MustEnrol {
			t.Errorf("%s does without: %v", email, err)
		}
	}
}
