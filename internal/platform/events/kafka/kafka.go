// Package kafka carries events over Kafka: one topic for all of them, whose key is the
// thing that they concern, and a consumer group for each group. An event is published
// when all replicas in sync have it; the producer is idempotent.
//
// A group reads the whole topic and leaves out what it does not hear of. How far it is
// stands at the broker: to where everything has been taken. What was not taken waits in
// the process that had it, and what comes after it goes on; when that process ends, all
// that came after comes again with it, and tries are counted anew.
//
//	kafka.go  groups and publishing    consume.go  a group's events    progress.go  how far it is
package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"hawker/internal/base/clock"
	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/events/keyed"
)

// Options are what a carrier needs to know.
type Options struct {
	Brokers []string      // host:port
	TLS     *tls.Config   // nil: in clear
	Name    string        // begins the names of the topic and of all groups
	First   time.Duration // before what was not taken comes again; it doubles with each try
	Clock   clock.Clock
	Log     *slog.Logger
}

const (
	// First is the usual one, PauseMax the longest: 12 tries take about an hour.
	First    = time.Second
	PauseMax = 10 * time.Minute

	// Partitions of a topic that there is not yet: so many processes share a group.
	Partitions = 12
	// retention is longer than anybody is away.
	retention = 30 * 24 * time.Hour

	sendWithin = 20 * time.Second
)

// Carrier is a cluster as this process sees it.
type Carrier struct {
	o       Options
	client  *kgo.Client
	readers *keyed.Readers[record]

	mu    sync.Mutex
	hears map[string]map[string]bool // names of events by the group
	lost  error                      // why it is away, for the log; nil while it answers
}

// New makes a carrier. It connects when there is something to do.
func New(o Options) (*Carrier, error) {
	c := &Carrier{o: o, readers: keyed.NewReaders[record](o.Clock), hears: map[string]map[string]bool{}}
	var err error
	c.client, err = kgo.NewClient(c.options(
		kgo.RequiredAcks(kgo.AllISRAcks()), kgo.ProducerLinger(0), kgo.RecordDeliveryTimeout(sendWithin),
		kgo.AllowIdempotentProduceCancellation(), // who gives up publishes again: taking twice is provided for
	)...)
	return c, err
}

func (c *Carrier) options(more ...kgo.Opt) []kgo.Opt {
	opts := []kgo.Opt{
		kgo.SeedBrokers(c.o.Brokers...), kgo.ClientID(c.o.Name), kgo.RetryTimeout(sendWithin),
		kgo.DisableClientMetrics(),
	}
	if c.o.TLS != nil {
		opts = append(opts, kgo.DialTLSConfig(c.o.TLS))
	}
	return append(opts, more...)
}

// Topic is where events are published, of a mall of that broker.name.
func Topic(name string) string { return name + ".events" }

func (o Options) topic() string { return Topic(o.Name) }

func (o Options) group(name string) string { return o.Name + "." + name }

// pause is how long an event waits after a try.
func (o Options) pause(try int) time.Duration { return min(o.First<<min(try-1, 20), PauseMax) }

// Close lets go of the cluster; nobody may consume any more.
func (c *Carrier) Close() error {
	c.client.Close()
	return nil
}

// note keeps whether the cluster answered, and tells when that changes.
func (c *Carrier) note(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if (err == nil) != (c.lost == nil) {
		c.o.Log.Warn("broker", "away", err)
	}
	c.lost = err
	return err
}

// pingWithin bounds how long who asks whether the cluster is there waits for it.
const pingWithin = time.Second

// Ping asks whether a broker answers.
func (c *Carrier) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingWithin)
	defer cancel()
	return c.client.Ping(ctx)
}

// Declare implements events.Carrier.
func (c *Carrier) Declare(ctx context.Context, groups []events.Group) error {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	return c.note(c.declare(ctx, groups))
}

func (c *Carrier) declare(ctx context.Context, groups []events.Group) error {
	admin := kadm.NewClient(c.client)
	keep := strconv.FormatInt(retention.Milliseconds(), 10)
	made, err := admin.CreateTopic(ctx, Partitions, -1, map[string]*string{"retention.ms": &keep}, c.o.topic())
	if err = errors.Join(err, made.Err); err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("create topic: %w", err)
	}
	// The ends are read before what groups have: another process that declares a group at
	// the same time is at most put back to here, never forward over what it has published.
	ends, err := admin.ListEndOffsets(ctx, c.o.topic())
	if err = errors.Join(err, ends.Error()); err != nil {
		return fmt.Errorf("read topic: %w", err)
	}
	for _, g := range groups {
		if err := c.begin(ctx, admin, g.Name, ends.Offsets()); err != nil {
			return fmt.Errorf("declare %s: %w", c.o.group(g.Name), err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range groups {
		hears := map[string]bool{}
		for _, name := range g.Events {
			hears[name] = true
		}
		c.hears[g.Name] = hears
	}
	return nil
}

// begin has a group hear what comes from now on, where it has not begun.
func (c *Carrier) begin(ctx context.Context, admin *kadm.Client, group string, ends kadm.Offsets) error {
	has, err := admin.FetchOffsetsForTopics(ctx, c.o.group(group), c.o.topic())
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return err
	}
	begun := false
	has.Each(func(o kadm.OffsetResponse) { begun = begun || o.At >= 0 })
	if begun {
		return nil
	}
	return admin.CommitAllOffsets(ctx, c.o.group(group), ends)
}

// The headers of a record; its key is the event's.
const (
	headerID   = "id"
	headerName = "name"
	headerAt   = "at_ms" // since 1970; the record's own time is when it was published
	// headerTrace is there where the event belongs to a trace (W3C Trace Context).
	headerTrace = "traceparent"
)

// Publish implements events.Carrier.
func (c *Carrier) Publish(ctx context.Context, batch []event.Envelope) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	records := make([]*kgo.Record, len(batch))
	for i, env := range batch {
		records[i] = &kgo.Record{
			Topic: c.o.topic(), Value: env.Payload,
			Headers: []kgo.RecordHeader{
				{Key: headerID, Value: []byte(env.ID.String())},
				{Key: headerName, Value: []byte(env.Name)},
				{Key: headerAt, Value: strconv.AppendInt(nil, env.At.UnixMilli(), 10)},
			},
		}
		if env.Trace != "" {
			trace := kgo.RecordHeader{Key: headerTrace, Value: []byte(env.Trace)}
			records[i].Headers = append(records[i].Headers, trace)
		}
		if env.Key != "" { // without a key it may go anywhere
			records[i].Key = []byte(env.Key)
		}
	}
	if err := c.note(c.client.ProduceSync(ctx, records...).FirstErr()); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// delivery reads a record.
func delivery(r *kgo.Record) (events.Delivery, error) {
	headers := map[string]string{}
	for _, h := range r.Headers {
		headers[h.Key] = string(h.Value)
	}
	var ev id.Event
	if err := ev.UnmarshalText([]byte(headers[headerID])); err != nil {
		return events.Delivery{}, fmt.Errorf("record %d of partition %d: %w", r.Offset, r.Partition, err)
	}
	ms, err := strconv.ParseInt(headers[headerAt], 10, 64)
	if err != nil {
		return events.Delivery{}, fmt.Errorf("record %d of partition %d: its time: %w", r.Offset, r.Partition, err)
	}
	return events.Delivery{Attempt: 1, Envelope: event.Envelope{
		ID: ev, Name: headers[headerName], Key: string(r.Key), At: time.UnixMilli(ms).UTC(), Payload: r.Value,
		Trace: headers[headerTrace],
	}}, nil
}
