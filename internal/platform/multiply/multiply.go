// Package multiply fills tables with copies of rows that the program wrote by its own rules, so that a mall of any size
// can be measured without a million orders being placed. Each module says how its rows are copied with the thing that
// they belong to, and what they add up to; both is written in one transaction, so a mall whose filling was ended is
// sound. Only what makes such a mall calls it.
package multiply

import (
	"context"
	"slices"
	"strings"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Table says how the rows of a table are copied. Columns that are not named are as in the original.
type Table struct {
	Name string
	// By is the column by which the rows of a thing are found: it holds the id of the thing, or one of those that the
	// tables before have found, as Ref writes it.
	By    string
	Ref   func(id int64) string // nil: the number itself
	IDs   []string              // columns of ids that each copy has of its own
	Texts []string              // columns in which such ids stand as text
	Times []string              // columns of times, which keep their distance from the thing's beginning; 0 stays
	// Change makes the row of a copy differ in what else it has to; as is the copy's. nil: in nothing.
	Change func(was, row Row, as any) error
}

// Sum adds up rows that were just written, by their tables, in the same transaction.
type Sum func(ctx context.Context, tx *sqldb.Tx, written map[string][]Row) error

// Plan is what one module says, or some together; what refers to a row stands behind it.
type Plan struct {
	Tables []Table
	Sums   []Sum
}

// Join makes one plan of some.
func Join(plans ...Plan) (all Plan) {
	for _, p := range plans {
		all.Tables, all.Sums = append(all.Tables, p.Tables...), append(all.Sums, p.Sums...)
	}
	return all
}

// Copy is a copy to be made.
type Copy struct {
	Of *Model
	At time.Time // its beginning
	As any       // for the Change of its tables
}

// Writer writes copies. It is used by one goroutine.
type Writer struct {
	db    *sqldb.DB
	clock *past
	ids   *id.Generator
}

// past is the time at which a copy begins: its ids are of then.
type past struct {
	clock.Real
	now time.Time
}

// Now implements clock.Clock.
func (p *past) Now() time.Time { return p.now }

// NewWriter makes a writer whose ids are of a node that nobody else has in that time.
func NewWriter(db *sqldb.DB, node int) (*Writer, error) {
	w := &Writer{db: db, clock: &past{now: db.Clock().Now()}}
	var err error
	w.ids, err = id.NewGenerator(w.clock, node)
	return w, err
}

// NextID implements id.Source for things that are not copied, at the time of the copy before.
func (w *Writer) NextID() int64 { return w.ids.NextID() }

// Write makes copies, in the order of their times, and adds them up, in one transaction.
func (w *Writer) Write(ctx context.Context, p Plan, copies []Copy) error {
	written := map[string][]Row{}
	for _, c := range copies {
		w.clock.now = c.At
		rows, err := c.Of.copy(c, w.ids)
		if err != nil {
			return err
		}
		for _, r := range rows {
			written[r.of.table.Name] = append(written[r.of.table.Name], r)
		}
	}
	return w.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		for _, t := range p.Tables {
			if err := insert(ctx, tx, written[t.Name]); err != nil {
				return err
			}
		}
		for _, sum := range p.Sums {
			if err := sum(ctx, tx, written); err != nil {
				return err
			}
		}
		return nil
	})
}

// letters are how an id stands in a text, behind the prefix of its kind.
func letters(n int64) string {
	_, out, _ := strings.Cut(id.FromInt[id.Order](n).String(), "_")
	return out
}

// Row is a row by its columns.
type Row struct {
	of     *shape
	values []any
}

// shape is what the rows of a table have in common.
type shape struct {
	table   Table
	columns []string
}

func (r Row) at(column string) int {
	i := slices.Index(r.of.columns, column)
	if i < 0 {
		panic("multiply: " + r.of.table.Name + " has no column " + column)
	}
	return i
}

// Int is a number of the row, 0 for NULL.
func (r Row) Int(column string) int64 {
	n, _ := r.values[r.at(column)].(int64)
	return n
}

// Text is a text of the row.
func (r Row) Text(column string) string {
	s, _ := r.values[r.at(column)].(string)
	return s
}

// Set changes a value.
func (r Row) Set(column string, value any) { r.values[r.at(column)] = value }
