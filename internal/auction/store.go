package auction

import (
	"context"
	"encoding/json"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

const lotColumns = `id, shop_id, room_id, sku_id, product_id, state, start_price, reserve_price,
	steps, run_ms, sudden_death, slice_id,
	starts_at, ends_at, hard_end, ended_at, bids, leader_id, leader_address, leader_max, runner_up, order_id`

func insertLot(ctx context.Context, tx *sqldb.Tx, l Lot) error {
	steps, err := json.Marshal(l.Steps)
	if err != nil {
		return err
	}
	sudden := 0
	if l.SuddenDeath {
		sudden = 1
	}
	_, err = tx.Exec(ctx, `INSERT INTO auction (id, shop_id, room_id, sku_id, product_id, state, start_price,
		reserve_price, steps, run_ms, sudden_death, created_at)
		VALUES (`+sqldb.Marks(12)+`)`,
		l.ID, l.Shop, l.Room, l.SKU, l.Product, l.State, l.Start, l.Reserve, string(steps), l.Run.Milliseconds(),
		sudden, sqldb.Millis(tx.Now()))
	return err
}

// touch locks the row, so that bids on a lot queue up.
func touch(ctx context.Context, tx *sqldb.Tx, auction id.Auction) error {
	_, err := tx.Exec(ctx, "UPDATE auction SET bids = bids WHERE id = ?", auction)
	return err
}

func startLot(ctx context.Context, tx *sqldb.Tx, l Lot) error {
	_, err := tx.Exec(ctx, `UPDATE auction SET state = ?, slice_id = ?, starts_at = ?, ends_at = ?, hard_end = ?
		WHERE id = ?`,
		l.State, l.Slice, sqldb.Millis(l.StartsAt), sqldb.Millis(l.EndsAt), sqldb.Millis(l.HardEnd), l.ID)
	return err
}

// takeStage takes the room's only stage. A lot whose time is over has left it,
// swept or not.
func takeStage(ctx context.Context, tx *sqldb.Tx, l Lot) (bool, error) {
	if _, err := tx.InsertOnce(ctx, "INSERT INTO room_auction (room_id, auction_id) VALUES (?, 0)",
		l.Room); err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, `UPDATE room_auction SET auction_id = ? WHERE room_id = ? AND auction_id NOT IN
		(SELECT id FROM auction WHERE room_id = ? AND state = ? AND ends_at > ?)`, l.ID, l.Room, l.Room, Running,
		sqldb.Millis(tx.Now()))
	return n == 1, err
}

func endLot(ctx context.Context, tx *sqldb.Tx, auction id.Auction, state State, order id.Order) error {
	_, err := tx.Exec(ctx, "UPDATE auction SET state = ?, order_id = ?, ended_at = ? WHERE id = ?", state, order,
		sqldb.Millis(tx.Now()), auction)
	return err
}

// settle moves a won lot by its order; a late payment may revive it.
func settle(ctx context.Context, tx *sqldb.Tx, order id.Order, state State) error {
	_, err := tx.Exec(ctx, "UPDATE auction SET state = ? WHERE order_id = ? AND state IN (?, ?)", state, order, Won,
		Unpaid)
	return err
}

func saveBids(ctx context.Context, tx *sqldb.Tx, l Lot) error {
	_, err := tx.Exec(ctx, `UPDATE auction SET bids = ?, leader_id = ?, leader_address = ?, leader_max = ?,
		runner_up = ?, ends_at = ? WHERE id = ?`,
		l.Bids, l.Leader, l.LeaderAddress, l.LeaderMax, l.RunnerUp, sqldb.Millis(l.EndsAt), l.ID)
	return err
}

func insertBid(ctx context.Context, tx *sqldb.Tx, b Bid) error {
	_, err := tx.Exec(ctx, `INSERT INTO auction_bid (id, auction_id, user_id, max_amount, shown, placed_at)
		VALUES (?, ?, ?, ?, ?, ?)`,
		b.ID, b.Auction, b.User, b.Max, b.Shown, sqldb.Millis(b.At))
	return err
}

func scanLot(s sqldb.Scanner) (l Lot, err error) {
	var steps string
	var run, starts, ends, hard, ended int64
	var sudden int
	err = s.Scan(&l.ID, &l.Shop, &l.Room, &l.SKU, &l.Product, &l.State, &l.Start, &l.Reserve, &steps, &run, &sudden,
		&l.Slice,
		&starts, &ends, &hard, &ended, &l.Bids, &l.Leader, &l.LeaderAddress, &l.LeaderMax, &l.RunnerUp, &l.Order)
	if err != nil {
		return l, err
	}
	l.Run, l.SuddenDeath = time.Duration(run)*time.Millisecond, sudden == 1
	l.StartsAt, l.EndsAt = sqldb.FromMillis(starts), sqldb.FromMillis(ends)
	l.HardEnd, l.EndedAt = sqldb.FromMillis(hard), sqldb.FromMillis(ended)
	return l, json.Unmarshal([]byte(steps), &l.Steps)
}

// lotsWhere reads lots by a condition of this file.
func lotsWhere(ctx context.Context, q sqldb.Querier, where string, args ...any) ([]Lot, error) {
	rows, err := q.Query(ctx, "SELECT "+lotColumns+" FROM auction WHERE "+where, args...)
	return sqldb.Collect(rows, err, scanLot)
}

func lotByID(ctx context.Context, q sqldb.Querier, auction id.Auction) (Lot, error) {
	return scanLot(q.QueryRow(ctx, "SELECT "+lotColumns+" FROM auction WHERE id = ?", auction))
}

func lotsOfRoom(ctx context.Context, q sqldb.Querier, room id.Room, limit int) ([]Lot, error) {
	return lotsWhere(ctx, q, "room_id = ? ORDER BY id DESC LIMIT ?", room, limit)
}

// runningIn finds the lot that has run for the shortest time: one before it whose time
// is over may wait to be closed.
func runningIn(ctx context.Context, q sqldb.Querier, room id.Room) ([]Lot, error) {
	return lotsWhere(ctx, q, "room_id = ? AND state = ? ORDER BY starts_at DESC, id DESC LIMIT 1", room, Running)
}

func allRunningIn(ctx context.Context, q sqldb.Querier, room id.Room) ([]Lot, error) {
	return lotsWhere(ctx, q, "room_id = ? AND state = ? ORDER BY id", room, Running)
}

func plannedIn(ctx context.Context, q sqldb.Querier, room id.Room) ([]Lot, error) {
	return lotsWhere(ctx, q, "room_id = ? AND state = ? ORDER BY id LIMIT 1", room, Planned)
}

// endedIn reads those that ended last, the newest first.
func endedIn(ctx context.Context, q sqldb.Querier, room id.Room, since time.Time) ([]Lot, error) {
	return lotsWhere(ctx, q, "room_id = ? AND ended_at > ? ORDER BY ended_at DESC, id DESC LIMIT 20", room,
		sqldb.Millis(since))
}

func lotsOfOrder(ctx context.Context, q sqldb.Querier, order id.Order) ([]Lot, error) {
	return lotsWhere(ctx, q, "order_id = ?", order)
}

func dueLots(ctx context.Context, q sqldb.Querier, now time.Time) ([]Lot, error) {
	return lotsWhere(ctx, q, "state = ? AND ends_at <= ? ORDER BY ends_at LIMIT 50", Running, sqldb.Millis(now))
}

func bidsOf(ctx context.Context, q sqldb.Querier, auction id.Auction, limit int) ([]Bid, error) {
	rows, err := q.Query(ctx,
		`SELECT id, auction_id, user_id, max_amount, shown, placed_at FROM auction_bid WHERE auction_id = ?
			ORDER BY id DESC LIMIT ?`, auction, limit)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (b Bid, err error) {
		var at int64
		err = s.Scan(&b.ID, &b.Auction, &b.User, &b.Max, &b.Shown, &at)
		b.At = sqldb.FromMillis(at)
		return b, err
	})
}

// maxOf is the highest offer of a bidder, 0 for none.
func maxOf(ctx context.Context, q sqldb.Querier, auction id.Auction, user id.User) (n int64, err error) {
	err = q.QueryRow(ctx, "SELECT COALESCE(MAX(max_amount), 0) FROM auction_bid WHERE user_id = ? AND auction_id = ?",
		user, auction).Scan(&n)
	return n, err
}

// nextEnd answers when the next lot ends.
func nextEnd(ctx context.Context, q sqldb.Querier) (time.Time, error) {
	return sqldb.Earliest(ctx, q, "SELECT MIN(ends_at) FROM auction WHERE state = ?", Running)
}
