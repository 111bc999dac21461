package kafka

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hawker/internal/platform/events"
	"hawker/internal/platform/events/keyed"
)

// record is an event of a group that has not been taken.
type record struct {
	events.Delivery

	step *step
	done func(s *step)
}

const (
	pollMax    = 100                    // records at a time
	waitMax    = 1000                   // with so many that wait, for a pause or a hand, no more are read
	commitEach = 500 * time.Millisecond // how often it is told how far a group is
	// settleWithin bounds how long another process waits for what is in hand here.
	settleWithin = 20 * time.Second
	// leaveWithin bounds how long a stop waits for the cluster.
	leaveWithin = 2 * time.Second
)

// Consume implements events.Carrier.
func (c *Carrier) Consume(ctx context.Context, group string,
	take func(ctx context.Context, d events.Delivery) error,
) error {
	if c.heardBy(group) == nil {
		return fmt.Errorf("kafka: group %s was not declared", group)
	}
	q, leave := c.readers.Join(ctx, group, func(ctx context.Context, q *keyed.Queue[record]) { c.read(ctx, group, q) })
	defer leave()
	for item := q.Take(ctx); item != nil; item = q.Take(ctx) {
		err := take(ctx, item.Value.Delivery)
		switch {
		case err == nil:
			item.Value.done(item.Value.step)
			q.Done(item)
		case ctx.Err() != nil:
			q.Return(item)
		default:
			pause := c.o.pause(item.Value.Attempt)
			item.Value.Attempt++
			q.Later(item, c.o.Clock.Now().Add(pause))
		}
	}
	return nil
}

func (c *Carrier) heardBy(group string) map[string]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hears[group]
}

// member is this process as one of a group.
type member struct {
	c     *Carrier
	group string
	queue *keyed.Queue[record]

	mu sync.Mutex
	at map[int32]*progress
}

// read fills the queue until ctx ends.
func (c *Carrier) read(ctx context.Context, group string, q *keyed.Queue[record]) {
	m := &member{c: c, group: group, queue: q, at: map[int32]*progress{}}
	client, err := kgo.NewClient(c.options(
		kgo.ConsumerGroup(c.o.group(group)), kgo.ConsumeTopics(c.o.topic()),
		// A partition that was added, or of which too much has been thrown away: from what there is.
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.BlockRebalanceOnPoll(), kgo.AutoCommitMarks(), kgo.AutoCommitInterval(commitEach),
		kgo.OnPartitionsRevoked(m.revoked), kgo.OnPartitionsLost(m.lost),
	)...)
	if err != nil { // the options are wrong
		c.o.Log.Error("broker", "group", group, "error", err)
		return
	}
	for ctx.Err() == nil {
		q.Room(ctx, waitMax)
		fetches := client.PollRecords(ctx, pollMax)
		if err := fetches.Err0(); err != nil && ctx.Err() == nil {
			c.o.Log.Debug("broker", "group", group, "lost", err)
		}
		fetches.EachRecord(func(r *kgo.Record) { m.add(client, r) })
		client.AllowRebalance()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveWithin)
	defer cancel()
	_ = client.CommitMarkedOffsets(ctx) // when that is lost it comes again
	_ = client.LeaveGroupContext(ctx)
	client.CloseAllowingRebalance()
}

// add queues a record that the group hears of; the others are done.
func (m *member) add(client *kgo.Client, r *kgo.Record) {
	p := m.progress(r.Partition)
	s := p.add(r)
	done := func(s *step) {
		if last := p.finish(s); last != nil {
			client.MarkCommitRecords(last)
		}
	}
	d, err := delivery(r)
	if err != nil {
		m.c.o.Log.Error("broker: not one of our events, left out", "error", err)
	}
	if err != nil || !m.c.heardBy(m.group)[d.Name] {
		done(s)
		return
	}
	m.queue.Put(d.Key, record{d, s, done})
}

func (m *member) progress(partition int32) *progress {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.at[partition]
	if p == nil {
		p = &progress{}
		m.at[partition] = p
	}
	return p
}

// revoked gives partitions to another process: what is in hand is done first, so that
// what is of its key stays in order.
func (m *member) revoked(ctx context.Context, client *kgo.Client, all map[string][]int32) {
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	of := m.of(all)
	m.queue.Drop(of)
	m.queue.Settled(ctx, of)
	if err := client.CommitMarkedOffsets(ctx); err != nil {
		m.c.o.Log.Debug("broker", "group", m.group, "not committed", err)
	}
	m.leave(all)
}

// lost notes that partitions are another process's already.
func (m *member) lost(_ context.Context, _ *kgo.Client, all map[string][]int32) {
	m.queue.Drop(m.of(all))
	m.leave(all)
}

func (m *member) of(all map[string][]int32) func(r record) bool {
	return func(r record) bool { return slices.Contains(all[m.c.o.topic()], r.step.Partition) }
}

func (m *member) leave(all map[string][]int32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, partition := range all[m.c.o.topic()] {
		if p := m.at[partition]; p != nil {
			p.leave()
			delete(m.at, partition)
		}
	}
}
