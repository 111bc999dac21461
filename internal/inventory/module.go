package inventory

import (
	"context"
	"fmt"

	"hawker/internal/base/event"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
)

// Module is what the module brings.
func Module() module.Module {
	return module.Module{Name: "inventory", Checks: Checks(), Published: []event.Event{StockChanged{}}}
}

// Checks are doctor's.
func Checks() []module.Check {
	return []module.Check{{Code: "stock_movements", Name: "stock: every row is the sum of its movements", Run: checkRows}}
}

func checkRows(ctx context.Context, q sqldb.Querier) (out []string, err error) {
	drift, err := Check(ctx, q)
	for _, d := range drift {
		out = append(out, fmt.Sprintf("%s: row %+v, movements %+v", d.SKU, d.Row, d.Sums))
	}
	return out, err
}
