package signin

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
)

// row is what is kept of a session beside whose it is.
type row struct {
	Device, Address string
	ExpiresAt       time.Time
}

// live is a session with what decides whether it has ended by itself.
type live struct {
	httpapi.Actor
	created, seen, expires time.Time
	disabled, factor       bool // the person may not come in; they have a second factor
}

// ended is a session that is over, with the hash under which it is remembered.
type ended struct {
	session id.Session
	hash    string
}

func addressSeal(session id.Session) string { return "session address " + session.String() }

func insertSession(ctx context.Context, tx *sqldb.Tx, box *secret.Box, user id.User, hash string, r row) error {
	session, now := id.Make[id.Session](tx), sqldb.Millis(tx.Now())
	_, err := tx.Exec(ctx, `INSERT INTO account_session (id, user_id, token_hash, expires_at, created_at, seen_at,
			proved_at, device, address_sealed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		session, user, hash, sqldb.Millis(r.ExpiresAt), now, now, now, r.Device,
		box.Seal([]byte(r.Address), addressSeal(session)))
	return err
}

func sessionByHash(ctx context.Context, q sqldb.Querier, hash string) (l live, err error) {
	var expires, created, seen, proved, disabled, confirmed int64
	err = q.QueryRow(ctx, `SELECT s.id, s.user_id, s.expires_at, s.created_at, s.seen_at, s.proved_at, u.operator,
			u.disabled_at, COALESCE(f.confirmed_at, 0)
		FROM account_session s JOIN account_user u ON u.id = s.user_id
		LEFT JOIN signin_factor f ON f.user_id = s.user_id WHERE s.token_hash = ?`, hash).
		Scan(&l.Session, &l.User, &expires, &created, &seen, &proved, &l.Operator, &disabled, &confirmed)
	l.expires, l.created, l.seen = sqldb.FromMillis(expires), sqldb.FromMillis(created), sqldb.FromMillis(seen)
	l.Proved, l.disabled, l.factor = sqldb.FromMillis(proved), disabled > 0, confirmed > 0
	return l, err
}

func scanEnded(s sqldb.Scanner) (e ended, err error) { return e, s.Scan(&e.session, &e.hash) }

// sessionsOf are all of a person's but one.
func sessionsOf(ctx context.Context, q sqldb.Querier, user id.User, but id.Session) ([]ended, error) {
	rows, err := q.Query(ctx, "SELECT id, token_hash FROM account_session WHERE user_id = ? AND id <> ?", user, but)
	return sqldb.Collect(rows, err, scanEnded)
}

// oldest are a person's sessions beyond so many, by when they were used.
func oldest(ctx context.Context, q sqldb.Querier, user id.User, keep int) ([]ended, error) {
	rows, err := q.Query(ctx, `SELECT id, token_hash FROM account_session WHERE user_id = ?
		ORDER BY seen_at DESC, id DESC LIMIT 1000 OFFSET ?`, user, keep)
	return sqldb.Collect(rows, err, scanEnded)
}

// stale is a session that has ended by itself.
type stale struct {
	user id.User
	ended
}

// staleSessions are those that have expired, or else those that nobody used for so long.
func staleSessions(ctx context.Context, q sqldb.Querier, now time.Time, idle time.Duration, n int) ([]stale, error) {
	for column, until := range map[string]time.Time{"expires_at": now, "seen_at": now.Add(-idle)} {
		rows, err := q.Query(ctx, "SELECT user_id, id, token_hash FROM account_session WHERE "+column+
			" <= ? ORDER BY "+column+" LIMIT ?", sqldb.Millis(until), n)
		list, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (x stale, err error) {
			return x, s.Scan(&x.user, &x.session, &x.hash)
		})
		if err != nil || len(list) > 0 {
			return list, err
		}
	}
	return nil, nil
}

func deleteSession(ctx context.Context, tx *sqldb.Tx, user id.User, session id.Session) (bool, error) {
	n, err := tx.Exec(ctx, "DELETE FROM account_session WHERE id = ? AND user_id = ?", session, user)
	return n == 1, err
}

// proveSession notes that the holder of a session has shown who they are.
func proveSession(ctx context.Context, tx *sqldb.Tx, user id.User, session id.Session) ([]ended, error) {
	_, err := tx.Exec(ctx, "UPDATE account_session SET proved_at = ? WHERE id = ? AND user_id = ?",
		sqldb.Millis(tx.Now()), session, user)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, "SELECT id, token_hash FROM account_session WHERE id = ? AND user_id = ?", session, user)
	return sqldb.Collect(rows, err, scanEnded)
}

func setSeen(ctx context.Context, tx *sqldb.Tx, seen map[id.Session]time.Time) error {
	for session, at := range seen {
		_, err := tx.Exec(ctx, "UPDATE account_session SET seen_at = ? WHERE id = ? AND seen_at < ?", sqldb.Millis(at),
			session, sqldb.Millis(at))
		if err != nil {
			return err
		}
	}
	return nil
}

func placesOf(ctx context.Context, q sqldb.Querier, box *secret.Box, user id.User) ([]Place, error) {
	rows, err := q.Query(ctx, `SELECT id, device, address_sealed, seen_at, created_at, expires_at FROM account_session
		WHERE user_id = ? ORDER BY seen_at DESC, id DESC LIMIT 200`, user)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (p Place, err error) {
		var sealed string
		var seen, created, expires int64
		if err := s.Scan(&p.ID, &p.Device, &sealed, &seen, &created, &expires); err != nil {
			return p, err
		}
		p.SeenAt, p.CreatedAt = sqldb.FromMillis(seen), sqldb.FromMillis(created)
		p.ExpiresAt = sqldb.FromMillis(expires)
		if sealed == "" { // of before addresses were kept
			return p, nil
		}
		address, err := box.Open(sealed, addressSeal(p.ID))
		p.Address = string(address)
		return p, err
	})
}
