package chat

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/platform/sqldb"
	"hawker/internal/show"
)

const insert = `INSERT INTO room_message (id, room_id, show_id, user_id, user_name, kind, body, state, question,
	created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// insertMessage keeps what the program says as its texts, what people say as it is.
func insertMessage(ctx context.Context, tx *sqldb.Tx, m Message) error {
	body := m.Text
	if m.Texts != nil {
		raw, err := json.Marshal(m.Texts)
		if err != nil {
			return err
		}
		body = string(raw)
	}
	_, err := tx.Exec(ctx, insert, m.ID, m.Room, m.Show, m.User, m.Name, m.Kind, body, m.State, m.Question,
		sqldb.Millis(m.At))
	return err
}

func insertPurchase(ctx context.Context, tx *sqldb.Tx, m Message, p purchase) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return err
	}
	m.Text = string(raw)
	return insertMessage(ctx, tx, m)
}

func scanMessage(s sqldb.Scanner) (m Message, err error) {
	var at int64
	err = s.Scan(&m.ID, &m.Room, &m.Show, &m.User, &m.Name, &m.Kind, &m.Text, &m.State, &m.Question, &at)
	if err != nil {
		return m, err
	}
	m.At = sqldb.FromMillis(at)
	if m.Kind == FromOrder && m.State != gathered {
		err = json.Unmarshal([]byte(m.Text), &m.Texts)
		m.Text = m.Texts.In(lang.Chinese)
	}
	return m, err
}

const messageColumns = "id, room_id, show_id, user_id, user_name, kind, body, state, question, created_at"

const selectMessages = "SELECT " + messageColumns + " FROM room_message WHERE "

// recentMessages gives the newest last.
func recentMessages(ctx context.Context, q sqldb.Querier, r id.Room, x id.Show, limit int) ([]Message, error) {
	rows, err := q.Query(ctx, selectMessages+"room_id = ? AND show_id = ? AND state = ? ORDER BY id DESC LIMIT ?",
		r, x, Shown, limit)
	list, err := sqldb.Collect(rows, err, scanMessage)
	slices.Reverse(list)
	return list, err
}

func messagesFor(ctx context.Context, q sqldb.Querier, r id.Room, f Filter, limit int) ([]Message, error) {
	query, args := selectMessages+"room_id = ?", []any{r}
	switch f {
	case HeldOnes:
		query, args = query+" AND state = ?", append(args, Held)
	case Questions:
		query, args = query+" AND state = ? AND question = 1", append(args, Shown)
	default:
		query, args = query+" AND state IN (?, ?)", append(args, Shown, Held)
	}
	rows, err := q.Query(ctx, query+" ORDER BY id DESC LIMIT ?", append(args, limit)...)
	list, err := sqldb.Collect(rows, err, scanMessage)
	slices.Reverse(list)
	return list, err
}

func messagesBetween(ctx context.Context, q sqldb.Querier, r id.Room, from, until time.Time) ([]Message, error) {
	rows, err := q.Query(ctx, selectMessages+
		"room_id = ? AND created_at >= ? AND created_at < ? AND state = ? ORDER BY id LIMIT ?",
		r, sqldb.Millis(from), sqldb.Millis(until), Shown, saidMax)
	return sqldb.Collect(rows, err, scanMessage)
}

func messagesAfter(ctx context.Context, q sqldb.Querier, r id.Room, after id.Message) ([]Message, error) {
	rows, err := q.Query(ctx, selectMessages+"room_id = ? AND id > ? AND state = ? ORDER BY id LIMIT ?",
		r, after, Shown, saidMax)
	return sqldb.Collect(rows, err, scanMessage)
}

func messageByID(ctx context.Context, q sqldb.Querier, message id.Message) (Message, error) {
	return scanMessage(q.QueryRow(ctx, selectMessages+"id = ?", message))
}

func setMessageState(ctx context.Context, tx *sqldb.Tx, message id.Message, to State) error {
	_, err := tx.Exec(ctx, "UPDATE room_message SET state = ? WHERE id = ?", to, message)
	return err
}

func adoptMessages(ctx context.Context, tx *sqldb.Tx, e show.Started) (int64, error) {
	return tx.Exec(ctx, "UPDATE room_message SET show_id = ? WHERE room_id = ? AND show_id = 0 AND created_at <= ?",
		e.Show, e.Room, sqldb.Millis(e.At))
}

func forgetMessages(ctx context.Context, tx *sqldb.Tx, r id.Room, x id.Show) error {
	_, err := tx.Exec(ctx, "DELETE FROM room_message WHERE room_id = ? AND show_id = ?", r, x)
	return err
}

// waitingPurchase is a purchase that waits to be told.
type waitingPurchase struct {
	message Message
	purchase
}

func purchasesOf(ctx context.Context, q sqldb.Querier, x show.Show, limit int) ([]waitingPurchase, error) {
	rows, err := q.Query(ctx, selectMessages+"room_id = ? AND show_id = ? AND state = ? ORDER BY id LIMIT ?",
		x.Room, x.ID, gathered, limit)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (w waitingPurchase, err error) {
		if w.message, err = scanMessage(s); err != nil {
			return w, err
		}
		return w, json.Unmarshal([]byte(w.message.Text), &w.purchase)
	})
}

func takePurchases(ctx context.Context, tx *sqldb.Tx, rows []id.Message) (int64, error) {
	return tx.Exec(ctx, "DELETE FROM room_message WHERE id IN ("+sqldb.Marks(len(rows))+")", sqldb.Args(rows)...)
}
