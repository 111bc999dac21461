// Package realtimetest is what every engine behind package realtime must pass.
package realtimetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/centrifugal/centrifuge"

	"hawker/internal/platform/realtime"
)

// Open answers what opens the sides of as many nodes as can share an empty engine,
// one for one that cannot be shared.
type Open func(t *testing.T) []realtime.Opener

const channel = "room:rom_1"

// Run proves an engine.
func Run(t *testing.T, open Open) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(t *testing.T, nodes []*node)
	}{
		{"what is said arrives, in order, at every node", arrives},
		{"channels are apart", apart},
		{"who comes back misses nothing", recovers},
		{"who was away too long is told", tooLong},
		{"history is forgotten on demand, with its epoch", forgets},
		{"who is there", presence},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var nodes []*node
			for _, opener := range open(t) {
				nodes = append(nodes, start(t, opener))
			}
			c.test(t, nodes)
		})
	}
}

// node is one with its side of the engine.
type node struct {
	realtime.Engine
	heard chan string // channel, offset and text of what arrives
}

func start(t *testing.T, open realtime.Opener) *node {
	t.Helper()
	c, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		t.Fatal(err)
	}
	n := &node{heard: make(chan string, 10_000)}
	if n.Engine, err = open(c); err != nil {
		t.Fatal(err)
	}
	c.SetBroker(watched{n.Broker, n})
	c.SetPresenceManager(n.Presence)
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	if err := n.Broker.Subscribe(channel); err != nil {
		t.Fatal(err)
	}
	return n
}

// watched is a broker whose events a test hears instead of the node.
type watched struct {
	centrifuge.Broker
	node *node
}

func (w watched) RegisterBrokerEventHandler(centrifuge.BrokerEventHandler) error {
	return w.Broker.RegisterBrokerEventHandler(ear{w.node})
}

type ear struct{ node *node }

func (e ear) HandlePublication(ch string, pub *centrifuge.Publication, sp centrifuge.StreamPosition, _ bool,
	_ *centrifuge.Publication,
) error {
	e.node.heard <- fmt.Sprintf("%s %d %s", ch, max(pub.Offset, sp.Offset), pub.Data)
	return nil
}

func (ear) HandleJoin(string, *centrifuge.ClientInfo) error  { return nil }
func (ear) HandleLeave(string, *centrifuge.ClientInfo) error { return nil }

func (n *node) say(t *testing.T, ch, text string) centrifuge.StreamPosition {
	t.Helper()
	r, err := n.Broker.Publish(ch, []byte(text), realtime.History())
	if err != nil {
		t.Fatal(err)
	}
	return r.StreamPosition
}

func (n *node) since(t *testing.T, at centrifuge.StreamPosition) (texts []string, now centrifuge.StreamPosition) {
	t.Helper()
	list, now, err := n.Broker.History(channel, centrifuge.HistoryOptions{
		Filter: centrifuge.HistoryFilter{Since: &at, Limit: centrifuge.NoLimit},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		texts = append(texts, string(p.Data))
	}
	return texts, now
}

func arrives(t *testing.T, nodes []*node) {
	for i := range 100 {
		at := nodes[i%len(nodes)].say(t, channel, fmt.Sprint(i))
		if at.Offset != uint64(i+1) || at.Epoch == "" {
			t.Fatalf("the %dth stands at %+v", i, at)
		}
	}
	for n, node := range nodes {
		for i := range 100 {
			if got, want := <-node.heard, fmt.Sprintf("%s %d %d", channel, i+1, i); got != want {
				t.Fatalf("at node %d came %q, want %q", n, got, want)
			}
		}
	}
}

func apart(t *testing.T, nodes []*node) {
	nodes[0].say(t, "room:rom_2", "elsewhere")
	if at := nodes[0].say(t, channel, "here"); at.Offset != 1 {
		t.Errorf("a channel counts what is said in another: %+v", at)
	}
	last := nodes[len(nodes)-1]
	for {
		got := <-last.heard
		if got == channel+" 1 here" {
			break
		}
		if len(nodes) > 1 { // a node of its own hears whatever is said at it
			t.Errorf("heard %q", got)
		}
	}
	if texts, _ := last.since(t, centrifuge.StreamPosition{}); len(texts) != 1 {
		t.Errorf("kept %v", texts)
	}
}

func recovers(t *testing.T, nodes []*node) {
	first, last := nodes[0], nodes[len(nodes)-1]
	first.say(t, channel, "one")
	left := first.say(t, channel, "two")
	first.say(t, channel, "three")
	end := last.say(t, channel, "four")
	texts, now := last.since(t, left)
	if fmt.Sprint(texts) != "[three four]" || now != end || now.Epoch != left.Epoch {
		t.Errorf("missed %v up to %+v, want three and four up to %+v", texts, now, end)
	}
	if texts, now = first.since(t, end); len(texts) != 0 || now != end {
		t.Errorf("missed %v up to %+v", texts, now)
	}
}

// tooLong has more said than is kept: what comes back does not join on to where the
// listener left.
func tooLong(t *testing.T, nodes []*node) {
	size := realtime.History().HistorySize
	left := nodes[0].say(t, channel, "left")
	for i := range size + 10 {
		nodes[0].say(t, channel, fmt.Sprint(i))
	}
	list, _, err := nodes[0].Broker.History(channel, centrifuge.HistoryOptions{
		Filter: centrifuge.HistoryFilter{Since: &left, Limit: centrifuge.NoLimit},
	})
	if err != nil || len(list) > size || len(list) == 0 || list[0].Offset == left.Offset+1 {
		t.Errorf("%d kept, %v: it looks as if nothing were missed", len(list), err)
	}
}

func forgets(t *testing.T, nodes []*node) {
	before := nodes[0].say(t, channel, "one")
	if err := nodes[0].Broker.RemoveHistory(channel); err != nil {
		t.Fatal(err)
	}
	if texts, _ := nodes[len(nodes)-1].since(t, centrifuge.StreamPosition{}); len(texts) != 0 {
		t.Errorf("kept %v", texts)
	}
	after := nodes[0].say(t, channel, "two")
	if after.Epoch == before.Epoch && after.Offset <= before.Offset {
		t.Errorf("who stood at %+v cannot tell it from %+v", before, after)
	}
}

func presence(t *testing.T, nodes []*node) {
	last := nodes[len(nodes)-1]
	want := func(what string, clients, users int) {
		t.Helper()
		s, err := last.Presence.PresenceStats(channel)
		if err != nil || s.NumClients != clients || s.NumUsers != users {
			t.Errorf("%s: %+v, %v", what, s, err)
		}
	}
	want("nobody", 0, 0)
	for i, who := range []struct{ client, user string }{{"c1", "u1"}, {"c2", "u1"}, {"c3", "u2"}, {"c3", "u2"}} {
		info := &centrifuge.ClientInfo{ClientID: who.client, UserID: who.user}
		if err := nodes[i%len(nodes)].Presence.AddPresence(channel, who.client, info); err != nil {
			t.Fatal(err)
		}
	}
	want("two people on three connections", 3, 2)
	for range 2 {
		if err := nodes[0].Presence.RemovePresence(channel, "c1", "u1"); err != nil {
			t.Fatal(err)
		}
	}
	want("one connection less", 2, 2)
	if s, err := last.Presence.PresenceStats("room:rom_2"); err != nil || s.NumClients != 0 {
		t.Errorf("in another room: %+v, %v", s, err)
	}
}
