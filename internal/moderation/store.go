package moderation

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

func wordsOf(ctx context.Context, q sqldb.Querier, shop id.Shop) ([]Word, error) {
	rows, err := q.Query(ctx, "SELECT id, shop_id, word, action FROM banned_word WHERE shop_id = ? ORDER BY id DESC",
		shop)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (w Word, err error) {
		var action string
		if err := s.Scan(&w.ID, &w.Shop, &w.Text, &action); err != nil {
			return w, err
		}
		w.Action, err = ParseAction(action)
		return w, err
	})
}

func countWords(ctx context.Context, q sqldb.Querier, shop id.Shop) (n int, err error) {
	err = q.QueryRow(ctx, "SELECT COUNT(*) FROM banned_word WHERE shop_id = ?", shop).Scan(&n)
	return n, err
}

// lockWords makes others who add to the same list wait. A list that is empty has
// nothing to wait at, and is far from full.
func lockWords(ctx context.Context, tx *sqldb.Tx, shop id.Shop) error {
	var oldest id.Word
	err := tx.QueryRow(ctx, "SELECT COALESCE(MIN(id), 0) FROM banned_word WHERE shop_id = ?", shop).Scan(&oldest)
	if err != nil || oldest.IsZero() {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE banned_word SET action = action WHERE id = ?", oldest)
	return err
}

// putWord adds a word or changes what is done about it.
func putWord(ctx context.Context, tx *sqldb.Tx, w Word) (known id.Word, err error) {
	err = tx.Put(ctx, sqldb.Row{
		Table: "banned_word", Keys: []string{"shop_id", "word"}, Set: []string{"action"},
		First: []string{"id", "created_at"},
	}, w.Shop, w.Text, w.Action.String(), id.Make[id.Word](tx), sqldb.Millis(tx.Now()))
	if err != nil {
		return known, err
	}
	err = tx.QueryRow(ctx, "SELECT id FROM banned_word WHERE shop_id = ? AND word = ?", w.Shop, w.Text).Scan(&known)
	return known, err
}

func deleteWord(ctx context.Context, tx *sqldb.Tx, shop id.Shop, word id.Word) error {
	_, err := tx.Exec(ctx, "DELETE FROM banned_word WHERE id = ? AND shop_id = ?", word, shop)
	return err
}

const (
	muted  = "mute"
	banned = "ban"
)

func putSilence(ctx context.Context, tx *sqldb.Tx, x Silence) error {
	kind := muted
	if x.Banned {
		kind = banned
	}
	return tx.Upsert(ctx, "restriction", []string{"shop_id", "user_id"}, []string{
		"kind", "`until`", "by_id", "reason",
		"created_at",
	},
		x.Shop, x.User, kind, sqldb.Millis(x.Until), x.By, x.Reason, sqldb.Millis(tx.Now()))
}

func deleteSilence(ctx context.Context, tx *sqldb.Tx, shop id.Shop, user id.User) (bool, error) {
	n, err := tx.Exec(ctx, "DELETE FROM restriction WHERE shop_id = ? AND user_id = ?", shop, user)
	return n > 0, err
}

// until is a word of TiDB.
const silenceColumns = "shop_id, user_id, kind, `until`, by_id, reason, created_at"

func scanSilence(s sqldb.Scanner) (x Silence, err error) {
	var kind string
	var until, at int64
	err = s.Scan(&x.Shop, &x.User, &kind, &until, &x.By, &x.Reason, &at)
	x.Banned, x.Until, x.At = kind == banned, sqldb.FromMillis(until), sqldb.FromMillis(at)
	return x, err
}

func silenceOf(ctx context.Context, q sqldb.Querier, shop id.Shop, user id.User) (Silence, error) {
	return scanSilence(q.QueryRow(ctx, "SELECT "+silenceColumns+" FROM restriction WHERE shop_id = ? AND user_id = ?",
		shop, user))
}

const silencesMax = 500

func silencesIn(ctx context.Context, q sqldb.Querier, shop id.Shop, now time.Time) ([]Silence, error) {
	rows, err := q.Query(ctx, "SELECT "+silenceColumns+
		" FROM restriction WHERE shop_id = ? AND (`until` = 0 OR `until` > ?) ORDER BY created_at DESC LIMIT ?",
		shop, sqldb.Millis(now), silencesMax)
	return sqldb.Collect(rows, err, scanSilence)
}
