package app

import (
	"crypto/tls"
	"fmt"
	"io"

	"hawker/internal/platform/events"
	"hawker/internal/platform/events/amqp"
	"hawker/internal/platform/events/kafka"
)

// carrier is a broker; nil where the database carries events by itself.
type carrier interface {
	events.Carrier
	io.Closer
	Away() error
}

// openCarrier makes the configured one. It connects when the program runs, and a broker
// that is away keeps nobody from that.
func (a *App) openCarrier() error {
	b := a.cfg.Broker
	brokers, secure := b.Kafka()
	switch {
	case b.URL == "":
		return nil
	case b.RabbitMQ():
		if err := amqp.Check(b.URL); err != nil {
			return fmt.Errorf("broker.url: %w", err)
		}
		a.carrier = amqp.New(amqp.Options{
			URL: b.URL, Name: b.Name, Pauses: amqp.Pauses(), Clock: a.clock, Log: a.log,
		})
		return nil
	}
	o := kafka.Options{Brokers: brokers, Name: b.Name, First: kafka.First, Clock: a.clock, Log: a.log}
	if secure {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	c, err := kafka.New(o)
	if err != nil {
		return fmt.Errorf("broker: %w", err)
	}
	a.carrier = c
	return nil
}
