package realtime

import (
	"errors"

	"github.com/centrifugal/centrifuge"
)

// Engine is what the nodes of a mall share of their channels: what was said in the
// last minutes and who is there. It proves itself by realtimetest.Run. What is said
// at one node reaches the listeners at all that have the engine in common.
type Engine struct {
	Broker   centrifuge.Broker
	Presence centrifuge.PresenceManager
}

// Opener makes a node's side of an engine.
type Opener func(n *centrifuge.Node) (Engine, error)

// Memory is the engine of one node: nothing of it is left when that ends.
func Memory(n *centrifuge.Node) (Engine, error) {
	broker, err := centrifuge.NewMemoryBroker(n, centrifuge.MemoryBrokerConfig{})
	presence, presenceErr := centrifuge.NewMemoryPresenceManager(n, centrifuge.MemoryPresenceManagerConfig{})
	return Engine{broker, presence}, errors.Join(err, presenceErr)
}

// History is how much of a channel is kept for those who come back.
func History() centrifuge.PublishOptions {
	return centrifuge.PublishOptions{HistorySize: historySize, HistoryTTL: historyKeep}
}
