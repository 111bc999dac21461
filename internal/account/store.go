package account

import (
	"context"
	"strings"

	"hawker/internal/base/id"
	"hawker/internal/naming"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
)

const userColumns = "id, email_sealed, display_name, avatar_url, locale, operator, created_at, verified_at, disabled_at"

// emailIndex is the purpose of the index by which an address is found.
const emailIndex = "email"

func sealName(user id.User) string { return "email " + user.String() }

func insertUser(ctx context.Context, tx *sqldb.Tx, box *secret.Box, u User, hash string) (bool, error) {
	return tx.InsertOnce(ctx,
		`INSERT INTO account_user (id, email_index, email_sealed, display_name, avatar_url, locale, password_hash,
			operator, created_at, verified_at, name_key)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		u.ID, box.Index(u.Email, emailIndex), box.Seal([]byte(u.Email), sealName(u.ID)), u.DisplayName, u.AvatarURL,
		u.Locale, hash, u.Operator, sqldb.Millis(u.CreatedAt), sqldb.Millis(u.VerifiedAt), naming.Key(u.DisplayName))
}

func scanUser(box *secret.Box, more ...any) func(sqldb.Scanner) (User, error) {
	return func(s sqldb.Scanner) (u User, err error) {
		var sealed string
		var created, verified, disabled int64
		if err := s.Scan(append([]any{
			&u.ID, &sealed, &u.DisplayName, &u.AvatarURL, &u.Locale, &u.Operator, &created, &verified, &disabled,
		}, more...)...); err != nil {
			return u, err
		}
		u.VerifiedAt, u.DisabledAt = sqldb.FromMillis(verified), sqldb.FromMillis(disabled)
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
		box.Index(email, emailIndex))
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

func hashOf(ctx context.Context, q sqldb.Querier, user id.User) (hash string, err error) {
	err = q.QueryRow(ctx, "SELECT password_hash FROM account_user WHERE id = ?", user).Scan(&hash)
	return hash, err
}

func setUser(ctx context.Context, tx *sqldb.Tx, user id.User, column string, value any) error {
	_, err := tx.Exec(ctx, "UPDATE account_user SET "+column+" = ? WHERE id = ?", value, user)
	return err
}

func updateUser(ctx context.Context, tx *sqldb.Tx, user id.User, c Change) error {
	if c.DisplayName != nil {
		if err := setName(ctx, tx, user, *c.DisplayName); err != nil {
			return err
		}
	}
	if c.AvatarURL != nil {
		if err := setUser(ctx, tx, user, "avatar_url", *c.AvatarURL); err != nil {
			return err
		}
	}
	if c.Locale != nil {
		return setUser(ctx, tx, user, "locale", *c.Locale)
	}
	return nil
}

func setName(ctx context.Context, tx *sqldb.Tx, user id.User, name string) error {
	_, err := tx.Exec(ctx, "UPDATE account_user SET display_name = ?, name_key = ? WHERE id = ?", name,
		naming.Key(name),
		user)
	return err
}

// holdUser locks a person's row if they may come in by a credential.
func holdUser(ctx context.Context, tx *sqldb.Tx, user id.User, hash string) (bool, error) {
	n, err := tx.Exec(ctx,
		"UPDATE account_user SET locale = locale WHERE id = ? AND password_hash = ? AND disabled_at = 0", user, hash)
	return n == 1, err
}

func setEmail(ctx context.Context, tx *sqldb.Tx, box *secret.Box, user id.User, email string) (bool, error) {
	return tx.InsertOnce(ctx,
		"UPDATE account_user SET email_index = ?, email_sealed = ?, verified_at = ? WHERE id = ?",
		box.Index(email, emailIndex), box.Seal([]byte(email), sealName(user)), sqldb.Millis(tx.Now()), user)
}

func setVerified(ctx context.Context, tx *sqldb.Tx, box *secret.Box, user id.User, email string) error {
	_, err := tx.Exec(ctx,
		"UPDATE account_user SET verified_at = ? WHERE id = ? AND email_index = ? AND verified_at = 0",
		sqldb.Millis(tx.Now()), user, box.Index(email, emailIndex))
	return err
}

// lockOperators takes the row of the installation, which everybody who makes or unmakes
// an operator takes first.
func lockOperators(ctx context.Context, tx *sqldb.Tx) error {
	_, err := tx.Exec(ctx, "UPDATE installation SET proved_at = proved_at WHERE id = 1")
	return err
}

func countOperators(ctx context.Context, q sqldb.Querier) (n int, err error) {
	err = q.QueryRow(ctx, "SELECT COUNT(*) FROM account_user WHERE operator = 1 AND disabled_at = 0").Scan(&n)
	return n, err
}

// unkeyed are people whose names have no key yet.
func unkeyed(ctx context.Context, q sqldb.Querier, limit int) (map[id.User]string, error) {
	type named struct {
		user id.User
		name string
	}
	rows, err := q.Query(ctx, "SELECT id, display_name FROM account_user WHERE name_key = '' LIMIT ?", limit)
	list, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (n named, err error) {
		return n, s.Scan(&n.user, &n.name)
	})
	out := make(map[id.User]string, len(list))
	for _, n := range list {
		out[n.user] = n.name
	}
	return out, err
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
func usersBefore(ctx context.Context, q sqldb.Querier, box *secret.Box, f Find, before id.User) ([]User, error) {
	query, args := "SELECT "+userColumns+" FROM account_user WHERE 1 = 1", []any{}
	if !before.IsZero() {
		query, args = query+" AND id < ?", append(args, before)
	}
	if f.Text != "" {
		text := strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(f.Text)
		query, args = query+" AND display_name LIKE ? ESCAPE '!'", append(args, text+"%")
	}
	rows, err := q.Query(ctx, query+" ORDER BY id DESC LIMIT ?", append(args, f.Size()+1)...)
	return sqldb.Collect(rows, err, scanUser(box))
}
