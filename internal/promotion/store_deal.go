package promotion

import (
	"context"
	"strings"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

const dealColumns = "id, shop_id, room_id, product_id, state, reason, countdown_ms, run_ms, buyer_limit, starts_at, " +
	"ends_at, ended_at"

func insertDeal(ctx context.Context, tx *sqldb.Tx, d Deal) error {
	_, err := tx.Exec(ctx, `INSERT INTO deal (id, shop_id, room_id, product_id, state, countdown_ms, run_ms,
		buyer_limit, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.ID, d.Shop, d.Room, d.Product, d.State, d.Countdown.Milliseconds(), d.Run.Milliseconds(), d.Limit,
		sqldb.Millis(tx.Now()))
	if err != nil {
		return err
	}
	for i, it := range d.Items {
		_, err := tx.Exec(ctx, `INSERT INTO deal_item (deal_id, sku_id, price, quantity, position)
			VALUES (?, ?, ?, ?, ?)`, d.ID, it.SKU, it.Price, it.Quantity, i)
		if err != nil {
			return err
		}
	}
	return nil
}

func openDeal(ctx context.Context, tx *sqldb.Tx, d Deal) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE deal SET state = ?, starts_at = ?, ends_at = ? WHERE id = ? AND state = ?",
		DealCountdown, sqldb.Millis(d.StartsAt), sqldb.Millis(d.EndsAt), d.ID, DealPlanned)
	return n == 1, err
}

func runDeal(ctx context.Context, tx *sqldb.Tx, deal id.Deal) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE deal SET state = ? WHERE id = ? AND state = ?", DealRunning, deal, DealCountdown)
	return n == 1, err
}

func closeDeal(ctx context.Context, tx *sqldb.Tx, deal id.Deal, reason string) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE deal SET state = ?, reason = ?, ended_at = ? WHERE id = ? AND state <> ?",
		DealEnded, reason, sqldb.Millis(tx.Now()), deal, DealEnded)
	return n == 1, err
}

func setItemSlice(ctx context.Context, tx *sqldb.Tx, deal id.Deal, sku id.SKU, slice id.Slice) error {
	_, err := tx.Exec(ctx, "UPDATE deal_item SET slice_id = ? WHERE deal_id = ? AND sku_id = ?", slice, deal, sku)
	return err
}

// countOpenDeals counts the other deals of the product in the room that are not over.
func countOpenDeals(ctx context.Context, q sqldb.Querier, d Deal) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT COUNT(*) FROM deal WHERE room_id = ? AND state IN (?, ?) AND product_id = ?
		AND ends_at > ? AND id <> ?`,
		d.Room, DealCountdown, DealRunning, d.Product, sqldb.Millis(d.StartsAt.Add(-d.Countdown)), d.ID).Scan(&n)
	return n, err
}

func dealByID(ctx context.Context, q sqldb.Querier, deal id.Deal) (Deal, error) {
	d, err := scanDeal(q.QueryRow(ctx, "SELECT "+dealColumns+" FROM deal WHERE id = ?", deal))
	if err != nil {
		return d, err
	}
	list := []Deal{d}
	err = fillItems(ctx, q, list)
	return list[0], err
}

// openDeals reads the deals that are stored as under way, of a room or of all.
func openDeals(ctx context.Context, q sqldb.Querier, room id.Room) ([]Deal, error) {
	if room.IsZero() {
		return dealsWhere(ctx, q, "state IN (?, ?) ORDER BY id", DealCountdown, DealRunning)
	}
	return dealsWhere(ctx, q, "room_id = ? AND state IN (?, ?) ORDER BY id", room, DealCountdown, DealRunning)
}

// shownDeals reads what viewers of a room see: under way, or ended since.
func shownDeals(ctx context.Context, q sqldb.Querier, room id.Room, since time.Time) ([]Deal, error) {
	return dealsWhere(ctx, q,
		`room_id = ? AND (state IN (?, ?) OR (state = ? AND ended_at >= ? AND starts_at > 0)) ORDER BY id DESC
			LIMIT 20`,
		room, DealCountdown, DealRunning, DealEnded, sqldb.Millis(since))
}

func dealsOfRoom(ctx context.Context, q sqldb.Querier, room id.Room, limit int) ([]Deal, error) {
	return dealsWhere(ctx, q, "room_id = ? ORDER BY id DESC LIMIT ?", room, limit)
}

// dealsWhere reads deals by a condition of this file.
func dealsWhere(ctx context.Context, q sqldb.Querier, where string, args ...any) ([]Deal, error) {
	rows, err := q.Query(ctx, "SELECT "+dealColumns+" FROM deal WHERE "+where, args...)
	list, err := sqldb.Collect(rows, err, scanDeal)
	if err != nil || len(list) == 0 {
		return list, err
	}
	return list, fillItems(ctx, q, list)
}

func scanDeal(s sqldb.Scanner) (d Deal, err error) {
	var countdown, run, starts, ends, ended int64
	err = s.Scan(&d.ID, &d.Shop, &d.Room, &d.Product, &d.State, &d.Reason, &countdown, &run, &d.Limit, &starts, &ends,
		&ended)
	d.Countdown, d.Run = time.Duration(countdown)*time.Millisecond, time.Duration(run)*time.Millisecond
	d.StartsAt, d.EndsAt, d.EndedAt = sqldb.FromMillis(starts), sqldb.FromMillis(ends), sqldb.FromMillis(ended)
	return d, err
}

func fillItems(ctx context.Context, q sqldb.Querier, list []Deal) error {
	index := map[id.Deal]int{}
	deals := make([]id.Deal, len(list))
	for i, d := range list {
		index[d.ID], deals[i] = i, d.ID
	}
	rows, err := q.Query(ctx, "SELECT deal_id, sku_id, price, quantity, slice_id FROM deal_item WHERE deal_id IN ("+
		sqldb.Marks(len(deals))+") ORDER BY deal_id, position", sqldb.Args(deals)...)
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (struct{}, error) {
		var deal id.Deal
		var it DealItem
		err := s.Scan(&deal, &it.SKU, &it.Price, &it.Quantity, &it.Slice)
		if err == nil {
			d := &list[index[deal]]
			d.Items = append(d.Items, it)
		}
		return struct{}{}, err
	})
	return err
}

// runningItems finds what deals offer of SKUs in a room at a moment.
func runningItems(ctx context.Context, q sqldb.Querier, room id.Room, skus []id.SKU,
	now time.Time,
) (map[id.SKU]DealOffer, error) {
	rows, err := q.Query(ctx,
		`SELECT i.sku_id, i.price, i.slice_id, d.id, d.buyer_limit FROM deal d JOIN deal_item i ON i.deal_id = d.id
		WHERE d.room_id = ? AND d.state IN (?, ?) AND d.starts_at <= ? AND d.ends_at > ? AND i.sku_id IN (`+
			sqldb.Marks(len(skus))+")",
		append([]any{room, DealCountdown, DealRunning, sqldb.Millis(now), sqldb.Millis(now)}, sqldb.Args(skus)...)...)
	out := map[id.SKU]DealOffer{}
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (struct{}, error) {
		var sku id.SKU
		var o DealOffer
		err := s.Scan(&sku, &o.Price, &o.Slice, &o.Deal, &o.Limit)
		out[sku] = o
		return struct{}{}, err
	})
	return out, err
}

// takenBy answers how many units of deals a buyer has taken.
func takenBy(ctx context.Context, q sqldb.Querier, user id.User, deals []id.Deal) (map[id.Deal]int64, error) {
	out := map[id.Deal]int64{}
	if user.IsZero() || len(deals) == 0 {
		return out, nil
	}
	rows, err := q.Query(ctx, "SELECT deal_id, taken FROM deal_buyer WHERE user_id = ? AND deal_id IN ("+
		sqldb.Marks(len(deals))+")", append([]any{user}, sqldb.Args(deals)...)...)
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (struct{}, error) {
		var deal id.Deal
		var n int64
		err := s.Scan(&deal, &n)
		out[deal] = n
		return struct{}{}, err
	})
	return out, err
}

// addTaken counts units for a buyer, if the limit allows.
func addTaken(ctx context.Context, tx *sqldb.Tx, deal id.Deal, user id.User, n, limit int64) (bool, error) {
	// The row first, whoever makes it: the guarded update then finds it.
	if _, err := tx.InsertOnce(ctx, "INSERT INTO deal_buyer (deal_id, user_id, taken) VALUES (?, ?, 0)", deal,
		user); err != nil {
		return false, err
	}
	ok, err := tx.Exec(ctx, `UPDATE deal_buyer SET taken = taken + ? WHERE deal_id = ? AND user_id = ?
		AND taken + ? <= ?`, n, deal, user, n, limit)
	return ok == 1, err
}

func insertDealOrder(ctx context.Context, tx *sqldb.Tx, order id.Order, deal id.Deal, user id.User, n int64) error {
	_, err := tx.Exec(ctx, "INSERT INTO deal_order (order_id, deal_id, user_id, quantity) VALUES (?, ?, ?, ?)", order,
		deal, user, n)
	return err
}

type dealOrder struct {
	Deal     id.Deal
	User     id.User
	Quantity int64
	Limit    int64
	Taken    int64
}

// dealOrders reads what an order took of deals, by whether it was given back.
func dealOrders(ctx context.Context, q sqldb.Querier, order id.Order, givenBack int) ([]dealOrder, error) {
	rows, err := q.Query(ctx, `SELECT o.deal_id, o.user_id, o.quantity, d.buyer_limit, b.taken FROM deal_order o
		JOIN deal d ON d.id = o.deal_id JOIN deal_buyer b ON b.deal_id = o.deal_id AND b.user_id = o.user_id
		WHERE o.order_id = ? AND o.given_back = ?`, order, givenBack)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (o dealOrder, err error) {
		return o, s.Scan(&o.Deal, &o.User, &o.Quantity, &o.Limit, &o.Taken)
	})
}

func setGivenBack(ctx context.Context, tx *sqldb.Tx, order id.Order, deal id.Deal, givenBack int) error {
	_, err := tx.Exec(ctx, "UPDATE deal_order SET given_back = ? WHERE order_id = ? AND deal_id = ?", givenBack, order,
		deal)
	return err
}

// roomPrices reads the prices of a room, of some SKUs or of all.
func roomPrices(ctx context.Context, q sqldb.Querier, room id.Room, skus []id.SKU) (map[id.SKU]int64, error) {
	var query strings.Builder
	query.WriteString("SELECT sku_id, price FROM room_price WHERE room_id = ?")
	if len(skus) > 0 {
		query.WriteString(" AND sku_id IN (" + sqldb.Marks(len(skus)) + ")")
	}
	rows, err := q.Query(ctx, query.String(), append([]any{room}, sqldb.Args(skus)...)...)
	out := map[id.SKU]int64{}
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (struct{}, error) {
		var sku id.SKU
		var price int64
		err := s.Scan(&sku, &price)
		out[sku] = price
		return struct{}{}, err
	})
	return out, err
}

func putRoomPrice(ctx context.Context, tx *sqldb.Tx, room id.Room, p RoomPrice) error {
	if p.Price == 0 {
		_, err := tx.Exec(ctx, "DELETE FROM room_price WHERE room_id = ? AND sku_id = ?", room, p.SKU)
		return err
	}
	return tx.Upsert(ctx, "room_price", []string{"room_id", "sku_id"}, []string{"price", "updated_at"}, room, p.SKU,
		p.Price, sqldb.Millis(tx.Now()))
}

// nextDeal answers when an open deal changes by itself.
func nextDeal(ctx context.Context, q sqldb.Querier) (time.Time, error) {
	return sqldb.Earliest(ctx, q, `SELECT MIN(CASE WHEN state = ? THEN starts_at ELSE ends_at END) FROM deal
		WHERE state IN (?, ?)`, DealCountdown, DealCountdown, DealRunning)
}
