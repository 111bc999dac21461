package live

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Marks lists what was explained in the present or last show, in order.
func (s *Service) Marks(ctx context.Context, r Room) ([]Pin, error) {
	return pinsSince(ctx, s.db.Reader(), r.ID, r.StartedAt)
}

// Said lists what was said in a stretch of time, in order: a replay shows the
// chat of then.
func (s *Service) Said(ctx context.Context, room id.Room, from, until time.Time) ([]Message, error) {
	return messagesBetween(ctx, s.db.Reader(), room, from, until, saidMax)
}

// SaidAfter lists what was said after a message, for who was away.
func (s *Service) SaidAfter(ctx context.Context, room id.Room, after id.Message) ([]Message, error) {
	return messagesAfter(ctx, s.db.Reader(), room, after, saidMax)
}

const saidMax = 500

// Shown is a stretch of the stream in which a product was explained. Until is
// zero while it is.
type ShownAt struct {
	Product     id.Product
	From, Until time.Time
}

// ShownIn tells, for each of some products, when a room explained it last: what
// both sides of an order may look at again.
func ShownIn(ctx context.Context, q sqldb.Querier, room id.Room, products []id.Product) ([]ShownAt, error) {
	return lastShown(ctx, q, room, products)
}
