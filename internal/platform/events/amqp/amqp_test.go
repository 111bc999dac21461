package amqp_test

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"hawker/internal/base/clock"
	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/events/amqp"
	"hawker/internal/platform/events/eventstest"
)

const pause = 100 * time.Millisecond

// broker is the RabbitMQ that scripts/with-rabbitmq started.
func broker(t *testing.T) string {
	t.Helper()
	url := os.Getenv("HAWKER_TEST_AMQP")
	if url == "" {
		t.Skip("no RabbitMQ; scripts/with-rabbitmq starts one")
	}
	return url
}

func open(t *testing.T, url, name string) *amqp.Carrier {
	t.Helper()
	c := amqp.New(amqp.Options{
		URL: url, Name: name, Pauses: []time.Duration{pause}, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// named is a name that no other test has.
func named(t *testing.T) string {
	t.Helper()
	return strings.NewReplacer("/", ".", " ", "_").Replace(t.Name())
}

func TestRabbitMQ(t *testing.T) {
	t.Parallel()
	url := broker(t)
	eventstest.Run(t, eventstest.Engine{Pause: pause, Open: func(t *testing.T) events.Carrier {
		t.Helper()
		return open(t, url, named(t))
	}})
}

// It goes before the tests beside one another: the broker falls.
func TestRabbitMQFalls(t *testing.T) {
	url := broker(t)
	control := func(do string) func(t *testing.T) {
		return func(t *testing.T) {
			t.Helper()
			if out, err := exec.CommandContext(t.Context(), os.Getenv("HAWKER_TEST_BROKER"), do).CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", do, err, out)
			}
		}
	}
	eventstest.RunBroker(t, eventstest.Broker{
		Open: func(t *testing.T) events.Carrier {
			t.Helper()
			return open(t, url, named(t))
		},
		Stop: control("kill"), Start: control("start"),
	})
}

// An event at which each process that has it ends steps aside after so many times, and
// is not lost.
func TestWhatEndsItsProcessStepsAside(t *testing.T) {
	t.Parallel()
	url, name := broker(t), named(t)
	c := open(t, url, name)
	if err := c.Declare(t.Context(), []events.Group{{Name: "a", Events: []string{"x"}}}); err != nil {
		t.Fatal(err)
	}
	if err := c.Publish(t.Context(), []event.Envelope{{ID: id.FromInt[id.Event](7), Name: "x", Payload: []byte("1")}}); err != nil {
		t.Fatal(err)
	}
	conn, err := amqp091.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for n := range 20 {
		ch, err := conn.Channel()
		if err != nil {
			t.Fatal(err)
		}
		come, err := ch.Consume(name+".a", "", false, false, false, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		if d := <-come; n > 0 && d.Headers["x-delivery-count"] != int64(n) {
			t.Fatalf("came with %v, want %d", d.Headers, n)
		}
		_ = ch.Close()
	}
	ctx, cancel := context.WithCancel(t.Context())
	var got events.Delivery
	err = c.Consume(ctx, "a", func(_ context.Context, d events.Delivery) error {
		got = d
		cancel()
		return nil
	})
	if err != nil || got.ID.Int() != 7 || got.Attempt != 1 || string(got.Payload) != "1" {
		t.Errorf("then came %+v, %v", got, err)
	}
}

// What is no address is refused, and nothing of it is told.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"amqp://u:p@host:5672/mall", "amqps://u:p@host"} {
		if err := amqp.Check(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"amqp://u:secret@host:x/", "amqp://u:secret%@host", "http://u:secret@host"} {
		if err := amqp.Check(bad); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
