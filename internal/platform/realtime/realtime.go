// Package realtime carries what many people see at once: messages to channels
// over WebSocket, or HTTP streaming and SSE where that is blocked. A client that
// was away resumes by offset and epoch from the channel's history. Clients never
// publish here: they post through the API, and the program publishes.
package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/centrifugal/centrifuge"

	"hawker/internal/base/crash"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/cdn"
	"hawker/internal/platform/httpapi"
)

// Entry is how somebody may listen to a channel.
type Entry int

// The entries.
const (
	Refused Entry = iota
	Counted
	Uncounted // who works there is no listener to be counted
)

// Channel is a kind of channel: all whose name is Name, a colon and an id. It says
// who may listen as an operation does.
type Channel struct {
	Name   string
	Access httpapi.Access
	// Subject reads the id that stands in a channel's name.
	Subject func(id string) httpapi.Subject
	// Enter decides further when somebody comes who may by Access; nil counts
	// everybody. It is not asked again while they stay.
	Enter func(ctx context.Context, actor httpapi.Actor, id string, pass httpapi.Pass) (Entry, error)
	// Stay is asked besides Access whether somebody who listens still may; nil: they may.
	Stay func(ctx context.Context, actor httpapi.Actor, id string) (bool, error)
}

// Authorizer decides who may reach what is declared so.
type Authorizer interface {
	Check(ctx context.Context, access httpapi.Access, actor httpapi.Actor, s httpapi.Subject) (httpapi.Pass, error)
}

// Limits of a channel's memory and of a connection.
const (
	historySize   = 200
	historyKeep   = 5 * time.Minute
	messageMax    = 4 << 10
	channelsMax   = 8
	channelLength = 64
)

// Node is this process's part of the real-time net.
type Node struct {
	node    *centrifuge.Node
	log     *slog.Logger
	quiet   *quiet
	packets *packets
	// pictures stands before their addresses in what is published.
	pictures cdn.Pictures

	mu       sync.RWMutex
	auth     Authorizer
	channels map[string]Channel
	clients  map[string]*client // by the client's id
	ended    map[id.Session]time.Time
	drawn    map[string]int // channels whose curtain is drawn
	heard    map[string]func(ctx context.Context, what string) error

	// rechecks counts the times that somebody's right may have ended: who was asked
	// about before one of them, and enters after it, is asked about again.
	rechecks atomic.Int64
}

// client is an open connection and whose it is.
type client struct {
	*centrifuge.Client
	actor httpapi.Actor
}

// New makes a node with its side of an engine. It serves nobody before Serve.
func New(log *slog.Logger, open Opener, pictures cdn.Pictures) (*Node, error) {
	quiet := &quiet{last: map[string]time.Time{}}
	cfg := centrifuge.Config{
		LogLevel: centrifuge.LogLevelWarn,
		LogHandler: func(e centrifuge.LogEntry) {
			if quiet.due(e.Message) {
				log.Warn("realtime: "+e.Message, "fields", fmt.Sprint(e.Fields))
			}
		},
		ChannelMaxLength:   channelLength,
		ClientChannelLimit: channelsMax,
	}
	node, err := centrifuge.New(cfg)
	if err != nil {
		return nil, err
	}
	engine, err := open(node)
	if err != nil {
		return nil, err
	}
	node.SetBroker(engine.Broker)
	node.SetPresenceManager(engine.Presence)
	n := &Node{
		node: node, log: log, quiet: quiet, pictures: pictures, channels: map[string]Channel{},
		clients: map[string]*client{}, ended: map[id.Session]time.Time{}, drawn: map[string]int{},
		heard: map[string]func(context.Context, string) error{},
	}
	n.packets = newPackets(n.send, func(channel string, err error) {
		if quiet.due("not published") {
			log.Warn("realtime: not published", "channel", channel, "error", err)
		}
	})
	node.OnConnecting(func(ctx context.Context, e centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: listener(ctx, e.ClientID)}}, nil
	})
	node.OnConnect(n.connected)
	node.OnNotification(n.told)
	node.OnCommandRead(func(_ *centrifuge.Client, e centrifuge.CommandReadEvent) error {
		// Who was never in a channel has missed nothing: a place in its history is taken
		// only from who knows the history by its name.
		if s := e.Command.GetSubscribe(); s.GetRecover() && s.GetEpoch() == "" {
			return centrifuge.ErrorBadRequest
		}
		return nil
	})
	return n, nil
}

// Serve begins to let people in, to the channels that are declared.
func (n *Node) Serve(auth Authorizer, channels []Channel) error {
	n.mu.Lock()
	n.auth = auth
	for _, c := range channels {
		n.channels[c.Name] = c
	}
	n.mu.Unlock()
	return n.node.Run()
}

// Channels lists what was declared.
func (n *Node) Channels() (out []Channel) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, c := range n.channels {
		out = append(out, c)
	}
	return out
}

func (n *Node) connected(c *centrifuge.Client) {
	actor := httpapi.ActorFrom(c.Context())
	n.mu.Lock()
	n.clients[c.ID()] = &client{c, actor}
	_, over := n.ended[actor.Session]
	n.mu.Unlock()
	if over { // while the connection was being made
		c.Disconnect(centrifuge.DisconnectForceReconnect)
	}
	c.OnDisconnect(func(centrifuge.DisconnectEvent) {
		n.mu.Lock()
		delete(n.clients, c.ID())
		n.mu.Unlock()
	})
	c.OnSubscribe(func(e centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
		asked := n.rechecks.Load()
		reply, err := n.subscribe(c, e)
		done(reply, err)
		if err != nil || n.rechecks.Load() == asked {
			return
		}
		if err := n.revise(c.Context(), &client{c, actor}, e.Channel); err != nil {
			n.log.Error("realtime: may still listen", "channel", e.Channel, "error", err)
		}
	})
}

func (n *Node) subscribe(c *centrifuge.Client, e centrifuge.SubscribeEvent) (centrifuge.SubscribeReply, error) {
	if n.behindCurtain(e.Channel) {
		return centrifuge.SubscribeReply{}, centrifuge.ErrorTooManyRequests // for a moment: the client comes again
	}
	entry, err := n.enter(c.Context(), httpapi.ActorFrom(c.Context()), e.Channel)
	if err != nil {
		n.log.Error("realtime: may listen", "channel", e.Channel, "error", err)
		return centrifuge.SubscribeReply{}, centrifuge.ErrorInternal
	}
	if entry == Refused {
		return centrifuge.SubscribeReply{}, centrifuge.ErrorPermissionDenied
	}
	return centrifuge.SubscribeReply{Options: centrifuge.SubscribeOptions{
		EnableRecovery: true, EnablePositioning: true, EmitPresence: entry == Counted,
	}}, nil
}

// declared finds the kind of a channel and the id in its name.
func (n *Node) declared(channel string) (c Channel, id string, ok bool) {
	name, id, found := strings.Cut(channel, ":")
	n.mu.RLock()
	defer n.mu.RUnlock()
	c, ok = n.channels[name]
	return c, id, ok && found
}

func (n *Node) enter(ctx context.Context, actor httpapi.Actor, channel string) (entry Entry, err error) {
	c, id, ok := n.declared(channel)
	if !ok {
		return Refused, nil
	}
	err = crash.Catch(func() error {
		pass, err := n.auth.Check(ctx, c.Access, actor, c.Subject(id))
		switch {
		case fault.As(err) != nil:
			entry = Refused
			return nil
		case err != nil:
			return err
		}
		entry = Counted
		if c.Enter != nil {
			entry, err = c.Enter(ctx, actor, id, pass)
		}
		return err
	})
	return entry, err
}

// mayStay reports whether somebody who listens still may.
func (n *Node) mayStay(ctx context.Context, actor httpapi.Actor, channel string) (bool, error) {
	c, id, ok := n.declared(channel)
	if !ok {
		return false, nil
	}
	if _, err := n.auth.Check(ctx, c.Access, actor, c.Subject(id)); err != nil {
		if fault.As(err) != nil {
			err = nil
		}
		return false, err
	}
	if c.Stay == nil {
		return true, nil
	}
	return c.Stay(ctx, actor, id)
}

// Recheck asks again for everybody who listens to the channel, at any node, whether they
// may, and takes it away from those who may not any more.
func (n *Node) Recheck(ctx context.Context, channel string) error {
	n.tell(tellRecheck, channel)
	return n.recheckChannel(ctx, channel)
}

func (n *Node) recheckChannel(ctx context.Context, channel string) error {
	return n.recheck(ctx, func(*client) bool { return true }, func(ch string) bool { return ch == channel })
}

// RecheckUser asks again for everything that a person listens to.
func (n *Node) RecheckUser(ctx context.Context, user id.User) error {
	n.tell(tellRecheckUser, user.String())
	return n.recheckUser(ctx, user)
}

func (n *Node) recheckUser(ctx context.Context, user id.User) error {
	return n.recheck(ctx, func(c *client) bool { return c.actor.User == user }, func(string) bool { return true })
}

func (n *Node) recheck(ctx context.Context, who func(*client) bool, what func(channel string) bool) error {
	n.rechecks.Add(1) // before it is looked who is here
	var errs []error
	for _, c := range n.open(who) {
		for channel := range c.ChannelsWithContext() {
			if what(channel) {
				errs = append(errs, n.revise(ctx, c, channel))
			}
		}
	}
	return errors.Join(errs...)
}

// revise takes a channel away from who may not listen to it any more, also where
// nobody could say: they may come back and ask.
func (n *Node) revise(ctx context.Context, c *client, channel string) error {
	stay, err := n.mayStay(ctx, c.actor, channel)
	if stay {
		return nil
	}
	c.Unsubscribe(channel, centrifuge.Unsubscribe{Code: unsubscribeRevoked, Reason: "may not any more"})
	return err
}

// unsubscribeRevoked is below 2500: the client does not try again by itself.
const unsubscribeRevoked = 2100

// endedKeep is longer than any connection is in the making.
const endedKeep = time.Minute

// DisconnectSession closes the connections of a session that has ended, also those
// that are being made.
func (n *Node) DisconnectSession(session id.Session) {
	n.tell(tellEnded, session.String())
	n.disconnect(session)
}

func (n *Node) disconnect(session id.Session) {
	n.mu.Lock()
	now := time.Now()
	maps.DeleteFunc(n.ended, func(_ id.Session, at time.Time) bool { return now.Sub(at) > endedKeep })
	n.ended[session] = now
	n.mu.Unlock()
	for _, c := range n.open(func(c *client) bool { return c.actor.Session == session }) {
		c.Disconnect(centrifuge.DisconnectForceReconnect) // as whom the browser is now
	}
}

func (n *Node) open(who func(*client) bool) (out []*client) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, c := range n.clients {
		if who(c) {
			out = append(out, c)
		}
	}
	return out
}

// Publish sends v, as JSON, to whoever listens to the channel now or comes back
// within minutes. What is published in one moment arrives as one list, in order.
func (n *Node) Publish(_ context.Context, channel string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("publish to %s: %w", channel, err)
	}
	return n.packets.add(channel, n.pictures.In(raw))
}

func (n *Node) send(channel string, packet []byte) error {
	_, err := n.node.Publish(channel, packet, centrifuge.WithHistory(historySize, historyKeep))
	return err
}

// Listeners counts who listens to a channel, on all nodes, but for those who entered
// uncounted: each person once, and of visitors each address once, with however many
// connections.
func (n *Node) Listeners(channel string) int {
	stats, err := n.node.PresenceStats(channel)
	if err != nil {
		if n.quiet.due("presence") {
			n.log.Warn("realtime: presence", "channel", channel, "error", err)
		}
		return 0
	}
	return stats.NumUsers
}

// Routes are the socket and its fallbacks. Anybody may connect: who may listen to
// what is declared by the channels.
func (n *Node) Routes() []httpapi.Route {
	return []httpapi.Route{
		{Pattern: "/ws", Access: httpapi.Anyone, Handler: centrifuge.NewWebsocketHandler(n.node,
			centrifuge.WebsocketConfig{MessageSizeLimit: messageMax})},
		{Pattern: "/ws/http_stream", Access: httpapi.Anyone, Handler: centrifuge.NewHTTPStreamHandler(n.node,
			centrifuge.HTTPStreamConfig{MaxRequestBodySize: messageMax})},
		{Pattern: "/ws/sse", Access: httpapi.Anyone, Handler: centrifuge.NewSSEHandler(n.node,
			centrifuge.SSEConfig{MaxRequestBodySize: messageMax})},
		{Pattern: "/ws/emulation", Access: httpapi.Anyone, Handler: centrifuge.NewEmulationHandler(n.node,
			centrifuge.EmulationConfig{MaxRequestBodySize: messageMax})},
	}
}

// Stop says goodbye to everybody.
func (n *Node) Stop(ctx context.Context) error {
	n.packets.close()
	return n.node.Shutdown(ctx)
}

// RoomChannel is where a live room talks.
func RoomChannel(room id.Room) string { return "room:" + room.String() }

// ShopChannel is where a shop's staff hear of orders.
func ShopChannel(shop id.Shop) string { return "shop:" + shop.String() }

// UserChannel is where one person hears of what concerns only them.
func UserChannel(user id.User) string { return "user:" + user.String() }
