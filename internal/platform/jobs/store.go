package jobs

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/span"
	"hawker/internal/platform/sqldb"
)

// States of a job. Done is no state: the row is deleted.
const (
	stateReady   = 0
	stateRunning = 1
	stateDead    = 2
)

var errLeaseLost = errors.New("the job's lease was lost")

func insertJob(ctx context.Context, tx *sqldb.Tx, j Job, payload string) error {
	key := sql.NullString{String: j.Key, Valid: j.Key != ""}
	fresh, err := tx.InsertOnce(ctx, `INSERT INTO job (id, kind, unique_key, payload, state, due_at, created_at,
		traceparent) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, id.Make[id.Job](tx), j.Kind, key, payload, stateReady,
		sqldb.Millis(j.At), sqldb.Millis(tx.Now()), span.Parent(ctx))
	if err != nil || fresh {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE job SET state = ?, attempts = 0, payload = ?, due_at = ?, created_at = ?,
		traceparent = ? WHERE unique_key = ? AND state = ?`, stateReady, payload, sqldb.Millis(j.At),
		sqldb.Millis(tx.Now()), span.Parent(ctx), j.Key, stateDead)
	return err
}

// nextDue answers when the earliest job of a kind can be claimed: when it is due,
// or when the lease of who works at it lapses. Zero when there is none.
func nextDue(ctx context.Context, q sqldb.Querier, kind string) (time.Time, error) {
	var ready, lapses sql.NullInt64
	err := q.QueryRow(ctx, `SELECT (SELECT MIN(due_at) FROM job WHERE kind = ? AND state = ?),
		(SELECT MIN(lease_until) FROM job WHERE kind = ? AND state = ?)`,
		kind, stateReady, kind, stateRunning).Scan(&ready, &lapses)
	if err != nil || !ready.Valid && !lapses.Valid {
		return time.Time{}, err
	}
	next := ready.Int64
	if !ready.Valid || lapses.Valid && lapses.Int64+1 < next {
		next = lapses.Int64 + 1 // a lease holds up to and with its end
	}
	return time.UnixMilli(next).UTC(), nil
}

// claim takes one job by the portable way: read a candidate, put a token on it
// under a guard, and see whether the row was still free. A lapsed lease counts
// as free, unless the tries are used up.
func claim(ctx context.Context, db *sqldb.DB, k Kind) (r Run, ok bool, err error) {
	err = db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		r, ok = Run{token: id.Token()}, false
		now := sqldb.Millis(tx.Now())
		row := tx.QueryRow(ctx, `SELECT id, attempts, payload, created_at, traceparent FROM job WHERE kind = ? AND ((state = ?
			AND due_at <= ?)
			OR (state = ? AND lease_until < ?)) ORDER BY due_at, id LIMIT 1`,
			k.Name, stateReady, now, stateRunning, now)
		var since int64
		if err := row.Scan(&r.ID, &r.Attempt, &r.payload, &since, &r.trace); errors.Is(err, sql.ErrNoRows) {
			return nil
		} else if err != nil {
			return err
		}
		r.Since = sqldb.FromMillis(since)
		if r.Attempt >= k.Tries {
			// The last try ended its worker and nobody was left to say that it failed; or it
			// failed when a program that gave it more tries had it.
			// MySQL assigns from left to right: the state last.
			_, err := tx.Exec(ctx, `UPDATE job SET last_error = CASE WHEN state = ? THEN ? ELSE last_error END,
				token = '', state = ? WHERE id = ? AND attempts = ? AND (state = ? OR (state = ? AND lease_until < ?))`,
				stateRunning, "the worker of the last try died", stateDead, r.ID, r.Attempt, stateReady, stateRunning,
				now)
			return err
		}
		r.Attempt++
		n, err := tx.Exec(ctx, `UPDATE job SET state = ?, token = ?, lease_until = ?, attempts = ? WHERE id = ?
			AND attempts = ? AND (state = ? OR (state = ? AND lease_until < ?))`,
			stateRunning, r.token, sqldb.Millis(tx.Now().Add(k.Lease)), r.Attempt, r.ID, r.Attempt-1, stateReady,
			stateRunning, now)
		ok = n == 1
		return err
	})
	return r, ok && err == nil, err
}

func extend(ctx context.Context, db *sqldb.DB, r Run, lease time.Duration) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE job SET lease_until = ? WHERE id = ? AND token = ?",
			sqldb.Millis(tx.Now().Add(lease)), r.ID, r.token)
		if err == nil && n == 0 {
			return errLeaseLost
		}
		return err
	})
}

func setProgress(ctx context.Context, db *sqldb.DB, job id.Job, token string, percent int) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE job SET progress = ? WHERE id = ? AND token = ?", percent, job, token)
		return err
	})
}

func finish(ctx context.Context, db *sqldb.DB, r Run) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM job WHERE id = ? AND token = ?", r.ID, r.token)
		return err
	})
}

func release(ctx context.Context, db *sqldb.DB, r Run) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE job SET state = ?, token = '', attempts = attempts - 1 WHERE id = ?
			AND token = ?`, stateReady, r.ID, r.token)
		return err
	})
}

// putOff lets a job wait as if it had not been tried.
func putOff(ctx context.Context, db *sqldb.DB, r Run, wait time.Duration, cause error) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE job SET state = ?, token = '', attempts = attempts - 1, due_at = ?,
			last_error = ?
			WHERE id = ? AND token = ?`,
			stateReady, sqldb.Millis(tx.Now().Add(wait)), sqldb.Cut(cause.Error(), errorMax), r.ID, r.token)
		return err
	})
}

func hasten(ctx context.Context, tx *sqldb.Tx, key string) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE job SET due_at = ?, created_at = ? WHERE unique_key = ? AND state = ?",
		sqldb.Millis(tx.Now()), sqldb.Millis(tx.Now()), key, stateReady)
	return n > 0, err
}

func postpone(ctx context.Context, db *sqldb.DB, r Run, wait time.Duration, dead bool, cause error) error {
	state := stateReady
	if dead {
		state = stateDead
	}
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE job SET state = ?, token = '', due_at = ?, last_error = ? WHERE id = ?
			AND token = ?`,
			state, sqldb.Millis(tx.Now().Add(wait)), sqldb.Cut(cause.Error(), errorMax), r.ID, r.token)
		return err
	})
}

// Dead counts jobs that used up their tries.
func Dead(ctx context.Context, q sqldb.Querier) (n int, err error) {
	err = q.QueryRow(ctx, "SELECT COUNT(*) FROM job WHERE state = ?", stateDead).Scan(&n)
	return n, err
}

const errorMax = 900 // bytes of last_error

// DeadJob is a job that used up its tries.
type DeadJob struct {
	ID        id.Job
	Kind      string
	Key       string
	At        time.Time // when it was made
	Attempts  int
	LastError string
}

// ListDead gives jobs that used up their tries, the newest first; before continues.
func ListDead(ctx context.Context, q sqldb.Querier, before id.Job, limit int) ([]DeadJob, error) {
	query, args := `SELECT id, kind, COALESCE(unique_key, ''), created_at, attempts, last_error FROM job
		WHERE state = ?`, []any{stateDead}
	if !before.IsZero() {
		query, args = query+" AND id < ?", append(args, before)
	}
	rows, err := q.Query(ctx, query+" ORDER BY id DESC LIMIT ?", append(args, limit)...)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (d DeadJob, err error) {
		var at int64
		err = s.Scan(&d.ID, &d.Kind, &d.Key, &at, &d.Attempts, &d.LastError)
		d.At = sqldb.FromMillis(at)
		return d, err
	})
}

// Requeue has a job that used up its tries done again. Fault jobs.not_dead.
func Requeue(ctx context.Context, db *sqldb.DB, job id.Job) error {
	now := sqldb.Millis(db.Clock().Now())
	return change(ctx, db, `UPDATE job SET state = ?, attempts = 0, due_at = ?, created_at = ? WHERE id = ?
		AND state = ?`,
		stateReady, now, now, job, stateDead)
}

// Discard drops a job that used up its tries. Fault jobs.not_dead.
func Discard(ctx context.Context, db *sqldb.DB, job id.Job) error {
	return change(ctx, db, "DELETE FROM job WHERE id = ? AND state = ?", job, stateDead)
}

func change(ctx context.Context, db *sqldb.DB, query string, args ...any) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, query, args...)
		if err == nil && n == 0 {
			return fault.NotFound("jobs.not_dead")
		}
		return err
	})
}
