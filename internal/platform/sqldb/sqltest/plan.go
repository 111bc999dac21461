package sqltest

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"hawker/internal/platform/sqldb"
)

// Statement is a text with the arguments that were bound to it.
type Statement struct {
	Query string
	Args  []any
}

// Recorder keeps the statements that a database is asked, so that a test can look
// at the plans of what the program really asks. Give its Watch to New.
type Recorder struct {
	mu   sync.Mutex
	list []Statement
}

// Watch is an Option.
func (r *Recorder) Watch(o *sqldb.Options) {
	o.Seen = func(query string, args []any) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.list = append(r.list, Statement{query, slices.Clone(args)})
	}
}

// Take answers the statements since the last time.
func (r *Recorder) Take() []Statement {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.list
	r.list = nil
	return out
}

// manyRows is how many rows, as the server guesses, may be read whole or sorted.
const manyRows = 1000

// WantRanges runs what asks the database and refuses the plans of its statements
// that read a whole table or index, read several indexes to merge them, or sort.
// Arguments are bound, as the program binds them: with literals a planner sees
// more than it does in life.
func (r *Recorder) WantRanges(t testing.TB, db *sqldb.DB, name string, ask func() error) {
	t.Helper()
	r.want(t, db, name, ask, refused)
}

// deep is how many pages WantPages turns: there, whoever reads the list from its top
// instead of where the page before ended reads thousands of rows.
const deep = 40

// WantPages is WantRanges of the first pages of a list and of one deep inside it.
// next reads a page and answers the cursor of the next one.
func (r *Recorder) WantPages(t testing.TB, db *sqldb.DB, name string, next func(cursor string) (string, error)) {
	t.Helper()
	cursor := ""
	for n := range deep {
		here := cursor
		read := func() (err error) {
			cursor, err = next(here)
			return err
		}
		what := fmt.Sprintf("page %d of %s", n+1, name)
		switch n {
		case 1, deep - 1:
			r.want(t, db, what, read, seeking())
		case 0:
			r.want(t, db, what, read, refused)
		default:
			if err := read(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		if cursor == "" {
			return
		}
	}
}

// seeking refuses a list that does not begin in the middle of an index, besides
// what is refused of all.
func seeking() func(d sqldb.Dialect, s step) string {
	first := true
	return func(d sqldb.Dialect, s step) string {
		reason := refused(d, s)
		if first && reason == "" && s["type"] != "range" && !strings.ContainsAny(s["detail"], "<>") {
			reason = fmt.Sprintf("no range: %v", s)
		}
		first = false
		return reason
	}
}

func (r *Recorder) want(t testing.TB, db *sqldb.DB, name string, ask func() error,
	refuse func(d sqldb.Dialect, s step) string,
) {
	t.Helper()
	r.Take()
	if err := ask(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	asked := r.Take()
	if len(asked) == 0 {
		t.Errorf("%s asks the database nothing", name)
	}
	for _, s := range asked {
		for _, step := range plan(t, db, s) {
			if step["detail"] == "SCAN few" && strings.Contains(s.Query, "LIMIT ?) AS few") {
				continue // what counts to a limit reads no more rows than that
			}
			if reason := refuse(db.Dialect(), step); reason != "" {
				t.Errorf("%s: %s\n%.400s\n%.200v", name, reason, s.Query, s.Args)
			}
		}
	}
	r.Take()
}

// step is a line of a plan by its columns.
type step map[string]string

func refused(d sqldb.Dialect, s step) string {
	if d == sqldb.SQLite {
		detail := s["detail"]
		for _, bad := range []string{"SCAN ", "MULTI-INDEX OR", "USE TEMP B-TREE FOR ORDER BY"} {
			if strings.HasPrefix(detail, bad) && detail != "SCAN CONSTANT ROW" {
				return detail
			}
		}
		return ""
	}
	var rows int
	if _, err := fmt.Sscan(s["rows"], &rows); err != nil {
		return "" // "no matching row in const table" and the like read nothing
	}
	costly := s["type"] == "ALL" || s["type"] == "index" || s["type"] == "index_merge" ||
		strings.Contains(s["extra"], "filesort")
	if costly && rows > manyRows {
		return fmt.Sprintf("%s of %s by %s, %d rows, %s", s["type"], s["table"], s["key"], rows, s["extra"])
	}
	return ""
}

func plan(t testing.TB, db *sqldb.DB, s Statement) []step {
	t.Helper()
	explain := map[sqldb.Dialect]string{sqldb.SQLite: "EXPLAIN QUERY PLAN ", sqldb.MySQL: "EXPLAIN "}[db.Dialect()]
	rows, err := db.Reader().Query(t.Context(), explain+s.Query, s.Args...)
	if err != nil {
		t.Fatalf("%s: %v", s.Query, err)
	}
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	out, err := sqldb.Collect(rows, nil, func(sc sqldb.Scanner) (step, error) {
		values, to := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range values {
			to[i] = &values[i]
		}
		st := step{}
		err := sc.Scan(to...)
		for i, n := range names {
			st[strings.ToLower(n)] = values[i].String
		}
		return st, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
