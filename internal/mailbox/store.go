package mailbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/module"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
)

var errNoCode = errors.New("mailbox: no such code")

func codeSeal(code id.MailCode) string { return "mailbox code " + code.String() }

// putCode keeps a code in place of an earlier one for the same.
func putCode(ctx context.Context, tx *sqldb.Tx, box *secret.Box, e errand, hash string) error {
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if !e.User.IsZero() {
		_, err := tx.Exec(ctx, "DELETE FROM mailbox_code WHERE user_id = ? AND purpose = ?", e.User, e.Purpose)
		if err != nil {
			return err
		}
	}
	code := id.Make[id.MailCode](tx)
	_, err = tx.Exec(ctx, `INSERT INTO mailbox_code (id, user_id, purpose, code_hash, sealed, expires_at)
		VALUES (?, ?, ?, ?, ?, ?)`, code, e.User, e.Purpose, hash, box.Seal(raw, codeSeal(code)),
		sqldb.Millis(tx.Now().Add(e.Purpose.codeFor())))
	return err
}

func codeByHash(ctx context.Context, q sqldb.Querier, box *secret.Box, hash string, now time.Time) (c sent, err error) {
	var code id.MailCode
	var sealed string
	err = q.QueryRow(ctx,
		"SELECT id, user_id, purpose, sealed FROM mailbox_code WHERE code_hash = ? AND expires_at > ?", hash,
		sqldb.Millis(now)).Scan(&code, &c.user, &c.purpose, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return c, errNoCode
	}
	if err != nil {
		return c, err
	}
	raw, err := box.Open(sealed, codeSeal(code))
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(raw, &c.errand)
}

func deleteCode(ctx context.Context, tx *sqldb.Tx, hash string) (bool, error) {
	n, err := tx.Exec(ctx, "DELETE FROM mailbox_code WHERE code_hash = ?", hash)
	return n == 1, err
}

// dropCodes has nothing count any more that was sent to somebody.
func dropCodes(ctx context.Context, tx *sqldb.Tx, user id.User) error {
	_, err := tx.Exec(ctx, "DELETE FROM mailbox_code WHERE user_id = ?", user)
	return err
}

// Sealed is what the module seals.
func Sealed() []module.Sealed {
	return []module.Sealed{
		{
			Kind: "codes sent by mail", Table: "mailbox_code", Key: "id", Column: "sealed",
			ByNumber: func(n int64) string { return codeSeal(id.FromInt[id.MailCode](n)) },
		},
		module.SealedJob("errands of mailboxes", errandKind, errandSeal),
	}
}
