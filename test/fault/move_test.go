package fault_test

import (
	"net/url"
	"os"
	"strings"
	"testing"

	"hawker/internal/platform/sqldb/sqltest"
	"hawker/test/kit"
)

// TestAMallMovesToAServer: what was sold, paid and promised in a folder's own database is
// there on the server, and the mall sells on.
func TestAMallMovesToAServer(t *testing.T) {
	if os.Getenv("HAWKER_TEST_MYSQL") == "" {
		t.Skip("a move needs a server: HAWKER_TEST_MYSQL")
	}
	m := kit.Start(t, "HAWKER_DATABASE_URL=")
	shopper := m.SignIn("shopper")
	sku := shopper.Find(t, mug).SKUs[0].ID
	buy := func(who *kit.Person) kit.Order {
		t.Helper()
		o := who.Place(t, sku, 1)
		m.Decide(t, who.PayURL(t, o.ID), url.Values{"decision": {"approve"}})
		who.Becomes(t, o.ID, "paid")
		return o
	}
	paid, open := buy(shopper), shopper.Place(t, sku, 2)
	server := sqltest.FreshURL(t)
	if said, err := m.Command("move", "--from", "sqlite:"+m.Dir, "--to", server); err == nil ||
		!strings.Contains(said, "stop the server first") {
		t.Errorf("moved while it was open: %v\n%s", err, said)
	}
	m.Stop()
	said, err := m.Command("move", "--from", "sqlite:"+m.Dir, "--to", server)
	if err != nil || !strings.Contains(said, "each the same on both sides") {
		t.Fatalf("%v\n%s", err, said)
	}
	if said, err := m.Command("move", "--from", "sqlite:"+m.Dir, "--to", server); err == nil {
		t.Errorf("moved over an installation: %s", said)
	}
	m.Set("HAWKER_DATABASE_URL=" + server)
	m.Boot()
	if got := shopper.Order(t, paid.ID).Status; got != "paid" { // by the session of before
		t.Errorf("the paid order is %s", got)
	}
	m.Decide(t, shopper.PayURL(t, open.ID), url.Values{"decision": {"approve"}})
	shopper.Becomes(t, open.ID, "paid")
	buy(shopper)
	m.Doctor()
}
