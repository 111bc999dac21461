package coupon

import (
	"context"
	"encoding/json"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

const couponColumns = "c.id, c.shop_id, c.name, c.kind, c.value, c.cap, c.min_spend, c.scope, c.room_id, c.total, " +
	"c.claimed, c.used, c.per_user, c.valid_from, c.valid_to, c.active"

func insert(ctx context.Context, tx *sqldb.Tx, c Coupon) error {
	name, err := json.Marshal(c.Name)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO coupon (id, shop_id, name, kind, value, cap, min_spend, scope, room_id, total,
		per_user, valid_from, valid_to, created_at)
		VALUES (`+sqldb.Marks(14)+`)`, c.ID, c.Shop, string(name), c.Kind, c.Value, c.Cap, c.MinSpend, c.Scope, c.Room,
		c.Total, c.PerUser,
		sqldb.Millis(c.From), sqldb.Millis(c.To), sqldb.Millis(tx.Now()))
	if err != nil {
		return err
	}
	for _, p := range c.Products {
		if _, err := tx.InsertOnce(ctx, "INSERT INTO coupon_product (coupon_id, product_id) VALUES (?, ?)", c.ID,
			p); err != nil {
			return err
		}
	}
	return nil
}

func update(ctx context.Context, tx *sqldb.Tx, c Coupon) error {
	name, err := json.Marshal(c.Name)
	if err != nil {
		return err
	}
	active := 0
	if c.Active {
		active = 1
	}
	_, err = tx.Exec(ctx, "UPDATE coupon SET name = ?, total = ?, valid_to = ?, active = ? WHERE id = ?", string(name),
		c.Total, sqldb.Millis(c.To), active, c.ID)
	return err
}

// lock makes claims wait until this transaction is through.
func lock(ctx context.Context, tx *sqldb.Tx, coupon id.Coupon) error {
	_, err := tx.Exec(ctx, "UPDATE coupon SET used = used WHERE id = ?", coupon)
	return err
}

// scanCoupon reads couponColumns, and what stands after them into more.
func scanCoupon(s sqldb.Scanner, more ...any) (c Coupon, err error) {
	var name string
	var from, to int64
	var active int
	err = s.Scan(append([]any{
		&c.ID, &c.Shop, &name, &c.Kind, &c.Value, &c.Cap, &c.MinSpend, &c.Scope, &c.Room, &c.Total, &c.Claimed, &c.Used,
		&c.PerUser, &from, &to, &active,
	}, more...)...)
	if err != nil {
		return c, err
	}
	c.From, c.To, c.Active = sqldb.FromMillis(from), sqldb.FromMillis(to), active == 1
	return c, json.Unmarshal([]byte(name), &c.Name)
}

// listWhere reads coupons with their products, by a condition of this file.
func listWhere(ctx context.Context, q sqldb.Querier, where string, args ...any) ([]Coupon, error) {
	rows, err := q.Query(ctx, "SELECT "+couponColumns+" FROM coupon c "+where, args...)
	list, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (Coupon, error) { return scanCoupon(s) })
	if err != nil {
		return nil, err
	}
	var listed []*Coupon
	for i := range list {
		listed = append(listed, &list[i])
	}
	return list, fillProducts(ctx, q, listed)
}

// fillProducts reads the products of coupons that list them; others cost nothing.
func fillProducts(ctx context.Context, q sqldb.Querier, list []*Coupon) error {
	byID := map[id.Coupon][]*Coupon{}
	var coupons []id.Coupon
	for _, c := range list {
		if c.Scope == ScopeListed {
			byID[c.ID], coupons = append(byID[c.ID], c), append(coupons, c.ID)
		}
	}
	if len(coupons) == 0 {
		return nil
	}
	rows, err := q.Query(ctx, "SELECT coupon_id, product_id FROM coupon_product WHERE coupon_id IN ("+
		sqldb.Marks(len(coupons))+") ORDER BY product_id", sqldb.Args(coupons)...)
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (struct{}, error) {
		var coupon id.Coupon
		var product id.Product
		err := s.Scan(&coupon, &product)
		for _, c := range byID[coupon] {
			c.Products = append(c.Products, product)
		}
		return struct{}{}, err
	})
	return err
}

func couponByID(ctx context.Context, q sqldb.Querier, coupon id.Coupon) (Coupon, error) {
	c, err := scanCoupon(q.QueryRow(ctx, "SELECT "+couponColumns+" FROM coupon c WHERE c.id = ?", coupon))
	if err != nil {
		return c, err
	}
	return c, fillProducts(ctx, q, []*Coupon{&c})
}

func couponsByID(ctx context.Context, q sqldb.Querier, coupons []id.Coupon) ([]Coupon, error) {
	if len(coupons) == 0 {
		return nil, nil
	}
	return listWhere(ctx, q, "WHERE c.id IN ("+sqldb.Marks(len(coupons))+")", sqldb.Args(coupons)...)
}

func ofShop(ctx context.Context, q sqldb.Querier, shop id.Shop, before id.Coupon, limit int) ([]Coupon, error) {
	if before.IsZero() {
		return listWhere(ctx, q, "WHERE c.shop_id = ? ORDER BY c.id DESC LIMIT ?", shop, limit)
	}
	return listWhere(ctx, q, "WHERE c.shop_id = ? AND c.id < ? ORDER BY c.id DESC LIMIT ?", shop, before, limit)
}

func pinned(ctx context.Context, q sqldb.Querier, room id.Room) ([]Coupon, error) {
	return listWhere(ctx, q,
		"JOIN room_coupon r ON r.coupon_id = c.id WHERE r.room_id = ? ORDER BY r.pinned_at DESC, c.id DESC", room)
}

func pin(ctx context.Context, tx *sqldb.Tx, room id.Room, coupon id.Coupon) error {
	return tx.Upsert(ctx, "room_coupon", []string{"room_id", "coupon_id"}, []string{"pinned_at"}, room, coupon,
		sqldb.Millis(tx.Now()))
}

func unpin(ctx context.Context, tx *sqldb.Tx, room id.Room, coupon id.Coupon) error {
	_, err := tx.Exec(ctx, "DELETE FROM room_coupon WHERE room_id = ? AND coupon_id = ?", room, coupon)
	return err
}

// addClaimed counts claims, within the total.
func addClaimed(ctx context.Context, tx *sqldb.Tx, coupon id.Coupon, n int64) (bool, error) {
	ok, err := tx.Exec(ctx, "UPDATE coupon SET claimed = claimed + ? WHERE id = ? AND claimed + ? <= total", n, coupon,
		n)
	return ok == 1, err
}

func addUsed(ctx context.Context, tx *sqldb.Tx, coupon id.Coupon, n int64) error {
	_, err := tx.Exec(ctx, "UPDATE coupon SET used = used + ? WHERE id = ?", n, coupon)
	return err
}

func countClaims(ctx context.Context, q sqldb.Querier, coupon id.Coupon, user id.User) (n int64, err error) {
	err = q.QueryRow(ctx, "SELECT COUNT(*) FROM coupon_claim WHERE coupon_id = ? AND user_id = ?", coupon, user).
		Scan(&n)
	return n, err
}

func claimCounts(ctx context.Context, q sqldb.Querier, user id.User, coupons []id.Coupon) (map[id.Coupon]int64, error) {
	return countsWhere(ctx, q, "", user, coupons)
}

func freeCounts(ctx context.Context, q sqldb.Querier, user id.User, coupons []id.Coupon) (map[id.Coupon]int64, error) {
	return countsWhere(ctx, q, " AND order_id = 0", user, coupons)
}

// countsWhere counts somebody's claims of coupons by a condition of this file.
func countsWhere(ctx context.Context, q sqldb.Querier, where string, user id.User,
	coupons []id.Coupon,
) (map[id.Coupon]int64, error) {
	out := map[id.Coupon]int64{}
	if user.IsZero() || len(coupons) == 0 {
		return out, nil
	}
	rows, err := q.Query(ctx, "SELECT coupon_id, COUNT(*) FROM coupon_claim WHERE user_id = ? AND coupon_id IN ("+
		sqldb.Marks(len(coupons))+")"+where+" GROUP BY coupon_id",
		append([]any{user}, sqldb.Args(coupons)...)...)
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (struct{}, error) {
		var coupon id.Coupon
		var n int64
		err := s.Scan(&coupon, &n)
		out[coupon] = n
		return struct{}{}, err
	})
	return out, err
}

func insertClaim(ctx context.Context, tx *sqldb.Tx, coupon id.Coupon, user id.User, nth int64) error {
	_, err := tx.Exec(ctx, "INSERT INTO coupon_claim (id, coupon_id, user_id, nth, claimed_at) VALUES (?, ?, ?, ?, ?)",
		id.Make[id.Claim](tx), coupon, user, nth, sqldb.Millis(tx.Now()))
	return err
}

func useClaim(ctx context.Context, tx *sqldb.Tx, claim id.Claim, order id.Order) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE coupon_claim SET order_id = ?, used_at = ? WHERE id = ? AND order_id = 0", order,
		sqldb.Millis(tx.Now()), claim)
	if err != nil || n != 1 {
		return false, err
	}
	_, err = tx.InsertOnce(ctx, "INSERT INTO coupon_use (order_id, claim_id) VALUES (?, ?)", order, claim)
	return true, err
}

func freeClaim(ctx context.Context, tx *sqldb.Tx, claim id.Claim, order id.Order) error {
	_, err := tx.Exec(ctx, "UPDATE coupon_claim SET order_id = 0, used_at = 0 WHERE id = ? AND order_id = ?", claim,
		order)
	return err
}

// claimsOfOrder reads the claims that an order was priced with, whoever has them now.
func claimsOfOrder(ctx context.Context, q sqldb.Querier, order id.Order) ([]Claim, error) {
	return claimsWhere(ctx, q, "l.id IN (SELECT claim_id FROM coupon_use WHERE order_id = ?)", order)
}

// freeClaims leaves out what expired before a time: a wallet keeps it forever, a
// quote has nothing to say of it.
func freeClaims(ctx context.Context, q sqldb.Querier, user id.User, validAfter time.Time, limit int) ([]Claim, error) {
	return claimsWhere(ctx, q, "l.user_id = ? AND l.order_id = 0 AND c.valid_to > ? ORDER BY l.id DESC LIMIT ?", user,
		sqldb.Millis(validAfter), limit)
}

type walletQuery struct {
	user   id.User
	state  string
	before id.Claim
	now    time.Time
	limit  int
}

func walletOf(ctx context.Context, q sqldb.Querier, w walletQuery) ([]Claim, error) {
	where, args := "l.user_id = ? AND l.order_id = 0 AND c.valid_to > ?", []any{w.user, sqldb.Millis(w.now)}
	switch w.state {
	case ClaimUsed:
		where, args = "l.user_id = ? AND l.order_id > 0", []any{w.user}
	case ClaimExpired:
		where = "l.user_id = ? AND l.order_id = 0 AND c.valid_to <= ?"
	}
	if !w.before.IsZero() {
		where, args = where+" AND l.id < ?", append(args, w.before)
	}
	return claimsWhere(ctx, q, where+" ORDER BY l.id DESC LIMIT ?", append(args, w.limit)...)
}

// claimsWhere reads claims with their coupons by a condition of this file.
func claimsWhere(ctx context.Context, q sqldb.Querier, where string, args ...any) ([]Claim, error) {
	rows, err := q.Query(ctx, "SELECT "+couponColumns+
		`, l.id, l.user_id, l.order_id, l.claimed_at, l.used_at FROM coupon_claim l JOIN coupon c ON c.id = l.coupon_id
			WHERE `+where, args...)
	list, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (l Claim, err error) {
		var claimed, used int64
		l.Coupon, err = scanCoupon(s, &l.ID, &l.User, &l.Order, &claimed, &used)
		l.ClaimedAt, l.UsedAt = sqldb.FromMillis(claimed), sqldb.FromMillis(used)
		return l, err
	})
	if err != nil {
		return nil, err
	}
	var coupons []*Coupon
	for i := range list {
		coupons = append(coupons, &list[i].Coupon)
	}
	return list, fillProducts(ctx, q, coupons)
}

// miscounted finds coupons whose counts contradict the wallets. More may be
// counted as claimed than wallets hold: lucky bags hold the rest.
func miscounted(ctx context.Context, q sqldb.Querier) ([]couponCount, error) {
	rows, err := q.Query(ctx, `SELECT c.id, c.claimed, c.used, COALESCE(l.held, 0), COALESCE(l.spent, 0) FROM coupon c
		LEFT JOIN (SELECT coupon_id, COUNT(*) AS held, SUM(CASE WHEN order_id > 0 THEN 1 ELSE 0 END) AS spent
		FROM coupon_claim GROUP BY coupon_id) l ON l.coupon_id = c.id
		WHERE c.used <> COALESCE(l.spent, 0) OR c.claimed < COALESCE(l.held, 0)`)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (c couponCount, err error) {
		return c, s.Scan(&c.coupon, &c.claimed, &c.used, &c.held, &c.spent)
	})
}
