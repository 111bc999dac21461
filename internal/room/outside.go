package room

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// PullFor is how long a node has a connection to pull, from when it said so last.
const PullFor = 12 * time.Second

// Outsider is who publishes to a room at a server in front; its ID is empty where nobody
// does. One without a URL is pulled to us by Node, which another may take for gone at
// Until.
type Outsider struct {
	Room id.Room
	Connection
	Node  string
	Until time.Time
}

// Pulled tells whether its picture comes to our engine.
func (o Outsider) Pulled() bool { return o.ID != "" && o.URL == "" }

// Outside finds who publishes at a server in front.
func Outside(ctx context.Context, q sqldb.Querier, room id.Room) (Outsider, error) {
	return external(ctx, q, room)
}

// Outsiders lists all whose picture is pulled.
func Outsiders(ctx context.Context, q sqldb.Querier) ([]Outsider, error) { return pulled(ctx, q) }

// KeepPulling says that this node pulls a connection still; false: it is another's, or
// none of the room's any more. Until the transaction ends it stays so.
func KeepPulling(ctx context.Context, tx *sqldb.Tx, room id.Room, connection string) (bool, error) {
	return keepExternal(ctx, tx, room, connection)
}

// TakeUp makes a connection this node's to pull; false: somebody has spoken since it was
// read.
func TakeUp(ctx context.Context, tx *sqldb.Tx, o Outsider) (bool, error) {
	return takeExternal(ctx, tx, o)
}
