// Package broker makes the carrier of events that an installation is configured to have.
package broker

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"

	"hawker/internal/base/clock"
	"hawker/internal/platform/config"
	"hawker/internal/platform/events"
	"hawker/internal/platform/events/amqp"
	"hawker/internal/platform/events/kafka"
)

// Carrier is a broker as this process sees it.
type Carrier interface {
	events.Carrier
	io.Closer
	// Ping answers an error while the broker is away, within a second or so.
	Ping(ctx context.Context) error
}

// Open makes the configured carrier, nil where the database carries events by itself. It
// connects when there is something to do: a broker that is away keeps nobody from
// starting.
func Open(b config.Broker, c clock.Clock, log *slog.Logger) (Carrier, error) {
	brokers, secure := b.Kafka()
	switch {
	case b.URL == "":
		return nil, nil //nolint:nilnil // there is none
	case b.RabbitMQ():
		if err := amqp.Check(b.URL); err != nil {
			return nil, fmt.Errorf("broker.url: %w", err)
		}
		return amqp.New(amqp.Options{URL: b.URL, Name: b.Name, Pauses: amqp.Pauses(), Clock: c, Log: log}), nil
	}
	o := kafka.Options{Brokers: brokers, Name: b.Name, First: kafka.First, Clock: c, Log: log}
	if secure {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	made, err := kafka.New(o)
	if err != nil {
		return nil, fmt.Errorf("broker.url: %w", err)
	}
	return made, nil
}
