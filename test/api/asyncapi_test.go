package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"hawker/test/kit"
)

// heard is an event as a program outside gets it.
type heard struct {
	name    string
	payload []byte
	headers map[string]any
}

// outsider knows nothing of a mall but what `hawker asyncapi` prints.
type outsider struct {
	t   *testing.T
	doc map[string]any
	c   *jsonschema.Compiler
}

func reader(t *testing.T) outsider {
	t.Helper()
	raw, err := exec.CommandContext(t.Context(), kit.Binary(t), "asyncapi").Output()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(place, doc); err != nil {
		t.Fatal(err)
	}
	return outsider{t, doc.(map[string]any), c}
}

const place = "https://hawker.test/asyncapi.json"

func (o outsider) at(names ...string) any {
	o.t.Helper()
	var at any = o.doc
	for _, name := range names {
		at = at.(map[string]any)[name]
	}
	return at
}

// holds checks an event against the description of its message.
func (o outsider) holds(broker string, h heard) {
	o.t.Helper()
	message, ok := o.at("components", "messages", broker+"."+h.name).(map[string]any)
	if !ok {
		o.t.Errorf("%s over %s is not described", h.name, broker)
		return
	}
	o.valid(message["payload"].(map[string]any)["$ref"].(string), h.payload, h)
	headers, err := json.Marshal(h.headers)
	if err != nil {
		o.t.Fatal(err)
	}
	o.valid("#/components/messageTraits/"+broker+"/headers", headers, h)
}

func (o outsider) valid(pointer string, raw []byte, h heard) {
	o.t.Helper()
	schema, err := o.c.Compile(place + pointer)
	if err != nil {
		o.t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		o.t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		o.t.Errorf("%s: %s: %v", h.name, raw, err)
	}
}

// sells has a mall sell over a broker, while listen gives what an outsider gets.
func (o outsider) sells(broker, address string, listen func(ctx context.Context) <-chan heard) {
	t := o.t
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // a limit, not a figure
	defer cancel()
	come := listen(ctx)
	m := kit.Start(t, "HAWKER_BROKER_URL="+address)
	shopper := m.SignIn("shopper")
	bought := shopper.Place(t, shopper.Find(t, mug).SKUs[0].ID, 1)
	m.Decide(t, shopper.PayURL(t, bought.ID), url.Values{"decision": {"approve"}})
	want := map[string]bool{"order.placed": true, "order.paid": true, "catalog.product_changed": true, "shop.opened": true}
	for len(want) > 0 {
		select {
		case h := <-come:
			o.holds(broker, h)
			delete(want, h.name)
		case <-ctx.Done():
			t.Fatalf("never heard of %v", slices.Collect(maps.Keys(want)))
		}
	}
}

// TestWhatIsSentOverKafkaIsAsDescribed reads the topic as a program outside would.
func TestWhatIsSentOverKafkaIsAsDescribed(t *testing.T) {
	t.Parallel()
	o := reader(t)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	topic := o.at("channels", "kafka", "address").(string)
	o.sells("kafka", "kafka://"+cluster.ListenAddrs()[0], func(ctx context.Context) <-chan heard {
		client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics(topic),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.MetadataMinAge(100*time.Millisecond),
			kgo.MetadataMaxAge(time.Second), kgo.UnknownTopicRetries(-1))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		come := make(chan heard, 1000)
		go func() {
			for ctx.Err() == nil {
				client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
					h := heard{payload: r.Value, headers: map[string]any{}}
					for _, x := range r.Headers {
						h.headers[x.Key] = string(x.Value)
					}
					h.name, _ = h.headers["name"].(string)
					if o.at("channels", "kafka", "messages", h.name) != nil {
						come <- h
					}
				})
			}
		}()
		return come
	})
}

// TestWhatIsSentOverRabbitMQIsAsDescribed binds a queue to each routing key that is
// described.
func TestWhatIsSentOverRabbitMQIsAsDescribed(t *testing.T) {
	t.Parallel()
	address := os.Getenv("HAWKER_TEST_AMQP")
	if address == "" {
		t.Skip("no RabbitMQ; scripts/with-rabbitmq starts one")
	}
	o := reader(t)
	o.sells("rabbitmq", address, func(context.Context) <-chan heard {
		conn, err := amqp091.Dial(address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		ch, err := conn.Channel()
		if err != nil {
			t.Fatal(err)
		}
		queue, err := ch.QueueDeclare("", false, true, true, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, channel := range o.at("channels").(map[string]any) {
			bindings := o.at("channels", name, "bindings").(map[string]any)
			over, ok := bindings["amqp"].(map[string]any)
			if !ok {
				continue
			}
			exchange := over["exchange"].(map[string]any)
			at := exchange["name"].(string)
			if err := ch.ExchangeDeclare(at, exchange["type"].(string), exchange["durable"].(bool), false, false, false,
				nil); err != nil {
				t.Fatal(err)
			}
			key := channel.(map[string]any)["address"].(string)
			if err := ch.QueueBind(queue.Name, key, at, false, nil); err != nil {
				t.Fatal(err)
			}
		}
		got, err := ch.Consume(queue.Name, "", true, true, false, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		come := make(chan heard, 1000)
		go func() {
			for d := range got {
				come <- heard{d.Type, d.Body, d.Headers}
			}
		}()
		return come
	})
}
