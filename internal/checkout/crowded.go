package checkout

import (
	"context"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/inventory"
	"hawker/internal/order"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// How many SKUs, and for how long, are taken for crowded since somebody came too late.
const (
	crowdedMax  = 1000
	crowdedKeep = 10 * time.Second
)

// crowded are the SKUs of which too few were left a moment ago. It decides nothing: whoever
// wants one of them is looked after without a transaction first, because most of a crowd
// comes too late and those who are in time should not have to wait for them.
type crowded struct{ lately *cache.Map[id.SKU, struct{}] }

func newCrowded() crowded { return crowded{cache.NewMap[id.SKU, struct{}](crowdedMax, crowdedKeep)} }

func (c crowded) note(lines []LineRequest) {
	for _, l := range lines {
		c.lately.Put(l.SKU, struct{}{})
	}
}

func (c crowded) has(lines []LineRequest) bool {
	for _, l := range lines {
		if _, ok := c.lately.Peek(l.SKU); ok {
			return true
		}
	}
	return false
}

// scarce reports whether an order was refused because somebody else was faster.
func scarce(err error) bool {
	code := fault.Code(err)
	return code == "inventory.insufficient_stock" || code == "promotion.deal_sold_out"
}

// nothingLeft refuses a wish for what is crowded and gone, as its transaction would. All
// other refusals are left to that.
func (s *Service) nothingLeft(ctx context.Context, key idem.Key, c Command) error {
	if !s.crowded.has(c.Lines) {
		return nil
	}
	late := s.late(ctx, s.db.Reader(), c)
	if !scarce(late) {
		return nil
	}
	// Looked for last: what took the units may have been this very intent.
	if _, found, err := idem.Answered[Result](ctx, s.db.Reader(), key); found || err != nil {
		return nil
	}
	return late
}

func (s *Service) late(ctx context.Context, r sqldb.Querier, c Command) error {
	q, err := s.quote(ctx, r, c, s.db.Clock().Now())
	if err != nil || q.refused() != nil || s.unseen(c, q.Payable) {
		return err
	}
	for _, g := range q.Groups {
		if err := inventory.Admit(ctx, r, order.Order{Lines: g.Lines}.Items()); err != nil {
			return deals(err)
		}
	}
	return nil
}
