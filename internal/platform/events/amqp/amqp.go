// Package amqp carries events over RabbitMQ 3.10 or newer: a topic exchange that others
// may listen to as well, and for each group of consumers a quorum queue. An event is
// published when every queue that wants it has confirmed to keep it.
//
// A group's queue has one active consumer among all processes, so that what is of one
// key is taken in order; when that process goes, the broker gives the queue to another.
// What was not taken waits in a queue without consumers until its time is over and the
// broker puts it back. How often it has come stands in it.
//
//	amqp.go  publishing    topology.go  exchanges and queues
//	link.go  connections   consume.go   a group's events
package amqp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"hawker/internal/base/clock"
	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/events/keyed"
)

// Options are what a carrier needs to know.
type Options struct {
	URL    string          // amqp:// or amqps://, checked by Check
	Name   string          // begins the names of all that is made at the broker
	Pauses []time.Duration // before what was not taken comes again, by the try; the last for all further
	Clock  clock.Clock
	Log    *slog.Logger
}

// Pauses are usual ones: 12 tries take about an hour.
func Pauses() []time.Duration {
	return []time.Duration{
		time.Second, time.Second, 10 * time.Second, 10 * time.Second,
		time.Minute, time.Minute, time.Minute, 10 * time.Minute,
	}
}

// Carrier is a broker as this process sees it. It connects when there is something to
// do, and again when a connection was lost.
type Carrier struct {
	o       Options
	readers *keyed.Readers[message]

	mu      sync.Mutex
	groups  map[string]events.Group
	out, in *link // for publishing and for consuming: a broker that is short of memory stops the first alone

	seen sync.Mutex // apart from mu, which is held while a connection is made
	lost error      // why it is away; nil while it answers
}

// New makes a carrier. Nothing is connected before Declare.
func New(o Options) *Carrier {
	return &Carrier{o: o, readers: keyed.NewReaders[message](o.Clock), groups: map[string]events.Group{}}
}

// Close lets go of the broker; nobody may consume any more.
func (c *Carrier) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range []*link{c.out, c.in} {
		if l != nil {
			l.close()
		}
	}
	c.out, c.in = nil, nil
	return nil
}

// letter is what is sent to an exchange.
type letter struct {
	exchange, key string
	message       amqp091.Publishing
}

// Publish implements events.Carrier.
func (c *Carrier) Publish(ctx context.Context, batch []event.Envelope) error {
	letters := make([]letter, len(batch))
	for i, env := range batch {
		letters[i] = letter{c.o.exchange(), env.Name, publishing(env, 1)}
	}
	return c.send(ctx, letters...)
}

// sendWithin bounds how long the broker may take to confirm.
const sendWithin = 20 * time.Second

var errRefused = errors.New("the broker does not keep a message")

// send hands letters over and waits until all of them are confirmed. No more is on its
// way than one call's: what the broker does not keep up with waits with the caller.
func (c *Carrier) send(ctx context.Context, letters ...letter) error {
	within, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	err := c.confirmed(within, letters)
	if ctx.Err() == nil {
		c.note(err)
	}
	return err
}

func (c *Carrier) confirmed(ctx context.Context, letters []letter) error {
	l, err := c.connect(ctx, &c.out)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, l.cut)() // neither writing nor waiting outlasts ctx
	confirms := make([]*amqp091.DeferredConfirmation, len(letters))
	for i, m := range letters {
		if confirms[i], err = l.ch.PublishWithDeferredConfirm(m.exchange, m.key, false, false, m.message); err != nil {
			l.cut()
			return fmt.Errorf("publish: %w", err)
		}
	}
	for _, confirm := range confirms {
		kept, err := confirm.WaitContext(ctx)
		if err == nil && !kept {
			err = errRefused
		}
		if err != nil {
			return fmt.Errorf("publish: %w", err)
		}
	}
	return nil
}

// note keeps whether the broker answers, and tells when that changes.
func (c *Carrier) note(err error) {
	c.seen.Lock()
	defer c.seen.Unlock()
	if (err == nil) != (c.lost == nil) {
		c.o.Log.Warn("broker", "away", err)
	}
	c.lost = err
}

// Ping says whether the broker was there when it was last asked for something: who
// consumes asks each second while it is away. It never waits.
func (c *Carrier) Ping(context.Context) error {
	c.seen.Lock()
	defer c.seen.Unlock()
	return c.lost
}

// The headers of a message, beside its own properties.
const (
	headerKey = "key"
	headerAt  = "at_ms" // since 1970; the property has seconds only
	headerTry = "try"
	// headerTrace is there where the event belongs to a trace (W3C Trace Context).
	headerTrace = "traceparent"
)

func publishing(env event.Envelope, try int) amqp091.Publishing {
	p := amqp091.Publishing{
		MessageId: env.ID.String(), Type: env.Name, Timestamp: env.At, ContentType: "application/json",
		DeliveryMode: amqp091.Persistent, Body: env.Payload,
		Headers: amqp091.Table{
			headerKey: env.Key, headerAt: strconv.FormatInt(env.At.UnixMilli(), 10), headerTry: int64(try),
		},
	}
	if env.Trace != "" {
		p.Headers[headerTrace] = env.Trace
	}
	return p
}

// delivery reads a message.
func delivery(d amqp091.Delivery) (events.Delivery, error) {
	var ev id.Event
	if err := ev.UnmarshalText([]byte(d.MessageId)); err != nil {
		return events.Delivery{}, fmt.Errorf("message %q of type %q: %w", d.MessageId, d.Type, err)
	}
	key, _ := d.Headers[headerKey].(string)
	at, _ := d.Headers[headerAt].(string)
	try, _ := d.Headers[headerTry].(int64)
	trace, _ := d.Headers[headerTrace].(string)
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return events.Delivery{}, fmt.Errorf("message %s: its time: %w", d.MessageId, err)
	}
	env := event.Envelope{ID: ev, Name: d.Type, Key: key, At: time.UnixMilli(ms).UTC(), Payload: d.Body, Trace: trace}
	return events.Delivery{Envelope: env, Attempt: max(int(try), 1)}, nil
}
