package cart

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

func scanItem(s sqldb.Scanner) (i Item, err error) { return i, s.Scan(&i.ID, &i.SKU, &i.Quantity) }

func itemsOf(ctx context.Context, q sqldb.Querier, user id.User) ([]Item, error) {
	rows, err := q.Query(ctx, "SELECT id, sku_id, quantity FROM cart_item WHERE user_id = ? ORDER BY id DESC", user)
	return sqldb.Collect(rows, err, scanItem)
}

func itemByID(ctx context.Context, q sqldb.Querier, user id.User, item id.CartItem) (Item, error) {
	return scanItem(q.QueryRow(ctx, "SELECT id, sku_id, quantity FROM cart_item WHERE id = ? AND user_id = ?", item,
		user))
}

func itemBySKU(ctx context.Context, q sqldb.Querier, user id.User, sku id.SKU) (Item, error) {
	return scanItem(q.QueryRow(ctx, "SELECT id, sku_id, quantity FROM cart_item WHERE user_id = ? AND sku_id = ?", user,
		sku))
}

func countItems(ctx context.Context, q sqldb.Querier, user id.User) (n int, err error) {
	err = q.QueryRow(ctx, "SELECT COUNT(*) FROM cart_item WHERE user_id = ?", user).Scan(&n)
	return n, err
}

// addUnits adds to an item that is there.
func addUnits(ctx context.Context, tx *sqldb.Tx, user id.User, sku id.SKU, quantity int64) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE cart_item SET quantity = quantity + ? WHERE user_id = ? AND sku_id = ?", quantity,
		user, sku)
	return n == 1, err
}

// putUnits adds an item, or to the one that came a moment earlier.
func putUnits(ctx context.Context, tx *sqldb.Tx, user id.User, sku id.SKU, quantity int64) error {
	return tx.Put(ctx, sqldb.Row{
		Table: "cart_item", Keys: []string{"user_id", "sku_id"}, Add: []string{"quantity"},
		First: []string{"id", "created_at"},
	}, user, sku, quantity, id.Make[id.CartItem](tx), sqldb.Millis(tx.Now()))
}

// lockCart makes others who put something into the same cart wait. An empty cart
// has nothing to wait at, and is far from full.
func lockCart(ctx context.Context, tx *sqldb.Tx, user id.User) error {
	var oldest id.CartItem
	err := tx.QueryRow(ctx, "SELECT COALESCE(MIN(id), 0) FROM cart_item WHERE user_id = ?", user).Scan(&oldest)
	if err != nil || oldest.IsZero() {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE cart_item SET quantity = quantity WHERE id = ?", oldest)
	return err
}

func setQuantity(ctx context.Context, tx *sqldb.Tx, user id.User, item id.CartItem, quantity int64) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE cart_item SET quantity = ? WHERE id = ? AND user_id = ?", quantity, item, user)
	return n == 1, err
}

func deleteItem(ctx context.Context, tx *sqldb.Tx, user id.User, item id.CartItem) error {
	_, err := tx.Exec(ctx, "DELETE FROM cart_item WHERE id = ? AND user_id = ?", item, user)
	return err
}

// deleteItems takes out the items that hold at least so many units, and says how many did.
func deleteItems(ctx context.Context, tx *sqldb.Tx, user id.User, units map[id.SKU]int64) (int64, error) {
	held := make([]string, 0, len(units))
	args := make([]any, 0, 1+2*len(units))
	args = append(args, user)
	for _, sku := range slices.SortedFunc(maps.Keys(units), func(a, b id.SKU) int {
		return cmp.Compare(a.Int(),
			b.Int())
	}) {
		held, args = append(held, "sku_id = ? AND quantity >= ?"), append(args, sku, units[sku])
	}
	return tx.Exec(ctx, "DELETE FROM cart_item WHERE user_id = ? AND ("+strings.Join(held, " OR ")+")", args...)
}
