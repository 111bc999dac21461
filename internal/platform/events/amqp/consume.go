package amqp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"hawker/internal/platform/events"
	"hawker/internal/platform/events/keyed"
)

// message is an event of a group that the broker has not been answered about.
type message struct {
	events.Delivery

	returned int64 // how often its process went without an answer
	ack      func(multiple bool) error
}

// later has the broker bring it again after a pause. One at which process after process
// ends waits longest, and has not failed by an error.
func (m message) later(o Options, group string) letter {
	pause, try := o.pause(m.Attempt), m.Attempt+1
	if m.returned >= returnsMax {
		pause, try = slices.Max(o.Pauses), m.Attempt
	}
	return letter{o.later(pause), o.queue(group), publishing(m.Envelope, try)}
}

const (
	// unanswered is how many events of a group this process has at a time.
	unanswered = 64
	// again is the pause before a lost connection is made anew.
	again = time.Second
)

// Consume implements events.Carrier.
func (c *Carrier) Consume(ctx context.Context, group string,
	take func(ctx context.Context, d events.Delivery) error,
) error {
	c.mu.Lock()
	_, known := c.groups[group]
	c.mu.Unlock()
	if !known {
		return fmt.Errorf("amqp: group %s was not declared", group)
	}
	q, leave := c.readers.Join(ctx, group, func(ctx context.Context, q *keyed.Queue[message]) { c.read(ctx, group, q) })
	defer leave()
	for item := q.Take(ctx); item != nil; item = q.Take(ctx) {
		m := item.Value
		var err error
		if m.returned >= returnsMax || take(ctx, m.Delivery) != nil {
			err = c.send(ctx, m.later(c.o, group))
		}
		switch {
		case err == nil:
			_ = m.ack(false) // when that is lost it comes again
			q.Done(item)
		case ctx.Err() != nil:
			q.Return(item)
		default: // it cannot be sent away, so it waits here
			q.Later(item, c.o.Clock.Now().Add(again))
		}
	}
	return nil
}

// read fills the queue from the broker until ctx ends.
func (c *Carrier) read(ctx context.Context, group string, q *keyed.Queue[message]) {
	for ctx.Err() == nil {
		err := c.session(ctx, group, q)
		q.Drop(func(message) bool { return true }) // they come again
		if ctx.Err() != nil {
			return
		}
		c.o.Log.Debug("broker", "group", group, "lost", err)
		timer := c.o.Clock.NewTimer(again)
		select {
		case <-ctx.Done():
		case <-timer.C():
		}
		timer.Stop()
	}
}

var errLost = errors.New("the connection was lost")

// session reads until a connection is lost or ctx ends.
func (c *Carrier) session(ctx context.Context, group string, q *keyed.Queue[message]) error {
	l, err := c.connect(ctx, &c.in)
	if err != nil {
		return err
	}
	ch, err := l.conn.Channel()
	if err != nil {
		return err
	}
	defer func() { _ = ch.Close() }() // the broker gives to others what was not answered
	if err := ch.Qos(unanswered, 0, false); err != nil {
		return err
	}
	come, err := ch.Consume(c.o.queue(group), "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case d, ok := <-come:
			if !ok {
				return errLost
			}
			c.put(q, d)
		}
	}
}

// put queues a message. One that is no event of ours will be none later: it is told of
// and dropped.
func (c *Carrier) put(q *keyed.Queue[message], d amqp091.Delivery) {
	got, err := delivery(d)
	if err != nil {
		c.o.Log.Error("broker: not one of our events, dropped", "error", err)
		_ = d.Ack(false)
		return
	}
	returned, _ := d.Headers["x-delivery-count"].(int64)
	q.Put(got.Key, message{got, returned, d.Ack})
}
