package account

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
)

const userColumns = "id, email_sealed, display_name, avatar_url, locale, operator, created_at"

func sealName(user id.User) string { return "email " + user.String() }

func insertUser(ctx context.Context, tx *sqldb.Tx, box *secret.Box, u User, hash string) (bool, error) {
	return tx.InsertOnce(ctx,
		`INSERT INTO account_user (id, email_index, email_sealed, display_name, avatar_url, locale, password_hash,
			operator, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		u.ID, box.Index(u.Email, "email"), box.Seal([]byte(u.Email), sealName(u.ID)), u.DisplayName, u.AvatarURL,
		u.Locale, hash, u.Operator, sqldb.Millis(u.CreatedAt))
}

func scanUser(box *secret.Box, more ...any) func(sqldb.Scanner) (User, error) {
	return func(s sqldb.Scanner) (u User, err error) {
		var sealed string
		var created int64
		if err := s.Scan(append([]any{&u.ID, &sealed, &u.DisplayName, &u.AvatarURL, &u.Locale, &u.Operator, &created},
			more...)...); err != nil {
			return u, err
		}
		email, err := box.Open(sealed, sealName(u.ID))
		u.Email, u.CreatedAt = string(email), sqldb.FromMillis(created)
		return u, err
	}
}

func userByID(ctx context.Context, q sqldb.Querier, box *secret.Box, user id.User) (User, error) {
	return scanUser(box)(q.QueryRow(ctx, "SELECT "+userColumns+" FROM account_user WHERE id = ?", user))
}

func userByEmail(ctx context.Context, q sqldb.Querier, box *secret.Box, email string) (u User, hash string, err error) {
	row := q.QueryRow(ctx, "SELECT "+userColumns+", password_hash FROM account_user WHERE email_index = ?",
		box.Index(email, "email"))
	u, err = scanUser(box, &hash)(row)
	return u, hash, err
}

func usersByID(ctx context.Context, q sqldb.Querier, box *secret.Box, users []id.User) (map[id.User]User, error) {
	out := make(map[id.User]User, len(users))
	if len(users) == 0 {
		return out, nil
	}
	rows, err := q.Query(ctx, "SELECT "+userColumns+" FROM account_user WHERE id IN ("+sqldb.Marks(len(users))+")",
		sqldb.Args(users)...)
	found, err := sqldb.Collect(rows, err, scanUser(box))
	for _, u := range found {
		out[u.ID] = u
	}
	return out, err
}

func updateUser(ctx context.Context, tx *sqldb.Tx, user id.User, c Change) error {
	set := func(column string, value any) error {
		_, err := tx.Exec(ctx, "UPDATE account_user SET "+column+" = ? WHERE id = ?", value, user)
		return err
	}
	if c.DisplayName != nil {
		if err := set("display_name", *c.DisplayName); err != nil {
			return err
		}
	}
	if c.AvatarURL != nil {
		if err := set("avatar_url", *c.AvatarURL); err != nil {
			return err
		}
	}
	if c.Locale != nil {
		return set("locale", *c.Locale)
	}
	return nil
}

func insertSession(ctx context.Context, tx *sqldb.Tx, user id.User, hash string, expires time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_session (id, user_id, token_hash, expires_at, created_at)
		VALUES (?, ?, ?, ?, ?)`,
		id.Make[id.Session](tx), user, hash, sqldb.Millis(expires), sqldb.Millis(tx.Now()))
	return err
}

func sessionByHash(ctx context.Context, q sqldb.Querier, hash string) (a httpapi.Actor, expires time.Time, err error) {
	var until int64
	err = q.QueryRow(ctx, `SELECT s.id, s.user_id, s.expires_at, u.operator FROM account_session s
		JOIN account_user u ON u.id = s.user_id WHERE s.token_hash = ?`, hash).Scan(&a.Session, &a.User, &until,
		&a.Operator)
	return a, sqldb.FromMillis(until), err
}

// deleteSession answers the hash of the token of the session that was ended and whose
// it was, "" when it had ended before.
func deleteSession(ctx context.Context, tx *sqldb.Tx, session id.Session) (hash string, user id.User, err error) {
	err = tx.QueryRow(ctx, "SELECT token_hash, user_id FROM account_session WHERE id = ?", session).Scan(&hash, &user)
	if errors.Is(err, sql.ErrNoRows) {
		return "", user, nil
	}
	if err != nil {
		return "", user, err
	}
	n, err := tx.Exec(ctx, "DELETE FROM account_session WHERE id = ?", session)
	if n == 0 {
		hash = ""
	}
	return hash, user, err
}

func addressOwner(address id.Address) string { return address.String() }

func scanAddress(box *secret.Box) func(sqldb.Scanner) (SavedAddress, error) {
	return func(s sqldb.Scanner) (a SavedAddress, err error) {
		var sealed string
		if err := s.Scan(&a.ID, &sealed, &a.Default); err != nil {
			return a, err
		}
		a.Address, err = OpenAddress(box, sealed, addressOwner(a.ID))
		return a, err
	}
}

func addressesOf(ctx context.Context, q sqldb.Querier, box *secret.Box, user id.User) ([]SavedAddress, error) {
	rows, err := q.Query(ctx,
		"SELECT id, sealed, is_default FROM account_address WHERE user_id = ? ORDER BY is_default DESC, id", user)
	return sqldb.Collect(rows, err, scanAddress(box))
}

func addressByID(ctx context.Context, q sqldb.Querier, box *secret.Box, user id.User, address id.Address) (SavedAddress,
	error,
) {
	return scanAddress(box)(q.QueryRow(ctx,
		"SELECT id, sealed, is_default FROM account_address WHERE id = ? AND user_id = ?", address, user))
}

func countAddresses(ctx context.Context, q sqldb.Querier, user id.User) (n int, err error) {
	err = q.QueryRow(ctx, "SELECT COUNT(*) FROM account_address WHERE user_id = ?", user).Scan(&n)
	return n, err
}

func saveAddress(ctx context.Context, tx *sqldb.Tx, box *secret.Box, user id.User, a SavedAddress, fresh bool) error {
	if a.Default {
		if _, err := tx.Exec(ctx, "UPDATE account_address SET is_default = 0 WHERE user_id = ?", user); err != nil {
			return err
		}
	}
	sealed, err := a.Seal(box, addressOwner(a.ID))
	if err != nil {
		return err
	}
	if fresh {
		_, err = tx.Exec(ctx, `INSERT INTO account_address (id, user_id, sealed, is_default, created_at)
			VALUES (?, ?, ?, ?, ?)`,
			a.ID, user, sealed, a.Default, sqldb.Millis(tx.Now()))
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE account_address SET sealed = ?, is_default = ? WHERE id = ? AND user_id = ?", sealed,
		a.Default, a.ID, user)
	return err
}

func deleteAddress(ctx context.Context, tx *sqldb.Tx, user id.User, address id.Address) (int64, error) {
	return tx.Exec(ctx, "DELETE FROM account_address WHERE id = ? AND user_id = ?", address, user)
}

// lockUser makes others who change the book of the same person wait.
func lockUser(ctx context.Context, tx *sqldb.Tx, user id.User) error {
	_, err := tx.Exec(ctx, "UPDATE account_user SET locale = locale WHERE id = ?", user)
	return err
}

func defaultOldest(ctx context.Context, tx *sqldb.Tx, user id.User) error {
	var oldest id.Address
	err := tx.QueryRow(ctx, "SELECT COALESCE(MIN(id), 0) FROM account_address WHERE user_id = ?", user).Scan(&oldest)
	if err != nil || oldest.IsZero() {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE account_address SET is_default = 1 WHERE id = ?", oldest)
	return err
}

// usersBefore lists accounts, newest first, for the operator.
func usersBefore(ctx context.Context, q sqldb.Querier, box *secret.Box, before id.User, limit int) ([]User, error) {
	query, args := "SELECT "+userColumns+" FROM account_user", []any{}
	if !before.IsZero() {
		query, args = query+" WHERE id < ?", append(args, before)
	}
	rows, err := q.Query(ctx, query+" ORDER BY id DESC LIMIT ?", append(args, limit)...)
	return sqldb.Collect(rows, err, scanUser(box))
}
