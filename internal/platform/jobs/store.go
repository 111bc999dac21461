package jobs

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"hawker/internal/base/id"
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
	_, err := tx.InsertOnce(ctx,
		"INSERT INTO job (id, kind, unique_key, payload, state, due_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		id.Make[id.Job](tx), j.Kind, key, payload, stateReady, sqldb.Millis(j.At), sqldb.Millis(tx.Now()))
	return err
}

func anyDue(ctx context.Context, q sqldb.Querier, kind string, now time.Time) (bool, error) {
	ms := sqldb.Millis(now)
	var one int
	err := q.QueryRow(ctx, `SELECT 1 FROM job WHERE kind = ? AND ((state = ? AND due_at <= ?) OR (state = ?
		AND lease_until < ?)) LIMIT 1`,
		kind, stateReady, ms, stateRunning, ms).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// claim takes one job by the portable way: read a candidate, put a token on it
// under a guard, and see whether the row was still free. A lapsed lease counts
// as free, unless the tries are used up.
func claim(ctx context.Context, db *sqldb.DB, k kind) (r Run, ok bool, err error) {
	err = db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		r, ok = Run{token: id.Token()}, false
		now := sqldb.Millis(tx.Now())
		row := tx.QueryRow(ctx, `SELECT id, attempts, payload FROM job WHERE kind = ? AND ((state = ? AND due_at <= ?)
			OR (state = ? AND lease_until < ?)) ORDER BY due_at, id LIMIT 1`,
			k.name, stateReady, now, stateRunning, now)
		if err := row.Scan(&r.ID, &r.Attempt, &r.payload); errors.Is(err, sql.ErrNoRows) {
			return nil
		} else if err != nil {
			return err
		}
		if r.Attempt >= k.opts.Tries { // the last try ended its worker: nobody was left to say that it failed
			_, err := tx.Exec(ctx, `UPDATE job SET state = ?, token = '', last_error = ? WHERE id = ? AND attempts = ?
				AND state = ? AND lease_until < ?`,
				stateDead, "the worker of the last try died", r.ID, r.Attempt, stateRunning, now)
			return err
		}
		r.Attempt++
		n, err := tx.Exec(ctx, `UPDATE job SET state = ?, token = ?, lease_until = ?, attempts = ? WHERE id = ?
			AND attempts = ? AND (state = ? OR (state = ? AND lease_until < ?))`,
			stateRunning, r.token, sqldb.Millis(tx.Now().Add(k.opts.Lease)), r.Attempt, r.ID, r.Attempt-1, stateReady,
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

func giveBack(ctx context.Context, db *sqldb.DB, r Run) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE job SET state = ?, token = '', attempts = attempts - 1 WHERE id = ?
			AND token = ?`, stateReady, r.ID, r.token)
		return err
	})
}

func postpone(ctx context.Context, db *sqldb.DB, r Run, wait time.Duration, dead bool, cause error) error {
	state := stateReady
	if dead {
		state = stateDead
	}
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		text := cause.Error()
		text = strings.ToValidUTF8(text[:min(len(text), 900)], "") // MySQL refuses half a letter
		_, err := tx.Exec(ctx, `UPDATE job SET state = ?, token = '', due_at = ?, last_error = ? WHERE id = ?
			AND token = ?`,
			state, sqldb.Millis(tx.Now().Add(wait)), text, r.ID, r.token)
		return err
	})
}

// Dead counts jobs that used up their tries.
func Dead(ctx context.Context, q sqldb.Querier) (n int, err error) {
	err = q.QueryRow(ctx, "SELECT COUNT(*) FROM job WHERE state = ?", stateDead).Scan(&n)
	return n, err
}
