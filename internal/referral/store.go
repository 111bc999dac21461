package referral

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

type store struct{ tx *sqldb.Tx }

// ensureDistributor gives a user a place in the tree; everybody may promote.
func (s store) ensureDistributor(ctx context.Context, user id.User) error {
	var n int
	if err := s.tx.QueryRow(ctx, `SELECT COUNT(*) FROM distributor WHERE user_id = ?`, user).Scan(&n); err != nil ||
		n > 0 {
		return err
	}
	_, err := s.tx.InsertOnce(ctx, `INSERT INTO distributor (user_id, created_at) VALUES (?, ?)`, user,
		sqldb.Millis(s.tx.Now()))
	return err
}

// lockTree makes moves of the tree wait for one another.
func (s store) lockTree(ctx context.Context) error {
	_, err := s.tx.Exec(ctx, `UPDATE distribution_tree SET moves = moves + 1 WHERE id = 1`)
	return err
}

func (s store) distributor(ctx context.Context, user id.User) (p distributor, err error) {
	return readDistributor(ctx, s.tx, user)
}

func readDistributor(ctx context.Context, q sqldb.Querier, user id.User) (p distributor, err error) {
	var at, until int64
	err = q.QueryRow(ctx, `SELECT parent_id, bound_at, bound_until, disabled FROM distributor WHERE user_id = ?`, user).
		Scan(&p.parent, &at, &until, &p.disabled)
	if errors.Is(err, sql.ErrNoRows) {
		return distributor{}, nil
	}
	p.boundAt, p.boundUntil = sqldb.FromMillis(at), sqldb.FromMillis(until)
	return p, err
}

// setParent binds unless a binding is in force.
func (s store) setParent(ctx context.Context, user, parent id.User, until time.Time, source string) (bool, error) {
	now := sqldb.Millis(s.tx.Now())
	n, err := s.tx.Exec(ctx, `UPDATE distributor SET parent_id = ?, bound_at = ?, bound_until = ?, bind_source = ?
		WHERE user_id = ? AND (parent_id = 0 OR (bound_until > 0 AND bound_until <= ?))`,
		parent, now, sqldb.Millis(until), source, user, now)
	return n == 1, err
}

func (s store) insertBindEvent(ctx context.Context, user, old, parent id.User, source string) error {
	_, err := s.tx.Exec(ctx,
		`INSERT INTO bind_event (id, user_id, old_parent, new_parent, source, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		s.tx.NextID(), user, old, parent, source, sqldb.Millis(s.tx.Now()))
	return err
}

func (s store) setDisabled(ctx context.Context, user id.User, disabled bool) error {
	flag := 0
	if disabled {
		flag = 1
	}
	_, err := s.tx.Exec(ctx, `UPDATE distributor SET disabled = ? WHERE user_id = ?`, flag, user)
	return err
}

// ownerOf finds whose code it is, or none.
func (s store) ownerOf(ctx context.Context, code string) (id.User, error) {
	return readOwner(ctx, s.tx, code)
}

func readOwner(ctx context.Context, q sqldb.Querier, code string) (user id.User, err error) {
	if code == "" || len(code) > codeMax {
		return id.User{}, nil
	}
	err = q.QueryRow(ctx, `SELECT user_id FROM share_link WHERE code = ?`, code).Scan(&user)
	if errors.Is(err, sql.ErrNoRows) {
		return id.User{}, nil
	}
	return user, err
}

func findLink(ctx context.Context, q sqldb.Querier, user id.User, t Target) (code string, err error) {
	kind, number := t.stored()
	err = q.QueryRow(ctx, `SELECT code FROM share_link WHERE user_id = ? AND target_kind = ? AND target_id = ?`, user,
		kind, number).Scan(&code)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return code, err
}

func (s store) insertLink(ctx context.Context, user id.User, t Target, code string) (bool, error) {
	kind, number := t.stored()
	return s.tx.InsertOnce(ctx,
		`INSERT INTO share_link (id, code, user_id, target_kind, target_id, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		id.Make[id.Link](s.tx), code, user, kind, number, sqldb.Millis(s.tx.Now()))
}

func linkTarget(ctx context.Context, q sqldb.Querier, code string) (t Target, known bool, err error) {
	var kind string
	var number int64
	err = q.QueryRow(ctx, `SELECT target_kind, target_id FROM share_link WHERE code = ?`, code).Scan(&kind, &number)
	if errors.Is(err, sql.ErrNoRows) {
		return Target{}, false, nil
	}
	return targetOf(kind, number), err == nil, err
}

func (s store) countVisit(ctx context.Context, code string) error {
	_, err := s.tx.Exec(ctx, `UPDATE share_link SET visits = visits + 1 WHERE code = ?`, code)
	return err
}

// teamRow is one person of a promoter's team.
type teamRow struct {
	user    id.User
	level   int
	boundAt time.Time
}

// team lists who was brought by the user (level 1) and by those (level 2), the
// latest first.
func team(ctx context.Context, q sqldb.Querier, user id.User, now time.Time, limit int) ([]teamRow, error) {
	ms := sqldb.Millis(now)
	rows, err := q.Query(ctx, `SELECT t.user_id, t.level, t.bound_at FROM (
		SELECT user_id, 1 AS level, bound_at FROM distributor WHERE parent_id = ? AND (bound_until = 0
		OR bound_until > ?)
		UNION ALL SELECT b.user_id, 2, b.bound_at FROM distributor a JOIN distributor b ON b.parent_id = a.user_id
			WHERE a.parent_id = ? AND (a.bound_until = 0 OR a.bound_until > ?) AND (b.bound_until = 0
			OR b.bound_until > ?)) t
		ORDER BY t.bound_at DESC, t.user_id DESC LIMIT ?`, user, ms, user, ms, ms, limit)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (r teamRow, err error) {
		var at int64
		err = s.Scan(&r.user, &r.level, &at)
		r.boundAt = sqldb.FromMillis(at)
		return r, err
	})
}
