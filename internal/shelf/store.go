package shelf

import (
	"cmp"
	"context"
	"slices"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/show"
)

// Put makes products the shelf of a room. It touches neither what was sold nor what
// is noted of a product that stays.
func Put(ctx context.Context, tx *sqldb.Tx, r id.Room, products []id.Product) error {
	query, args := "DELETE FROM shelf_item WHERE room_id = ?", []any{r}
	if len(products) > 0 {
		query += " AND product_id NOT IN (" + sqldb.Marks(len(products)) + ")"
		args = append(args, sqldb.Args(products)...)
	}
	if _, err := tx.Exec(ctx, query, args...); err != nil {
		return err
	}
	for i, p := range products {
		err := tx.Upsert(ctx, "shelf_item", []string{"room_id", "product_id"}, []string{"position"}, r, p, i+1)
		if err != nil {
			return err
		}
	}
	return nil
}

func shelfItems(ctx context.Context, q sqldb.Querier, r id.Room) ([]Item, error) {
	rows, err := q.Query(ctx, `SELECT product_id, position, sold, hidden, notes FROM shelf_item WHERE room_id = ?
		ORDER BY position`, r)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (i Item, err error) {
		return i, s.Scan(&i.Product, &i.Position, &i.Sold, &i.Hidden, &i.Notes)
	})
}

// firstShown gives what stands first on the shelves of rooms.
func firstShown(ctx context.Context, q sqldb.Querier, rooms []id.Room) (map[id.Room]id.Product, error) {
	rows, err := q.Query(ctx, `SELECT i.room_id, i.product_id FROM shelf_item i WHERE i.room_id IN (`+
		sqldb.Marks(len(rooms))+`) AND i.hidden = 0
		AND i.position = (SELECT MIN(position) FROM shelf_item WHERE room_id = i.room_id AND hidden = 0)`,
		sqldb.Args(rooms)...)
	out := map[id.Room]id.Product{}
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (struct{}, error) {
		var r id.Room
		var product id.Product
		err := s.Scan(&r, &product)
		out[r] = product
		return struct{}{}, err
	})
	return out, err
}

func editItem(ctx context.Context, tx *sqldb.Tx, r id.Room, product id.Product, c Edit) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE shelf_item SET hidden = COALESCE(?, hidden), notes = COALESCE(?, notes)
		WHERE room_id = ? AND product_id = ?`, c.Hidden, c.Notes, r, product)
	return n == 1, err
}

func addSold(ctx context.Context, tx *sqldb.Tx, r id.Room, product id.Product, units int64) error {
	_, err := tx.Exec(ctx, "UPDATE shelf_item SET sold = sold + ? WHERE room_id = ? AND product_id = ?",
		units, r, product)
	return err
}

// onScreen is a product that everybody sees on the shelf of a room whose show runs.
type onScreen struct {
	room        id.Room
	product     id.Product
	sold, since int64
}

// onScreens gives the newest shows first.
func onScreens(ctx context.Context, q sqldb.Querier, products []id.Product) ([]onScreen, error) {
	if len(products) == 0 {
		return nil, nil
	}
	rows, err := q.Query(ctx, `SELECT i.room_id, i.product_id, i.sold, s.started_at FROM shelf_item i
		JOIN room r ON r.id = i.room_id JOIN live_show s ON s.id = r.show_id WHERE i.product_id IN (`+
		sqldb.Marks(len(products))+`)
		AND i.hidden = 0 AND s.state IN (?, ?) AND r.mode = ? LIMIT ?`,
		append(sqldb.Args(products), show.Live, show.Paused, room.Open, onScreensMax)...)
	out, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (x onScreen, err error) {
		return x, s.Scan(&x.room, &x.product, &x.sold, &x.since)
	})
	slices.SortFunc(out, func(a, b onScreen) int { return cmp.Compare(b.since, a.since) })
	return out, err
}

func insertPin(ctx context.Context, tx *sqldb.Tx, p Pin) error {
	_, err := tx.Exec(ctx, `INSERT INTO pin (id, room_id, show_id, product_id, by_id, pinned_at, stream_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.Room, p.Show, p.Product, p.By, sqldb.Millis(p.PinnedAt), sqldb.Millis(p.StreamAt))
	return err
}

func closePins(ctx context.Context, tx *sqldb.Tx, r id.Room, until time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE pin SET unpinned_at = ?, stream_until = ? WHERE room_id = ? AND unpinned_at = 0",
		sqldb.Millis(tx.Now()), sqldb.Millis(until), r)
	return err
}

func adoptPin(ctx context.Context, tx *sqldb.Tx, x show.Show, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE pin SET show_id = ?, pinned_at = ?, stream_at = ?
		WHERE room_id = ? AND unpinned_at = 0 AND show_id = 0`,
		x.ID, sqldb.Millis(tx.Now()), sqldb.Millis(at), x.Room)
	return err
}

// Forget takes away what was shown in a rehearsal.
func Forget(ctx context.Context, tx *sqldb.Tx, x id.Show) error {
	_, err := tx.Exec(ctx, "DELETE FROM pin WHERE show_id = ?", x)
	return err
}

const pinColumns = "id, room_id, show_id, product_id, by_id, pinned_at, stream_at, unpinned_at, stream_until"

func scanPin(s sqldb.Scanner) (p Pin, err error) {
	var pinned, streamAt, unpinned, until int64
	err = s.Scan(&p.ID, &p.Room, &p.Show, &p.Product, &p.By, &pinned, &streamAt, &unpinned, &until)
	p.PinnedAt, p.StreamAt = sqldb.FromMillis(pinned), sqldb.FromMillis(streamAt)
	p.UnpinnedAt, p.StreamUntil = sqldb.FromMillis(unpinned), sqldb.FromMillis(until)
	return p, err
}

func openPin(ctx context.Context, q sqldb.Querier, r id.Room) (Pin, error) {
	return scanPin(q.QueryRow(ctx, "SELECT "+pinColumns+` FROM pin WHERE room_id = ? AND unpinned_at = 0
		ORDER BY id DESC LIMIT 1`, r))
}

const (
	onScreensMax = 200
	pinsMax      = 500
)

func pinsOf(ctx context.Context, q sqldb.Querier, x id.Show) ([]Pin, error) {
	rows, err := q.Query(ctx, "SELECT "+pinColumns+" FROM pin WHERE show_id = ? ORDER BY id LIMIT ?", x, pinsMax)
	return sqldb.Collect(rows, err, scanPin)
}

// lastShown gives the newest stretch of each product that has a picture.
func lastShown(ctx context.Context, q sqldb.Querier, x id.Show, products []id.Product) ([]ShownAt, error) {
	rows, err := q.Query(ctx, `SELECT show_id, product_id, stream_at, stream_until FROM pin WHERE id IN (
		SELECT MAX(id) FROM pin WHERE show_id = ? AND stream_at > 0 AND product_id IN (`+sqldb.Marks(len(products))+`)
		GROUP BY product_id)`, append([]any{x}, sqldb.Args(products)...)...)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (x ShownAt, err error) {
		var from, until int64
		err = s.Scan(&x.Show, &x.Product, &from, &until)
		x.From, x.Until = sqldb.FromMillis(from), sqldb.FromMillis(until)
		return x, err
	})
}
