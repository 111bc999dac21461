package inventory

import (
	"context"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
)

// EventStockChanged is the name of StockChanged.
const EventStockChanged = "inventory.stock_changed"

// StockChanged tells that other than by an order there are more or fewer units of a
// SKU to be bought: somebody counted, or units were set aside or came back. What an
// order takes, sells and gives back is told by its own events, and what a new SKU
// starts with by its product's.
type StockChanged struct {
	SKU       id.SKU `json:"sku"`
	Available int64  `json:"available"`
}

var _ event.Event = StockChanged{}

// EventName implements event.Event.
func (StockChanged) EventName() string { return EventStockChanged }

// EventKey implements event.Event.
func (e StockChanged) EventKey() string { return e.SKU.String() }

// changed tells of a SKU whose units were moved, as it stands then.
func changed(ctx context.Context, tx *sqldb.Tx, sku id.SKU) (Level, error) {
	levels, err := levelsOf(ctx, tx, []id.SKU{sku})
	if err != nil {
		return Level{}, err
	}
	return levels[sku], events.Record(ctx, tx, StockChanged{sku, levels[sku].Available})
}
