package kafka_test

import (
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"hawker/internal/base/clock"
	"hawker/internal/platform/events"
	"hawker/internal/platform/events/eventstest"
	"hawker/internal/platform/events/kafka"
)

const pause = 50 * time.Millisecond

// cluster is a broker with real connections, groups and files.
type cluster struct {
	*kfake.Cluster

	dir  string
	port int
}

func start(t *testing.T) *cluster {
	t.Helper()
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	k := &cluster{dir: t.TempDir()}
	k.port, _ = strconv.Atoi(port)
	k.start(t)
	t.Cleanup(func() { k.Close() })
	return k
}

func (k *cluster) start(t *testing.T) {
	t.Helper()
	var err error
	if k.Cluster, err = kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(k.port), kfake.DataDir(k.dir),
		kfake.SyncWrites(), kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"})); err != nil {
		t.Fatal(err)
	}
}

func (k *cluster) open(t *testing.T) *kafka.Carrier {
	t.Helper()
	name := strings.NewReplacer("/", ".", " ", "_", "'", "").Replace(t.Name())
	c, err := kafka.New(kafka.Options{
		Brokers: k.ListenAddrs(), Name: name, First: pause, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestKafka(t *testing.T) {
	t.Parallel()
	k := start(t)
	eventstest.Run(t, eventstest.Engine{Pause: pause, Open: func(t *testing.T) events.Carrier {
		t.Helper()
		return k.open(t)
	}})
}

func TestKafkaFalls(t *testing.T) {
	t.Parallel()
	k := start(t)
	eventstest.RunBroker(t, eventstest.Broker{
		Open: func(t *testing.T) events.Carrier {
			t.Helper()
			return k.open(t)
		},
		Stop:  func(*testing.T) { k.Close() },
		Start: k.start,
	})
}
