// Package realtime carries what many people see at once: messages to channels
// over WebSocket, or HTTP streaming and SSE where that is blocked. A client that
// was away resumes by offset and epoch from the channel's history. Clients never
// publish here: they post through the API, and the program publishes.
package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"

	"hawker/internal/base/id"
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

// Gate decides who may listen to a channel.
type Gate interface {
	MayListen(ctx context.Context, actor httpapi.Actor, channel string) (Entry, error)
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
	packets *packets
}

// New makes and starts a node.
func New(log *slog.Logger, gate Gate) (*Node, error) {
	cfg := centrifuge.Config{
		LogLevel: centrifuge.LogLevelWarn,
		LogHandler: func(e centrifuge.LogEntry) {
			log.Warn("realtime: "+e.Message, "fields", fmt.Sprint(e.Fields))
		},
		ChannelMaxLength:   channelLength,
		ClientChannelLimit: channelsMax,
	}
	node, err := centrifuge.New(cfg)
	if err != nil {
		return nil, err
	}
	n := &Node{node: node, log: log}
	n.packets = newPackets(n.send, func(channel string, err error) {
		log.Warn("realtime: not published", "channel",
			channel, "error", err)
	})
	node.OnConnecting(func(ctx context.Context, _ centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: httpapi.ActorFrom(
			ctx).User.String()}}, nil
	})
	node.OnConnect(func(c *centrifuge.Client) {
		c.OnSubscribe(func(e centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
			done(n.subscribe(c, gate, e))
		})
	})
	return n, node.Run()
}

func (n *Node) subscribe(c *centrifuge.Client, gate Gate, e centrifuge.SubscribeEvent) (centrifuge.SubscribeReply,
	error,
) {
	entry, err := gate.MayListen(c.Context(), httpapi.ActorFrom(c.Context()), e.Channel)
	if err != nil {
		n.log.Error("realtime: may listen", "channel", e.Channel, "error", err)
		return centrifuge.SubscribeReply{}, centrifuge.ErrorInternal
	}
	if entry == Refused {
		return centrifuge.SubscribeReply{}, centrifuge.ErrorPermissionDenied
	}
	return centrifuge.SubscribeReply{Options: centrifuge.SubscribeOptions{
		EnableRecovery: true, EnablePositioning: true,
		EmitPresence: entry == Counted,
	}}, nil
}

// Publish sends v, as JSON, to whoever listens to the channel now or comes back
// within minutes. What is published in one moment arrives as one list, in order.
func (n *Node) Publish(_ context.Context, channel string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("publish to %s: %w", channel, err)
	}
	return n.packets.add(channel, raw)
}

func (n *Node) send(channel string, packet []byte) error {
	_, err := n.node.Publish(channel, packet, centrifuge.WithHistory(historySize, historyKeep))
	return err
}

// Listeners counts the connections that listen to a channel, on all nodes, but
// for those who entered uncounted.
func (n *Node) Listeners(channel string) int {
	stats, err := n.node.PresenceStats(channel)
	if err != nil {
		n.log.Warn("realtime: presence", "channel", channel, "error", err)
		return 0
	}
	return stats.NumClients
}

// Mount adds the sockets to a router: /ws and its fallbacks.
func (n *Node) Mount(handle func(pattern string, h http.Handler)) {
	handle("/ws", centrifuge.NewWebsocketHandler(n.node, centrifuge.WebsocketConfig{MessageSizeLimit: messageMax}))
	handle("/ws/http_stream", centrifuge.NewHTTPStreamHandler(n.node,
		centrifuge.HTTPStreamConfig{MaxRequestBodySize: messageMax}))
	handle("/ws/sse", centrifuge.NewSSEHandler(n.node, centrifuge.SSEConfig{MaxRequestBodySize: messageMax}))
	handle("/ws/emulation", centrifuge.NewEmulationHandler(n.node,
		centrifuge.EmulationConfig{MaxRequestBodySize: messageMax}))
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
