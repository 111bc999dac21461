package redis

import (
	"fmt"
	"time"

	"github.com/centrifugal/centrifuge"

	"hawker/internal/platform/realtime"
)

// presenceKeep is how long somebody counts as being there after their node was last
// heard of.
const presenceKeep = time.Minute

// Realtime is the engine of all nodes that have the server in common.
func (s *Server) Realtime(n *centrifuge.Node) (realtime.Engine, error) {
	shard, err := centrifuge.NewRedisShard(n, centrifuge.RedisShardConfig{
		Address: s.url, ConnectTimeout: dialWithin, IOTimeout: 2 * dialWithin, ClientName: "hawker",
	})
	if err != nil {
		return realtime.Engine{}, fmt.Errorf("%w: channels need it at the start (%s)", ErrAway, s.Host())
	}
	shards := []*centrifuge.RedisShard{shard}
	broker, err := centrifuge.NewRedisBroker(n, centrifuge.RedisBrokerConfig{Prefix: prefix + "rt", Shards: shards})
	if err != nil {
		return realtime.Engine{}, err
	}
	everywhere := func(string) bool { return true }
	presence, err := centrifuge.NewRedisPresenceManager(n, centrifuge.RedisPresenceManagerConfig{
		Prefix: prefix + "rt", Shards: shards, PresenceTTL: presenceKeep, EnableUserMapping: everywhere,
	})
	if err != nil {
		return realtime.Engine{}, err
	}
	return realtime.Engine{Broker: broker, Presence: presence}, nil
}
