package luckybag

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

const bagColumns = `id, shop_id, room_id, state, coupon_id, sku_id, slice_id, winners,
	word, follow, seed_sealed, seed_hash, seed,
	entrants, entrants_hash, opened_at, draws_at, drawn_at, claim_by`

func insertBag(ctx context.Context, tx *sqldb.Tx, b Bag) error {
	follow := 0
	if b.Follow {
		follow = 1
	}
	_, err := tx.Exec(ctx, `INSERT INTO lucky_bag (id, shop_id, room_id, state, coupon_id, sku_id, slice_id, winners,
		word, follow, seed_sealed, seed_hash, opened_at, draws_at)
		VALUES (`+sqldb.Marks(14)+`)`, b.ID, b.Shop, b.Room, b.State, b.Coupon, b.SKU, b.Slice, b.Winners, b.Word,
		follow, b.sealed, b.SeedHash,
		sqldb.Millis(b.OpenedAt), sqldb.Millis(b.DrawsAt))
	return err
}

// touch locks the row: draws, entries and claims of a bag queue up.
func touch(ctx context.Context, tx *sqldb.Tx, bag id.Bag) error {
	_, err := tx.Exec(ctx, "UPDATE lucky_bag SET winners = winners WHERE id = ?", bag)
	return err
}

// countEntrant answers false when the bag takes no more.
func countEntrant(ctx context.Context, tx *sqldb.Tx, bag id.Bag) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE lucky_bag SET entrants = entrants + 1 WHERE id = ? AND state = ? AND draws_at > ?",
		bag, Open, sqldb.Millis(tx.Now()))
	return n == 1, err
}

func saveDraw(ctx context.Context, tx *sqldb.Tx, b Bag) error {
	_, err := tx.Exec(ctx, `UPDATE lucky_bag SET state = ?, seed = ?, entrants_hash = ?, drawn_at = ?, claim_by = ?
		WHERE id = ?`,
		b.State, b.Seed, b.ListHash, sqldb.Millis(b.DrawnAt), sqldb.Millis(b.ClaimBy), b.ID)
	return err
}

// closeClaims says that nothing of the bag is left to take back.
func closeClaims(ctx context.Context, tx *sqldb.Tx, bag id.Bag) error {
	_, err := tx.Exec(ctx, "UPDATE lucky_bag SET claims_closed = 1 WHERE id = ?", bag)
	return err
}

func scanBag(s sqldb.Scanner) (b Bag, err error) {
	var follow int
	var opened, draws, drawn, claim int64
	err = s.Scan(&b.ID, &b.Shop, &b.Room, &b.State, &b.Coupon, &b.SKU, &b.Slice, &b.Winners, &b.Word, &follow,
		&b.sealed, &b.SeedHash, &b.Seed,
		&b.Entrants, &b.ListHash, &opened, &draws, &drawn, &claim)
	b.Follow, b.OpenedAt, b.DrawsAt = follow == 1, sqldb.FromMillis(opened), sqldb.FromMillis(draws)
	b.DrawnAt, b.ClaimBy = sqldb.FromMillis(drawn), sqldb.FromMillis(claim)
	return b, err
}

// bagsWhere reads bags by a condition of this file.
func bagsWhere(ctx context.Context, q sqldb.Querier, where string, args ...any) ([]Bag, error) {
	rows, err := q.Query(ctx, "SELECT "+bagColumns+" FROM lucky_bag WHERE "+where, args...)
	return sqldb.Collect(rows, err, scanBag)
}

func bagByID(ctx context.Context, q sqldb.Querier, bag id.Bag) (Bag, error) {
	return scanBag(q.QueryRow(ctx, "SELECT "+bagColumns+" FROM lucky_bag WHERE id = ?", bag))
}

func openBags(ctx context.Context, q sqldb.Querier, room id.Room, now time.Time) ([]Bag, error) {
	return bagsWhere(ctx, q, "room_id = ? AND state = ? AND draws_at > ? ORDER BY id", room, Open, sqldb.Millis(now))
}

func undrawnBags(ctx context.Context, q sqldb.Querier, room id.Room) ([]Bag, error) {
	return bagsWhere(ctx, q, "room_id = ? AND state = ? ORDER BY id", room, Open)
}

func dueBags(ctx context.Context, q sqldb.Querier, now time.Time) ([]Bag, error) {
	return bagsWhere(ctx, q, "state = ? AND draws_at <= ? ORDER BY draws_at LIMIT 50", Open, sqldb.Millis(now))
}

func unclaimedBags(ctx context.Context, q sqldb.Querier, now time.Time) ([]Bag, error) {
	return bagsWhere(ctx, q, "claims_closed = 0 AND claim_by > 0 AND claim_by <= ? ORDER BY claim_by LIMIT 50",
		sqldb.Millis(now))
}

// shownBags reads what viewers see: open, or drawn since.
func shownBags(ctx context.Context, q sqldb.Querier, room id.Room, since time.Time) ([]Bag, error) {
	return bagsWhere(ctx, q, "room_id = ? AND (state = ? OR (state = ? AND drawn_at >= ?)) ORDER BY id DESC LIMIT 20",
		room, Open, Drawn, sqldb.Millis(since))
}

func bagsOfRoom(ctx context.Context, q sqldb.Querier, room id.Room, limit int) ([]Bag, error) {
	return bagsWhere(ctx, q, "room_id = ? ORDER BY id DESC LIMIT ?", room, limit)
}

const entryColumns = "bag_id, user_id, alias, said, entered_at, place, " +
	"CASE WHEN lapsed = 1 THEN 0 ELSE order_id END"

func scanEntry(s sqldb.Scanner) (e Entry, err error) {
	var said int
	var entered int64
	err = s.Scan(&e.Bag, &e.User, &e.Alias, &said, &entered, &e.Place, &e.Order)
	e.Said, e.EnteredAt = said == 1, sqldb.FromMillis(entered)
	return e, err
}

func entryOf(ctx context.Context, q sqldb.Querier, bag id.Bag, user id.User) (Entry, error) {
	return scanEntry(q.QueryRow(ctx, "SELECT "+entryColumns+" FROM bag_entry WHERE bag_id = ? AND user_id = ?", bag,
		user))
}

// entrantsOf reads who takes part, sorted by the bytes of their aliases.
func entrantsOf(ctx context.Context, q sqldb.Querier, bag id.Bag) ([]Entry, error) {
	rows, err := q.Query(ctx, "SELECT "+entryColumns+
		" FROM bag_entry WHERE bag_id = ? AND entered_at > 0 ORDER BY alias", bag)
	return sqldb.Collect(rows, err, scanEntry)
}

func winnersOf(ctx context.Context, q sqldb.Querier, bag id.Bag) ([]Entry, error) {
	rows, err := q.Query(ctx, "SELECT "+entryColumns+" FROM bag_entry WHERE bag_id = ? AND place > 0 ORDER BY place",
		bag)
	return sqldb.Collect(rows, err, scanEntry)
}

// putEntry writes a row for somebody, or leaves theirs.
func putEntry(ctx context.Context, tx *sqldb.Tx, bag id.Bag, user id.User, alias string) error {
	_, err := tx.InsertOnce(ctx,
		"INSERT INTO bag_entry (bag_id, user_id, alias, said, entered_at) VALUES (?, ?, ?, 0, 0)", bag, user, alias)
	return err
}

// putSaid remembers that somebody said the word.
func putSaid(ctx context.Context, tx *sqldb.Tx, bag id.Bag, user id.User, alias string) error {
	if err := putEntry(ctx, tx, bag, user, alias); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "UPDATE bag_entry SET said = 1 WHERE bag_id = ? AND user_id = ?", bag, user)
	return err
}

func setEntered(ctx context.Context, tx *sqldb.Tx, bag id.Bag, user id.User) error {
	_, err := tx.Exec(ctx, "UPDATE bag_entry SET entered_at = ? WHERE bag_id = ? AND user_id = ?",
		sqldb.Millis(tx.Now()), bag, user)
	return err
}

func setPlace(ctx context.Context, tx *sqldb.Tx, bag id.Bag, user id.User, place int64) error {
	_, err := tx.Exec(ctx, "UPDATE bag_entry SET place = ? WHERE bag_id = ? AND user_id = ?", place, bag, user)
	return err
}

// setOrder gives a prize its order; false when it has one already.
func setOrder(ctx context.Context, tx *sqldb.Tx, bag id.Bag, user id.User, order id.Order) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE bag_entry SET order_id = ?, lapsed = 0
		WHERE bag_id = ? AND user_id = ? AND (order_id = 0 OR lapsed = 1)`, order, bag, user)
	return n == 1, err
}

// setLapsed lets go of a prize's order, or takes it up again; false when the prize
// has another order by now.
func setLapsed(ctx context.Context, tx *sqldb.Tx, order id.Order, from, to int) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE bag_entry SET lapsed = ? WHERE order_id = ? AND lapsed = ?", to, order, from)
	return n == 1, err
}

// waitsFor reports whether a prize that was let go has no other order since.
func waitsFor(ctx context.Context, q sqldb.Querier, order id.Order) (bool, error) {
	var n int
	err := q.QueryRow(ctx, "SELECT COUNT(*) FROM bag_entry WHERE order_id = ? AND lapsed = 1", order).Scan(&n)
	return n == 1, err
}

// nextStep answers when the next bag is drawn, or what was won in one is too late
// to be claimed.
func nextStep(ctx context.Context, q sqldb.Querier) (time.Time, error) {
	draw, err := sqldb.Earliest(ctx, q, "SELECT MIN(draws_at) FROM lucky_bag WHERE state = ?", Open)
	if err != nil {
		return time.Time{}, err
	}
	late, err := sqldb.Earliest(ctx, q, "SELECT MIN(claim_by) FROM lucky_bag WHERE claims_closed = 0 AND claim_by > 0")
	if draw.IsZero() || !late.IsZero() && late.Before(draw) {
		return late, err
	}
	return draw, err
}
