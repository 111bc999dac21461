package fault_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hawker/internal/platform/redis/redistest"
	"hawker/test/kit"
)

// TestRedisGoesAndComesBack: while the server is away the shop sells on and says what is
// missing, no limit of sign-in is open, and it is found again by itself.
func TestRedisGoesAndComesBack(t *testing.T) {
	redis := redistest.Start(t)
	m := kit.Start(t, "HAWKER_REDIS_URL="+redis.URL())
	ready := func() string { return string(m.Visitor().Fetch("/readyz").Want(t, http.StatusOK).Body) }
	buy := func(who *kit.Person) {
		t.Helper()
		p := who.Find(t, mug)
		order := who.Place(t, p.SKUs[0].ID, 1)
		m.Decide(t, who.PayURL(t, order.ID), url.Values{"decision": {"approve"}})
		who.Becomes(t, order.ID, "paid")
	}
	guess := func() (n int) {
		t.Helper()
		for n < 50 {
			a := m.Visitor().Post("/auth/login", map[string]string{"email": "promoter@hawker.demo", "password": "wrong " +
				"password"})
			if a.Status == http.StatusTooManyRequests {
				break
			}
			a.Want(t, http.StatusUnauthorized)
			n++
		}
		return n
	}
	shopper := m.SignIn("shopper")
	if got := ready(); got != "ok\n" {
		t.Errorf("with redis: %q", got)
	}
	buy(shopper)
	if n := guess(); n == 0 || n >= 50 {
		t.Errorf("%d guesses", n)
	}

	redis.Down()
	if got := ready(); !strings.Contains(got, "degraded: redis") {
		t.Errorf("without redis: %q", got)
	}
	buy(shopper)
	buy(m.Register("newcomer"))
	if n := guess(); n != 0 {
		t.Errorf("%d more guesses while redis was away", n)
	}

	redis.Up()
	m.Eventually("redis is found again", func() bool { return ready() == "ok\n" })
	if n := guess(); n != 0 {
		t.Errorf("%d more guesses after redis had forgotten", n)
	}
	buy(shopper)
	m.Doctor()
}
