package sandbox

import (
	"context"
	"database/sql"
	"time"
)

// delivery is a notification on its way. Copies is how often it is yet to be
// taken; defect what is wrong with the first try.
type delivery struct {
	id, url, defect  string
	body             []byte
	copies, attempts int
}

func enqueue(tx *sql.Tx, d delivery, due time.Time) error {
	_, err := tx.Exec(`INSERT INTO notification (id, url, body, defect, copies, due_at) VALUES (?, ?, ?, ?, ?, ?)`,
		d.id, d.url, d.body, d.defect, d.copies, due.UnixMilli())
	return err
}

const deliveriesMax = 50

func (s *store) dueNotifications(ctx context.Context, now time.Time) ([]delivery, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT id, url, body, defect, copies, attempts FROM notification
		WHERE done = 0 AND due_at <= ? ORDER BY due_at, id LIMIT ?`, now.UnixMilli(), deliveriesMax)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []delivery
	for rows.Next() {
		var d delivery
		if err := rows.Scan(&d.id, &d.url, &d.body, &d.defect, &d.copies, &d.attempts); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// took notes one delivery that the merchant took.
func (s *store) took(ctx context.Context, d delivery) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE notification SET attempts = attempts + 1, copies = copies - 1,
			done = CASE WHEN copies <= 1 THEN 1 ELSE 0 END WHERE id = ?`, d.id)
		return err
	})
}

// postpone notes a delivery that failed; the last failure ends it.
func (s *store) postpone(ctx context.Context, d delivery, due time.Time, last bool) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE notification SET attempts = attempts + 1, due_at = ?, done = ? WHERE id = ?`,
			due.UnixMilli(), last, d.id)
		return err
	})
}

// Owed counts the notifications that no merchant has taken yet.
func (s *Service) Owed(ctx context.Context) (n int, err error) {
	err = s.store.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM notification WHERE done = 0`).Scan(&n)
	return n, err
}
