package signin_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/signin"
)

type body = map[string]any

func TestComingIn(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		k := open(t)
		d, a := k.behind(secure)
		d.Strangers()
		k.register("wang@example.com")
		answer := d.Do(id.User{}, "POST /auth/login", body{"email": " WANG@example.com ", "password": password},
			"Cookie",
			"hawker_ref=abc123")
		if answer.Status != 200 {
			t.Fatalf("signing in answers %d: %s", answer.Status, answer.Body)
		}
		cookies := answer.Header.Values("Set-Cookie")
		if len(cookies) != 2 {
			t.Fatalf("cookies %q", cookies)
		}
		var values []string
		for _, text := range cookies {
			cookie, err := http.ParseSetCookie(text)
			if err != nil {
				t.Fatal(err)
			}
			if !cookie.HttpOnly || cookie.Secure != secure || cookie.SameSite != http.SameSiteLaxMode ||
				cookie.Path != "/" || cookie.Domain != "" || strings.HasPrefix(cookie.Name, "__Host-") != secure {
				t.Errorf("secure %v: the cookie is %s", secure, cookie)
			}
			values = append(values, cookie.Value)
		}
		if !slices.Equal(a.came, []string{"abc123"}) {
			t.Errorf("came by %q", a.came)
		}
		actor, err := k.Authenticate(t.Context(), values[0])
		if err != nil || actor.User.IsZero() || actor.Operator {
			t.Errorf("the cookie is of %+v, %v", actor, err)
		}
		in := d.Call(id.User{}, 200, "POST /auth/login", body{"email": "wang@example.com", "password": password})
		if got := in.Show("state", "user.display_name", "user.email", "user.roles", "user.shops.0.name"); got !=
			"signed_in 王 wang@example.com [shopper creator] en" || in.Text("token") == values[0] {
			t.Errorf("signed in: %s", got)
		}
		for _, c := range []struct {
			email, password string
			status          int
			code            string
		}{
			{"wang@example.com", "not the password", 401, "account.wrong_password"},
			{"nobody@example.com", password, 401, "account.wrong_password"},
			{"no address", password, 422, "account.bad_email"},
			{"wang@example.com", strings.Repeat("x", 257), 422, "request.invalid"},
		} {
			d.Refuse(id.User{}, c.status, c.code, "POST /auth/login", body{"email": c.email, "password": c.password})
		}
	}
}

// What could do harm asks who it is once more when it has been a while.
func TestWhatIsDangerousAsksAgain(t *testing.T) {
	t.Parallel()
	k := open(t)
	d, _ := k.behind(false)
	k.register("wang@example.com")
	in, a := k.enter("wang@example.com", from("1"))
	there, _ := k.enter("wang@example.com", from("2"))
	as := []string{"Cookie", "hawker_session=" + in.Token}
	k.clock.Advance(10*time.Minute + time.Second)
	for _, op := range []string{
		"DELETE /me/sessions", "DELETE /me/sessions/" + a.Session.String(), "POST /me/second-factor",
		"POST /me/second-factor/confirm", "DELETE /me/second-factor", "POST /me/second-factor/recovery-codes",
	} {
		if got := d.Do(id.User{}, op, body{"code": "1"}, as...); got.Status != 403 ||
			!strings.Contains(string(got.Body), "auth.reauthenticate") {
			t.Errorf("%s: %d %s", op, got.Status, got.Body)
		}
	}
	if _, err := k.Authenticate(t.Context(), there.Token); err != nil {
		t.Errorf("a session was ended: %v", err)
	}
	if got := d.Do(id.User{}, "POST /auth/reauthenticate", body{"password": "guess"}, as...); got.Status != 422 {
		t.Errorf("a guess: %d %s", got.Status, got.Body)
	}
	if got := d.Do(id.User{}, "POST /auth/reauthenticate", body{"password": password}, as...); got.Status != 204 {
		t.Fatalf("%d %s", got.Status, got.Body)
	}
	if got := d.Do(id.User{}, "DELETE /me/sessions", nil, as...); got.Status != 204 {
		t.Errorf("after that: %d %s", got.Status, got.Body)
	}
	if _, err := k.Authenticate(t.Context(), there.Token); err == nil {
		t.Error("the other session is left")
	}
}

// Two steps at the door: the password, then a code; and what is shown of it.
func TestTwoStepsAtTheDoor(t *testing.T) {
	t.Parallel()
	k := open(t, func(o *signin.Options) { o.StaffFactor = true })
	d, _ := k.behind(false)
	u := k.register("wang@example.com")
	k.owners[u.ID] = true
	in, _ := k.enter("wang@example.com", from("1"))
	as := []string{"Cookie", "hawker_session=" + in.Token}
	for op, want := range map[string]int{"GET /me/second-factor": 200, "GET /me/sessions": 403} {
		if got := d.Do(id.User{}, op, nil, as...); got.Status != want {
			t.Errorf("%s before enrolling: %d %s", op, got.Status, got.Body)
		}
	}
	e, err := k.Enrol(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	code := body{"code": codeAt(t, e.Secret, k.clock.Now())}
	if got := d.Do(id.User{}, "POST /me/second-factor/confirm", code, as...); got.Status != 200 {
		t.Fatalf("%d %s", got.Status, got.Body)
	}
	if got := d.Do(id.User{}, "GET /me/sessions", nil, as...); got.Status != 200 {
		t.Errorf("after enrolling: %d %s", got.Status, got.Body)
	}
	k.clock.Advance(time.Minute)
	first := d.Call(id.User{}, 200, "POST /auth/login", body{"email": "wang@example.com", "password": password})
	if first.Text("state") != "second_factor" || first.Text("token") != "" {
		t.Errorf("the first step: %v", first)
	}
	step := body{"ticket": first.Text("ticket"), "code": "000000"}
	d.Refuse(id.User{}, 422, "account.wrong_code", "POST /auth/login/second-factor", step)
	step["code"] = codeAt(t, e.Secret, k.clock.Now())
	if second := d.Call(id.User{}, 200, "POST /auth/login/second-factor", step); second.Text("state") != "signed_in" {
		t.Errorf("the second step: %v", second)
	}
}
