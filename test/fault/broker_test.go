package fault_test

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"hawker/test/kit"
)

// TestABrokerThatFalls has a mall sell over RabbitMQ, while it is away and after the
// mall was started without it. Nobody is kept from buying, and when it is back all
// that happened arrives, each thing once.
func TestABrokerThatFalls(t *testing.T) {
	broker := os.Getenv("HAWKER_TEST_AMQP")
	if broker == "" {
		t.Skip("no RabbitMQ; scripts/with-rabbitmq starts one")
	}
	control := func(do string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), os.Getenv("HAWKER_TEST_BROKER"), do).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", do, err, out)
		}
	}
	m := kit.Start(t, "HAWKER_BROKER_URL="+broker, "HAWKER_BROKER_NAME=fault")
	shopper := m.SignIn("shopper")
	sold := func() int64 { return shopper.Find(t, fruit).Sold }
	before := sold()
	buy := func() {
		t.Helper()
		o := shopper.Place(t, shopper.Find(t, fruit).SKUs[0].ID, 1)
		m.Decide(t, shopper.PayURL(t, o.ID), url.Values{"decision": {"approve"}})
		shopper.Becomes(t, o.ID, "paid")
	}
	began := time.Now()
	buy()
	m.Eventually("the order is counted", func() bool { return sold() == before+1 })
	// Its directory of queues is on the disk by now (eventstest.RunBroker).
	m.Eventually("the broker has run for a while", func() bool { return time.Since(began) > 2*time.Second })

	control("kill")
	away := func() bool {
		return strings.Contains(string(m.Visitor().Fetch("/readyz").Want(t, http.StatusOK).Body), "degraded: broker")
	}
	m.Eventually("the broker that is away is told of", away)
	buy()
	m.Stop()
	m.Boot() // without the broker
	m.Eventually("the broker that was never there is told of", away)
	buy()
	buy()
	if n := sold(); n != before+1 {
		t.Errorf("%d were counted without the broker", n-before)
	}
	control("start")
	m.Eventually("all orders are counted", func() bool { return sold() >= before+4 })
	m.Eventually("the broker is there again", func() bool { return !away() })
	buy()
	m.Eventually("the next is counted", func() bool { return sold() >= before+5 })
	if n := sold(); n != before+5 {
		t.Errorf("%d were counted, want 5", n-before)
	}
	m.Doctor()
}
