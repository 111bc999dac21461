package move

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"hawker/internal/platform/sqldb"
)

// progressTable says, while a move is under way, how far each table is.
const progressTable = "move_progress"

// table is one to be moved.
type table struct {
	name    string
	columns []string
	key     []int // which of them are the key, in its order
	numbers []bool
	rows    int64
}

// row is the text of each column; both servers write numbers alike.
type row []sql.NullString

func (t table) keyOf(r row) []string {
	key := make([]string, len(t.key))
	for i, c := range t.key {
		key[i] = r[c].String
	}
	return key
}

// bound are the values of a key as they are compared: numbers as numbers. A server may
// compare a number with a text as floating point, to which neighbouring ids are one.
func (t table) bound(key []string) ([]any, error) {
	out := make([]any, len(key))
	for i, text := range key {
		out[i] = text
		if !t.numbers[t.key[i]] {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

// tablesOf are those that hold something of ours.
func tablesOf(ctx context.Context, q sqldb.Querier) ([]table, error) {
	rows, err := q.Query(ctx, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
	names, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (name string, err error) {
		return name, s.Scan(&name)
	})
	if err != nil {
		return nil, err
	}
	var out []table
	for _, name := range slices.DeleteFunc(names, own) {
		t := table{name: name}
		if err := t.readColumns(ctx, q); err != nil {
			return nil, err
		}
		if err := q.QueryRow(ctx, "SELECT COUNT(*) FROM "+name).Scan(&t.rows); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func (t *table) readColumns(ctx context.Context, q sqldb.Querier) error {
	places := map[int]int{} // in the key, by the column
	rows, err := q.Query(ctx, "SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid", t.name)
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (struct{}, error) {
		var name, kind string
		var place int
		err := s.Scan(&name, &kind, &place)
		if place > 0 {
			places[place] = len(t.columns)
		}
		t.columns, t.numbers = append(t.columns, name), append(t.numbers, strings.HasSuffix(kind, "INT") ||
			kind == "INTEGER")
		return struct{}{}, err
	})
	for place := 1; place <= len(places); place++ {
		t.key = append(t.key, places[place])
	}
	if err == nil && len(t.key) == 0 {
		err = errors.New("the table " + t.name + " has no primary key")
	}
	return err
}

// after reads the rows behind a key, all from the first where it is nil. Both servers
// order text by its bytes.
func (t table) after(ctx context.Context, q sqldb.Querier, after []string, limit int) ([]row, error) {
	keys := make([]string, len(t.key))
	for i, c := range t.key {
		keys[i] = quoted(t.columns[c])
	}
	where, args := "", []any{}
	if after != nil {
		bound, err := t.bound(after)
		if err != nil {
			return nil, err
		}
		where, args = behind(keys, bound)
	}
	rows, err := q.Query(ctx, "SELECT "+t.list()+" FROM "+t.name+where+" ORDER BY "+strings.Join(keys, ", ")+
		" LIMIT ?", append(args, limit)...)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (row, error) {
		r, to := make(row, len(t.columns)), make([]any, len(t.columns))
		for i := range r {
			to[i] = &r[i]
		}
		return r, s.Scan(to...)
	})
}

// behind is (a, b) > (x, y) as both servers plan a range of it.
func behind(keys []string, after []any) (where string, args []any) {
	var either []string
	for i := range keys {
		var all []string
		for j := range i {
			all = append(all, keys[j]+" = ?")
			args = append(args, after[j])
		}
		either = append(either, strings.Join(append(all, keys[i]+" > ?"), " AND "))
		args = append(args, after[i])
	}
	return " WHERE " + keys[0] + " >= ? AND (" + strings.Join(either, " OR ") + ")", append([]any{after[0]}, args...)
}

func (t table) list() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = quoted(c)
	}
	return strings.Join(names, ", ")
}

// quoted is a column's name where it may be a word of the language; both servers take it.
func quoted(name string) string { return "`" + name + "`" }

// write adds rows, and notes that the table is there up to the last of them.
func (t table) write(ctx context.Context, to *sqldb.DB, rows []row, last []string, done int64) error {
	args := make([]any, 0, len(rows)*len(t.columns))
	for _, r := range rows {
		for _, v := range r {
			args = append(args, v)
		}
	}
	marks := strings.Repeat(", ("+sqldb.Marks(len(t.columns))+")", len(rows))[2:]
	at, err := json.Marshal(last)
	if err != nil {
		return err
	}
	return to.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, "SET FOREIGN_KEY_CHECKS = 0"); err != nil { // tables come in the order of their names
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO "+t.name+" ("+t.list()+") VALUES "+marks, args...); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE "+progressTable+" SET reached = ?, done = ? WHERE name = ?", string(at), done,
			t.name)
		if err == nil {
			_, err = tx.Exec(ctx, "SET FOREIGN_KEY_CHECKS = 1")
		}
		return err
	})
}

// reached is how far an earlier move came with a table.
func reached(ctx context.Context, q sqldb.Querier, t table) (after []string, done int64, err error) {
	var at string
	err = q.QueryRow(ctx, "SELECT reached, done FROM "+progressTable+" WHERE name = ?", t.name).Scan(&at, &done)
	if err == nil && at != "" {
		err = json.Unmarshal([]byte(at), &after)
	}
	return after, done, err
}

// claim makes the note of how far tables are, unless an earlier move has. ErrFilled where
// there is none and the database has tables of ours: of somebody's installation.
func claim(ctx context.Context, to *sqldb.DB) error {
	var under int
	err := to.Reader().QueryRow(ctx, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() "+
		"AND table_name = ?", progressTable).Scan(&under)
	if err != nil || under > 0 {
		return err
	}
	if has, err := sqldb.Version(ctx, to.Reader()); err != nil || has > 0 {
		return errors.Join(err, ErrFilled)
	}
	return to.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "CREATE TABLE "+progressTable+" (name VARCHAR(64) NOT NULL PRIMARY KEY, "+
			"reached TEXT NOT NULL, done BIGINT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin")
		return err
	})
}

// begin notes that nothing of the tables is there, of those of which nothing is noted. What
// migrations put into one comes with the rest.
func begin(ctx context.Context, to *sqldb.DB, tables []table) error {
	return to.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		for _, t := range tables {
			fresh, err := tx.InsertOnce(ctx,
				"INSERT INTO "+progressTable+" (name, reached, done) VALUES (?, '', 0)", t.name)
			if err != nil {
				return err
			}
			var some int
			err = tx.QueryRow(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM "+t.name+" LIMIT 1) AS few").Scan(&some)
			if err == nil && fresh && some > 0 {
				_, err = tx.Exec(ctx, "DELETE FROM "+t.name)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// end takes the note away: the server's database is an installation now.
func end(ctx context.Context, to *sqldb.DB) error {
	return to.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "DROP TABLE "+progressTable)
		return err
	})
}
