package live

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/platform/sqldb"
)

func countMessage(ctx context.Context, tx *sqldb.Tx, room id.Room) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE room SET messages = messages + 1 WHERE id = ?", room)
	return n == 1, err
}

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
	_, err := tx.Exec(ctx, "INSERT INTO room_message (id, room_id, user_id, user_name, kind, body, state, question, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		m.ID, m.Room, m.User, m.Name, m.Kind, body, m.State, m.Question, sqldb.Millis(m.At))
	return err
}

func scanMessage(s sqldb.Scanner) (m Message, err error) {
	var at int64
	if err := s.Scan(&m.ID, &m.Room, &m.User, &m.Name, &m.Kind, &m.Text, &m.State, &m.Question, &at); err != nil {
		return m, err
	}
	m.At = sqldb.FromMillis(at)
	if m.Kind == FromOrder {
		err = json.Unmarshal([]byte(m.Text), &m.Texts)
		m.Text = m.Texts.In(lang.Chinese)
	}
	return m, err
}

const messageColumns = "id, room_id, user_id, user_name, kind, body, state, question, created_at"

func recentMessages(ctx context.Context, q sqldb.Querier, room id.Room, limit int) ([]Message, error) {
	rows, err := q.Query(ctx, "SELECT "+messageColumns+" FROM room_message WHERE room_id = ? AND state = ? ORDER BY id DESC LIMIT ?", room, Shown, limit)
	list, err := sqldb.Collect(rows, err, scanMessage)
	slices.Reverse(list)
	return list, err
}

func messagesFor(ctx context.Context, q sqldb.Querier, room id.Room, f Filter, limit int) ([]Message, error) {
	query, args := "SELECT "+messageColumns+" FROM room_message WHERE room_id = ?", []any{room}
	switch f {
	case HeldOnes:
		query, args = query+" AND state = ?", append(args, Held)
	case Questions:
		query, args = query+" AND state = ? AND question = 1", append(args, Shown)
	default:
		query, args = query+" AND state <> ?", append(args, Removed)
	}
	rows, err := q.Query(ctx, query+" ORDER BY id DESC LIMIT ?", append(args, limit)...)
	list, err := sqldb.Collect(rows, err, scanMessage)
	slices.Reverse(list)
	return list, err
}

func messagesBetween(ctx context.Context, q sqldb.Querier, room id.Room, from, until time.Time, limit int) ([]Message, error) {
	rows, err := q.Query(ctx, "SELECT "+messageColumns+" FROM room_message WHERE room_id = ? AND created_at >= ? AND created_at < ? AND state = ? ORDER BY id LIMIT ?",
		room, sqldb.Millis(from), sqldb.Millis(until), Shown, limit)
	return sqldb.Collect(rows, err, scanMessage)
}

func messagesAfter(ctx context.Context, q sqldb.Querier, room id.Room, after id.Message, limit int) ([]Message, error) {
	rows, err := q.Query(ctx, "SELECT "+messageColumns+" FROM room_message WHERE room_id = ? AND id > ? AND state = ? ORDER BY id LIMIT ?", room, after, Shown, limit)
	return sqldb.Collect(rows, err, scanMessage)
}

func messageByID(ctx context.Context, q sqldb.Querier, message id.Message) (Message, error) {
	return scanMessage(q.QueryRow(ctx, "SELECT "+messageColumns+" FROM room_message WHERE id = ?", message))
}

func setMessageState(ctx context.Context, tx *sqldb.Tx, message id.Message, to MessageState) error {
	_, err := tx.Exec(ctx, "UPDATE room_message SET state = ? WHERE id = ?", to, message)
	return err
}

func setPinnedMessage(ctx context.Context, tx *sqldb.Tx, room id.Room, message id.Message) error {
	_, err := tx.Exec(ctx, "UPDATE room SET pinned_message = ? WHERE id = ?", message, room)
	return err
}
