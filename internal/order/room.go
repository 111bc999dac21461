package order

import (
	"context"

	"hawker/internal/base/id"
)

// UnpaidOfRoom lists orders made in a room that wait for their money, the next
// to fall back first.
func (s *Service) UnpaidOfRoom(ctx context.Context, room id.Room) ([]Order, error) {
	q := s.db.Reader()
	return s.withLines(ctx, q)(ordersWhere(ctx, q, s.box, "room_id = ? AND status = ? ORDER BY due_at LIMIT 200", room,
		StatusPendingPayment))
}
