package amqp

import (
	"context"
	"fmt"
	"slices"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"hawker/internal/platform/events"
)

// Exchange is where events are published, each under its name, of a mall of that
// broker.name.
func Exchange(name string) string { return name + ".events" }

func (o Options) exchange() string { return Exchange(o.Name) }

func (o Options) queue(group string) string { return o.Name + "." + group }

// later is where waits what comes again after a pause: an exchange and a queue.
func (o Options) later(pause time.Duration) string { return o.Name + ".later." + pause.String() }

// pause is how long an event waits after a try.
func (o Options) pause(try int) time.Duration { return o.Pauses[min(try, len(o.Pauses))-1] }

// The broker puts what was not answered back at the head of its queue, which it does only
// where there is a limit, and takes away what has come more often. Ours is never
// reached: after returnsMax an event steps aside by our hand. The broker's would end in a
// circle (queue, pause, the same queue), which it takes for a mistake and cuts.
const (
	deliveryLimit = 1 << 30
	returnsMax    = 20
)

// Declare implements events.Carrier.
func (c *Carrier) Declare(ctx context.Context, groups []events.Group) error {
	c.mu.Lock()
	for _, g := range groups {
		c.groups[g.Name] = g
	}
	out := c.out
	c.mu.Unlock()
	l, err := c.connect(ctx, &c.out)
	if err != nil || l != out {
		return err // a new connection has declared it
	}
	defer context.AfterFunc(ctx, l.cut)()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.topology(l.ch)
}

// topology makes what there has to be; what there is stays as it is.
func (c *Carrier) topology(ch *amqp091.Channel) error {
	if err := ch.ExchangeDeclare(c.o.exchange(), amqp091.ExchangeTopic, true, false, false, false, nil); err != nil {
		return fmt.Errorf("declare exchange: %w", err)
	}
	for _, pause := range slices.Compact(slices.Sorted(slices.Values(c.o.Pauses))) {
		if err := c.declareLater(ch, pause); err != nil {
			return fmt.Errorf("declare %s: %w", c.o.later(pause), err)
		}
	}
	for _, g := range c.groups {
		if err := c.declareGroup(ch, g); err != nil {
			return fmt.Errorf("declare %s: %w", c.o.queue(g.Name), err)
		}
	}
	return nil
}

// declareLater makes a queue whose messages go back, after the pause, to the queue that
// their routing key names. It is one for all groups, since who waits equally long is
// due in the order in which they came.
func (c *Carrier) declareLater(ch *amqp091.Channel, pause time.Duration) error {
	name := c.o.later(pause)
	if err := ch.ExchangeDeclare(name, amqp091.ExchangeFanout, true, false, false, false, nil); err != nil {
		return err
	}
	_, err := ch.QueueDeclare(name, true, false, false, false, amqp091.Table{
		amqp091.QueueTypeArg: amqp091.QueueTypeQuorum, amqp091.QueueMessageTTLArg: pause.Milliseconds(),
		// What goes back is confirmed by the queue that gets it before it is gone here.
		"x-dead-letter-exchange": "", "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish",
	})
	if err != nil {
		return err
	}
	return ch.QueueBind(name, "", name, false, nil)
}

func (c *Carrier) declareGroup(ch *amqp091.Channel, g events.Group) error {
	name := c.o.queue(g.Name)
	_, err := ch.QueueDeclare(name, true, false, false, false, amqp091.Table{
		amqp091.QueueTypeArg: amqp091.QueueTypeQuorum, amqp091.SingleActiveConsumerArg: true,
		"x-delivery-limit": int64(deliveryLimit),
	})
	for _, heard := range g.Events {
		if err == nil {
			err = ch.QueueBind(name, heard, c.o.exchange(), false, nil)
		}
	}
	return err
}
