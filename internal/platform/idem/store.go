// Package idem makes a command that is sent twice happen once. The answer is
// stored under the client's key in the transaction of the effect itself, so
// there is no moment at which one exists without the other.
package idem

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/sqldb"
)

// Key names one intent of one caller.
type Key struct {
	Scope string // operation and caller, so that keys of two users never meet
	Value string // from the client
	Hash  string // of the request's content
}

// NewKey hashes the content of a request.
func NewKey(operation, caller, value string, content any) (Key, error) {
	raw, err := json.Marshal(content)
	if err != nil {
		return Key{}, err
	}
	sum := sha256.Sum256(raw)
	return Key{Scope: operation + ":" + caller, Value: value, Hash: hex.EncodeToString(sum[:])}, nil
}

// Fresh is the key of an intent that nobody can repeat.
func Fresh(scope string) Key { return Key{Scope: scope, Value: id.Token()} }

// Once runs fn in a transaction, unless the same key was answered before: then
// it gives that answer again. The same key with other content is a conflict.
func Once[T any](ctx context.Context, db *sqldb.DB, key Key, fn func(ctx context.Context, tx *sqldb.Tx) (T, error)) (T,
	error,
) {
	var answer T
	err := db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		var zero T
		answer = zero
		found, err := recall(ctx, tx, key, &answer)
		if found || err != nil {
			return err
		}
		if answer, err = fn(ctx, tx); err != nil {
			return err
		}
		return remember(ctx, tx, key, answer)
	})
	if err == nil {
		return answer, nil
	}
	// The same key may have been answered beside us. Then its note was in our way, or
	// what it did was, which no rule knows to be the same intent: its answer is ours.
	var other T
	if found, rerr := recall(ctx, db.Reader(), key, &other); found {
		return other, rerr
	}
	return answer, err
}

// Answered gives the answer under a key, if there is one: what asks others before it may do
// its part looks here first. The same key with other content is a conflict.
func Answered[T any](ctx context.Context, q sqldb.Querier, key Key) (answer T, found bool, err error) {
	found, err = recall(ctx, q, key, &answer)
	return answer, found, err
}

func recall(ctx context.Context, q sqldb.Querier, key Key, answer any) (bool, error) {
	var hash, raw string
	err := q.QueryRow(ctx, "SELECT request_hash, answer FROM idempotency WHERE scope = ? AND idem_key = ?", key.Scope,
		key.Value).Scan(&hash, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if hash != key.Hash {
		return true, fault.Conflict("request.idempotency_key_reused")
	}
	return true, json.Unmarshal([]byte(raw), answer)
}

func remember(ctx context.Context, tx *sqldb.Tx, key Key, answer any) error {
	raw, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO idempotency (scope, idem_key, request_hash, answer, created_at)
		VALUES (?, ?, ?, ?, ?)`,
		key.Scope, key.Value, key.Hash, string(raw), sqldb.Millis(tx.Now()))
	return err
}

// Keep is how long an answer can be asked for again.
const Keep = 7 * 24 * time.Hour

// Task forgets answers older than Keep.
func Task(db *sqldb.DB) schedule.Task {
	return schedule.Task{
		Name: "idem.answers", Next: sqldb.Oldest("idempotency", "created_at", Keep),
		Do: func(ctx context.Context) error {
			return sqldb.Prune(ctx, db, "idempotency", "created_at", db.Clock().Now().Add(-Keep))
		},
	}
}
