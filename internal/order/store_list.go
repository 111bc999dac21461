package order

import (
	"context"
	"strings"

	"hawker/internal/base/id"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
)

// position is where a page ended.
type position struct {
	ID     id.Order `json:"i"`
	Number string   `json:"n,omitempty"` // of a search for a number
}

// listOrders reads a page along the index whose first columns the filter fixes. A
// search for a number is in the order of numbers: the newest day first.
func listOrders(ctx context.Context, q sqldb.Querier, box *secret.Box, f Filter, after position,
	limit int,
) ([]Order, error) {
	f.Query = strings.TrimSpace(f.Query)
	if f.Query != "" && digits(f.Query) == "" {
		return nil, nil // no number has that in it
	}
	var where []string
	var args []any
	add := func(cond string, a ...any) { where, args = append(where, cond), append(args, a...) }
	index, order := "ix_order_user", "id DESC"
	if f.Shop.IsZero() {
		add("user_id = ?", f.User)
	} else {
		index = "ix_order_shop_new"
		add("shop_id = ?", f.Shop)
	}
	if f.Status != "" {
		if !f.Shop.IsZero() {
			index = "ix_order_shop"
		}
		add("status = ?", f.Status)
	}
	if !f.Room.IsZero() {
		index = "ix_order_room_new"
		add("room_id = ?", f.Room)
	}
	switch {
	case f.Query != "" && !f.Shop.IsZero():
		index, order = "ix_order_shop_number", "number DESC"
		from := digits(f.Query)
		until := from + ":" // the sign that follows the digits
		if after.Number != "" {
			until = after.Number
		}
		add("number >= ? AND number < ?", from, until)
	case !after.ID.IsZero():
		add("id < ?", after.ID)
	}
	rows, err := q.Query(ctx, "SELECT "+orderColumns+" FROM orders"+sqldb.Along(index)+"WHERE "+
		strings.Join(where, " AND ")+" ORDER BY "+order+" LIMIT ?", append(args, limit)...)
	return sqldb.Collect(rows, err, scanOrder(box))
}

// digits keeps those of what was typed: an order number has nothing else.
func digits(query string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, query)
}
