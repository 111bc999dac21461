package signin

import (
	"context"
	"database/sql"
	"errors"

	"hawker/internal/base/id"
	"hawker/internal/platform/module"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/totp"
)

func factorSeal(user id.User) string { return "second factor " + user.String() }

// factorOf is somebody's second factor, the zero one where there is none.
func factorOf(ctx context.Context, q sqldb.Querier, box *secret.Box, user id.User) (f factor, err error) {
	var confirmed int64
	err = q.QueryRow(ctx, "SELECT secret_sealed, confirmed_at FROM signin_factor WHERE user_id = ?", user).
		Scan(&f.sealed, &confirmed)
	if errors.Is(err, sql.ErrNoRows) {
		return factor{}, nil
	}
	if err != nil {
		return f, err
	}
	raw, err := box.Open(f.sealed, factorSeal(user))
	f.secret, f.confirmed = string(raw), sqldb.FromMillis(confirmed)
	return f, err
}

// putFactor keeps a secret that is not confirmed yet, in place of another such.
func putFactor(ctx context.Context, tx *sqldb.Tx, box *secret.Box, user id.User, key string) (bool, error) {
	if _, err := tx.Exec(ctx, "DELETE FROM signin_factor WHERE user_id = ? AND confirmed_at = 0", user); err != nil {
		return false, err
	}
	return tx.InsertOnce(ctx, `INSERT INTO signin_factor (user_id, secret_sealed, confirmed_at, last_step, created_at)
		VALUES (?, ?, 0, 0, ?)`, user, box.Seal([]byte(key), factorSeal(user)), sqldb.Millis(tx.Now()))
}

// confirmFactor is called under the person's lock.
func confirmFactor(ctx context.Context, tx *sqldb.Tx, user id.User, step int64) error {
	_, err := tx.Exec(ctx,
		"UPDATE signin_factor SET confirmed_at = ?, last_step = ? WHERE user_id = ? AND confirmed_at = 0",
		sqldb.Millis(tx.Now()), step, user)
	return err
}

// takeStep is true for a code that is later than all that were right before.
func takeStep(ctx context.Context, tx *sqldb.Tx, user id.User, step int64) (bool, error) {
	n, err := tx.Exec(ctx,
		"UPDATE signin_factor SET last_step = ? WHERE user_id = ? AND confirmed_at > 0 AND last_step < ?", step, user,
		step)
	return n == 1, err
}

func deleteFactor(ctx context.Context, tx *sqldb.Tx, user id.User) (bool, error) {
	if _, err := tx.Exec(ctx, "DELETE FROM signin_recovery_code WHERE user_id = ?", user); err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, "DELETE FROM signin_factor WHERE user_id = ? AND confirmed_at > 0", user)
	return n == 1, err
}

func codeHash(user id.User, code string) string { return tokenHash(user.String() + " " + code) }

func setCodes(ctx context.Context, tx *sqldb.Tx, user id.User, codes []string) error {
	if _, err := tx.Exec(ctx, "DELETE FROM signin_recovery_code WHERE user_id = ?", user); err != nil {
		return err
	}
	for _, c := range codes {
		_, err := tx.Exec(ctx, "INSERT INTO signin_recovery_code (user_id, code_hash) VALUES (?, ?)", user,
			codeHash(user, totp.Plain(c)))
		if err != nil {
			return err
		}
	}
	return nil
}

func takeCode(ctx context.Context, tx *sqldb.Tx, user id.User, code string) (bool, error) {
	n, err := tx.Exec(ctx, "DELETE FROM signin_recovery_code WHERE user_id = ? AND code_hash = ?", user,
		codeHash(user, code))
	return n == 1, err
}

func countCodes(ctx context.Context, q sqldb.Querier, user id.User) (n int, err error) {
	err = q.QueryRow(ctx, "SELECT COUNT(*) FROM signin_recovery_code WHERE user_id = ?", user).Scan(&n)
	return n, err
}

// Sealed is what the module seals.
func Sealed() []module.Sealed {
	return []module.Sealed{
		{
			Kind: "second factors", Table: "signin_factor", Key: "user_id", Column: "secret_sealed",
			ByNumber: func(n int64) string { return factorSeal(id.FromInt[id.User](n)) },
		},
		{
			Kind: "addresses of sessions", Table: "account_session", Key: "id", Column: "address_sealed",
			ByNumber: func(n int64) string { return addressSeal(id.FromInt[id.Session](n)) },
		},
	}
}
