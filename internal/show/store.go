package show

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
)

const columns = `s.id, s.room_id, s.shop_id, s.rehearsal, s.state, s.started_at, s.paused_at, s.ended_at, s.likes,
	s.messages, s.entries, s.viewers_peak, s.follows, s.replay_ready, s.node`

// nullable are the same where a room may have no show.
const nullable = `COALESCE(s.id, 0), COALESCE(s.room_id, 0), COALESCE(s.shop_id, 0), COALESCE(s.rehearsal, 0),
	COALESCE(s.state, ''), COALESCE(s.started_at, 0), COALESCE(s.paused_at, 0), COALESCE(s.ended_at, 0),
	COALESCE(s.likes, 0), COALESCE(s.messages, 0), COALESCE(s.entries, 0), COALESCE(s.viewers_peak, 0),
	COALESCE(s.follows, 0), COALESCE(s.replay_ready, 0), COALESCE(s.node, '')`

// raw is a row of a show before its times are made.
type raw struct {
	Show
	started, paused, ended int64
}

func (x *raw) targets() []any {
	return []any{
		&x.ID, &x.Room, &x.Shop, &x.Rehearsal, &x.State, &x.started, &x.paused, &x.ended, &x.Likes,
		&x.Messages, &x.Entries, &x.ViewersPeak, &x.Follows, &x.Replay, &x.Node,
	}
}

func (x *raw) show() Show {
	x.StartedAt, x.PausedAt = sqldb.FromMillis(x.started), sqldb.FromMillis(x.paused)
	x.EndedAt = sqldb.FromMillis(x.ended)
	return x.Show
}

func scanShow(s sqldb.Scanner) (Show, error) {
	var x raw
	err := s.Scan(x.targets()...)
	return x.show(), err
}

func scanStanding(s sqldb.Scanner) (st Standing, err error) {
	var x raw
	st.Room, err = room.Scan(s, x.targets()...)
	st.Now = x.show()
	return st, err
}

const standings = "SELECT " + room.Columns + ", " + nullable + " FROM room r LEFT JOIN live_show s ON s.id = r.show_id "

func standingOf(ctx context.Context, q sqldb.Querier, r id.Room) (Standing, error) {
	return scanStanding(q.QueryRow(ctx, standings+"WHERE r.id = ?", r))
}

type filter struct {
	shop   id.Shop
	state  State
	before id.Room
	staff  bool // sees what is not for everybody
}

func listRooms(ctx context.Context, q sqldb.Querier, f filter, limit int) ([]Standing, error) {
	query, args := standings+"WHERE 1 = 1", []any{}
	and := func(condition string, values ...any) { query, args = query+" AND "+condition, append(args, values...) }
	if !f.shop.IsZero() {
		and("r.shop_id = ?", f.shop)
	}
	if !f.staff { // a warm-up waits in public, a rehearsal does not
		and("r.mode <> ? AND r.cancelled_at = 0", room.Rehearsal)
	}
	switch f.state {
	case "":
	case Live:
		and("s.state IN (?, ?)", Live, Paused)
	case Scheduled:
		and("r.cancelled_at = 0 AND (r.show_id = 0 OR r.mode = ? OR s.state = ?)", room.WarmUp, Scheduled)
	case Cancelled:
		and("r.cancelled_at > 0")
	default:
		and("s.state = ? AND r.mode <> ?", f.state, room.WarmUp)
	}
	if f.before.IsZero() { // a range for the first page, too
		f.before = id.FromInt[id.Room](math.MaxInt64)
	}
	and("r.id < ?", f.before)
	rows, err := q.Query(ctx, query+" ORDER BY r.id DESC LIMIT ?", append(args, limit)...)
	return sqldb.Collect(rows, err, scanStanding)
}

func showByID(ctx context.Context, q sqldb.Querier, show id.Show) (Show, error) {
	return scanShow(q.QueryRow(ctx, "SELECT "+columns+" FROM live_show s WHERE s.id = ?", show))
}

func showsByID(ctx context.Context, q sqldb.Querier, shows []id.Show) ([]Show, error) {
	rows, err := q.Query(ctx, "SELECT "+columns+" FROM live_show s WHERE s.id IN ("+sqldb.Marks(len(shows))+")",
		sqldb.Args(shows)...)
	return sqldb.Collect(rows, err, scanShow)
}

// privateAmong answers which of some rooms are not for everybody.
func privateAmong(ctx context.Context, q sqldb.Querier, rooms []id.Room) (map[id.Room]bool, error) {
	rows, err := q.Query(ctx, "SELECT id FROM room WHERE mode <> ? AND id IN ("+sqldb.Marks(len(rooms))+")",
		append([]any{room.Open}, sqldb.Args(rooms)...)...)
	list, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (r id.Room, err error) { return r, s.Scan(&r) })
	out := make(map[id.Room]bool, len(list))
	for _, r := range list {
		out[r] = true
	}
	return out, err
}

func showsOf(ctx context.Context, q sqldb.Querier, r id.Room, before id.Show, limit int) ([]Show, error) {
	query, args := "SELECT "+columns+" FROM live_show s WHERE s.room_id = ? AND s.rehearsal = 0", []any{r}
	if !before.IsZero() {
		query, args = query+" AND s.id < ?", append(args, before)
	}
	rows, err := q.Query(ctx, query+" ORDER BY s.id DESC LIMIT ?", append(args, limit)...)
	return sqldb.Collect(rows, err, scanShow)
}

// airedAt takes a rehearsal for one evening, however often its picture came.
func airedAt(ctx context.Context, q sqldb.Querier, r id.Room, at time.Time) (bool, error) {
	var n int
	err := q.QueryRow(ctx, `SELECT COUNT(*) FROM live_show WHERE room_id = ? AND started_at > 0
		AND (rehearsal = 1 OR started_at <= ?) AND (ended_at = 0 OR ended_at >= ?)`,
		r, sqldb.Millis(at), sqldb.Millis(at)).Scan(&n)
	return n > 0, err
}

func lastShow(ctx context.Context, q sqldb.Querier, r id.Room) (x id.Show, err error) {
	err = q.QueryRow(ctx, `SELECT id FROM live_show WHERE room_id = ? AND rehearsal = 0 ORDER BY id DESC LIMIT 1`, r).
		Scan(&x)
	if errors.Is(err, sql.ErrNoRows) {
		return id.Show{}, nil
	}
	return x, err
}

const sinceMax = 50

func showsSince(ctx context.Context, q sqldb.Querier, shop id.Shop, since time.Time) ([]Standing, error) {
	rows, err := q.Query(ctx, "SELECT "+room.Columns+", "+columns+` FROM live_show s JOIN room r ON r.id = s.room_id
		WHERE s.shop_id = ? AND s.rehearsal = 0 AND (s.ended_at = 0 OR s.ended_at >= ?)
		ORDER BY s.started_at DESC LIMIT ?`, shop, sqldb.Millis(since), sinceMax)
	return sqldb.Collect(rows, err, scanStanding)
}

func roomsOnAir(ctx context.Context, q sqldb.Querier, shops []id.Shop) (map[id.Shop]id.Room, error) {
	rows, err := q.Query(ctx, `SELECT shop_id, MAX(room_id) FROM live_show WHERE state IN (?, ?) AND rehearsal = 0
		AND shop_id IN (`+sqldb.Marks(len(shops))+`) GROUP BY shop_id`,
		append([]any{Live, Paused}, sqldb.Args(shops)...)...)
	out := map[id.Shop]id.Room{}
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (struct{}, error) {
		var shop id.Shop
		var r id.Room
		err := s.Scan(&shop, &r)
		out[shop] = r
		return struct{}{}, err
	})
	return out, err
}

func runningShows(ctx context.Context, q sqldb.Querier) ([]Show, error) {
	rows, err := q.Query(ctx, "SELECT "+columns+" FROM live_show s WHERE s.state IN (?, ?)", Live, Paused)
	return sqldb.Collect(rows, err, scanShow)
}

func pausedBefore(ctx context.Context, q sqldb.Querier, at time.Time) ([]Show, error) {
	rows, err := q.Query(ctx, "SELECT "+columns+" FROM live_show s WHERE s.state = ? AND s.paused_at <= ?",
		Paused, sqldb.Millis(at))
	return sqldb.Collect(rows, err, scanShow)
}

func firstPaused(ctx context.Context, q sqldb.Querier) (time.Time, error) {
	var at int64
	err := q.QueryRow(ctx, "SELECT COALESCE(MIN(paused_at), 0) FROM live_show WHERE state = ?", Paused).Scan(&at)
	return sqldb.FromMillis(at), err
}

// misplaced lists rooms that have two shows on air, or point to none of theirs.
func misplaced(ctx context.Context, q sqldb.Querier) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT room_id FROM live_show WHERE state IN (?, ?) GROUP BY room_id HAVING COUNT(*) > 1
		UNION SELECT r.id FROM room r WHERE r.show_id <> 0 AND NOT EXISTS
		(SELECT 1 FROM live_show s WHERE s.id = r.show_id AND s.room_id = r.id)`, Live, Paused)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (string, error) {
		var r id.Room
		err := s.Scan(&r)
		return r.String(), err
	})
}

func insertShow(ctx context.Context, tx *sqldb.Tx, x Show) error {
	_, err := tx.Exec(ctx, "INSERT INTO live_show (id, room_id, shop_id, rehearsal, state, started_at, node) "+
		"VALUES (?, ?, ?, ?, ?, ?, ?)", x.ID, x.Room, x.Shop, x.Rehearsal, x.State, sqldb.Millis(x.StartedAt),
		tx.Node())
	return err
}

// step puts a show on air from where it is; one that was paused goes on, a
// rehearsal begins.
func step(ctx context.Context, tx *sqldb.Tx, x Show, to State) (bool, error) {
	started := x.StartedAt
	if x.State != Paused {
		started = tx.Now()
	}
	n, err := tx.Exec(ctx, `UPDATE live_show SET state = ?, started_at = ?, paused_at = 0, ended_at = 0,
		node = ? WHERE id = ? AND state = ?`, to, sqldb.Millis(started), tx.Node(), x.ID, x.State)
	return n == 1, err
}

// move notes that a live show's picture is at this node now.
func move(ctx context.Context, tx *sqldb.Tx, x Show) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE live_show SET node = ? WHERE id = ? AND state = ? AND node = ?", tx.Node(), x.ID,
		Live, x.Node)
	return n == 1, err
}

// pause leaves alone what goes on at another node by now.
func pause(ctx context.Context, tx *sqldb.Tx, x Show) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE live_show SET state = ?, paused_at = ? WHERE id = ? AND state = ? AND node = ?",
		Paused, sqldb.Millis(tx.Now()), x.ID, Live, x.Node)
	return n == 1, err
}

func end(ctx context.Context, tx *sqldb.Tx, x id.Show) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE live_show SET state = ?, paused_at = 0, ended_at = ? WHERE id = ?
		AND state IN (?, ?)`,
		Ended, sqldb.Millis(tx.Now()), x, Live, Paused)
	return n == 1, err
}

func forget(ctx context.Context, tx *sqldb.Tx, rehearsal id.Show) error {
	for _, statement := range []string{
		"DELETE FROM show_minute WHERE show_id = ?",
		"UPDATE recording SET created_at = 0 WHERE show_id = ?", // of before rehearsals were not recorded: swept next
		"DELETE FROM live_show WHERE id = ? AND rehearsal = 1",
	} {
		if _, err := tx.Exec(ctx, statement, rehearsal); err != nil {
			return err
		}
	}
	return nil
}
