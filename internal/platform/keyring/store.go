package keyring

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
)

// installation is what a database knows of its key.
type installation struct {
	KeyID  string
	Canary string
}

const only = 1 // the row's id

func known(ctx context.Context, q sqldb.Querier) (i installation, err error) {
	err = q.QueryRow(ctx, "SELECT key_id, canary FROM installation WHERE id = ?", only).Scan(&i.KeyID, &i.Canary)
	if errors.Is(err, sql.ErrNoRows) {
		return installation{}, nil
	}
	return i, err
}

// note writes the row unless another process just did, which has the same key then or
// finds out at its next start.
func note(ctx context.Context, db *sqldb.DB, i installation) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		now := sqldb.Millis(tx.Now())
		_, err := tx.InsertOnce(ctx, `INSERT INTO installation (id, key_id, canary, created_at, proved_at)
			VALUES (?, ?, ?, ?, ?)`, only, i.KeyID, i.Canary, now, now)
		return err
	})
}

// Prove commits: a database that answers may have become one that keeps nothing.
func Prove(ctx context.Context, db *sqldb.DB) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE installation SET proved_at = ? WHERE id = ?", sqldb.Millis(tx.Now()), only)
		return err
	})
}

// value is a sealed one, with what opens it and the text in which it stands.
type value struct {
	key, sealed, context, text string
}

// keyArg is a row's key as an argument: a number where the table's are, since a text
// would be compared as one.
func keyArg(kind module.Sealed, key string) (any, error) {
	if kind.ByName != nil {
		return key, nil
	}
	n, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%s: %q is no key of %s", kind.Kind, key, kind.Table)
	}
	return n, nil
}

func scanValue(kind module.Sealed) func(s sqldb.Scanner) (value, error) {
	return func(s sqldb.Scanner) (v value, err error) {
		if kind.ByName != nil {
			err = s.Scan(&v.key, &v.text)
			v.context = kind.ByName(v.key)
		} else {
			var n int64
			err = s.Scan(&n, &v.text)
			v.key, v.context = strconv.FormatInt(n, 10), kind.ByNumber(n)
		}
		v.sealed = v.text
		if err == nil && kind.Field != "" {
			v.sealed, err = fieldOf(v.text, kind.Field)
		}
		return v, err
	}
}

// fieldOf reads a text of a JSON object, "" where there is none.
func fieldOf(object, field string) (text string, err error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(object), &fields); err != nil || fields[field] == nil {
		return "", err
	}
	return text, json.Unmarshal(fields[field], &text)
}

// withField puts another text there.
func withField(object, field, text string) (string, error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(object), &fields); err != nil {
		return "", err
	}
	raw, err := json.Marshal(text)
	if err != nil {
		return "", err
	}
	fields[field] = raw
	out, err := json.Marshal(fields)
	return string(out), err
}

// read answers values of a kind: rest is a condition and an order.
func read(ctx context.Context, q sqldb.Querier, kind module.Sealed, rest string, args ...any) ([]value, error) {
	query, all := "SELECT "+kind.Key+", "+kind.Column+" FROM "+kind.Table+" WHERE ", []any{}
	if kind.Among != "" {
		query, all = query+kind.Among+" = ? AND ", append(all, kind.Is)
	}
	rows, err := q.Query(ctx, query+rest, append(all, args...)...)
	return sqldb.Collect(rows, err, scanValue(kind))
}

// after reads the values of a kind behind a key, in the order of the keys; "" is before
// the first.
func after(ctx context.Context, q sqldb.Querier, kind module.Sealed, key string, limit int) ([]value, error) {
	order := " ORDER BY " + kind.Key + " LIMIT ?"
	if key == "" {
		return read(ctx, q, kind, "1 = 1"+order, limit)
	}
	arg, err := keyArg(kind, key)
	if err != nil {
		return nil, err
	}
	return read(ctx, q, kind, kind.Key+" > ?"+order, arg, limit)
}

// ends are the first and the last values of a kind, as many of each.
func ends(ctx context.Context, q sqldb.Querier, kind module.Sealed, each int) (out []value, err error) {
	for _, order := range []string{"", " DESC"} {
		some, err := read(ctx, q, kind, kind.Column+" <> '' ORDER BY "+kind.Key+order+" LIMIT ?", each)
		if err != nil {
			return nil, err
		}
		for _, v := range some {
			if v.sealed != "" && !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	return out, nil
}

// turn is a change of keys that was begun: to which key, how far it is.
type turn struct {
	ToKey string
	Kind  string
	After string
	Moved int64
}

func turnOf(ctx context.Context, q sqldb.Querier) (t turn, err error) {
	err = q.QueryRow(ctx, "SELECT to_key, kind, after_key, moved FROM key_rotation WHERE id = ?", only).
		Scan(&t.ToKey, &t.Kind, &t.After, &t.Moved)
	if errors.Is(err, sql.ErrNoRows) {
		return turn{}, nil
	}
	return t, err
}

func begin(ctx context.Context, db *sqldb.DB, to string) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO key_rotation (id, to_key, kind, after_key, moved, started_at)
			VALUES (?, ?, '', '', 0, ?)`, only, to, sqldb.Millis(tx.Now()))
		return err
	})
}

func callOff(ctx context.Context, db *sqldb.DB, to string) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM key_rotation WHERE id = ? AND to_key = ? AND moved = 0", only, to)
		return err
	})
}

// sealedAnew is a value in its new seal.
type sealedAnew struct {
	value
	by, index string
}

// move writes values in their new seal, each over the old one only, and notes how far
// the change is.
func move(ctx context.Context, db *sqldb.DB, kind module.Sealed, values []sealedAnew, to turn) error {
	set := "UPDATE " + kind.Table + " SET " + kind.Column + " = ?"
	if kind.Index != "" {
		set += ", " + kind.Index + " = ?"
	}
	set += " WHERE " + kind.Key + " = ? AND " + kind.Column + " = ?"
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		for _, v := range values {
			args := []any{v.by}
			if kind.Index != "" {
				args = append(args, v.index)
			}
			key, err := keyArg(kind, v.key)
			if err != nil {
				return err
			}
			n, err := tx.Exec(ctx, set, append(args, key, v.text)...)
			if err == nil && n != 1 {
				err = fmt.Errorf("%s: row %s was changed meanwhile: something else writes here", kind.Kind, v.key)
			}
			if err != nil {
				return err
			}
		}
		n, err := tx.Exec(ctx, `UPDATE key_rotation SET kind = ?, after_key = ?, moved = moved + ? WHERE id = ?
			AND to_key = ?`,
			to.Kind, to.After, len(values), only, to.ToKey)
		if err == nil && n != 1 {
			err = errors.New("this change of keys was ended by another")
		}
		return err
	})
}

// turned makes the new key the database's.
func turned(ctx context.Context, db *sqldb.DB, from string, to installation) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE installation SET key_id = ?, canary = ? WHERE id = ? AND key_id = ?", to.KeyID,
			to.Canary, only, from)
		if err == nil && n != 1 {
			err = errors.New("this change of keys was ended by another")
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "DELETE FROM key_rotation WHERE id = ? AND to_key = ?", only, to.KeyID)
		return err
	})
}
