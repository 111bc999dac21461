package multiply

import (
	"context"
	"strings"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Model is a thing with all rows that belong to it, ready to be copied.
type Model struct {
	begin int64   // the earliest of its times
	ids   []int64 // its own, the thing's first
	rows  []original
}

// original is a row and what differs in its copies.
type original struct {
	Row
	ids   map[int]int     // places in the ids of the model, by column
	texts map[int][]piece // by column
	times []int           // columns
}

// piece is a stretch of text, or an id of the model behind it.
type piece struct {
	text string
	id   int // place in the ids of the model; -1 for none
}

// Load reads a thing by its id.
func Load(ctx context.Context, q sqldb.Querier, p Plan, thing int64) (*Model, error) {
	m := &Model{ids: []int64{thing}}
	place := map[int64]int{thing: 0}
	for _, t := range p.Tables {
		rows, err := rowsOf(ctx, q, t, m.ids)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			o := original{Row: r, ids: map[int]int{}, texts: map[int][]piece{}}
			for _, column := range t.IDs {
				n := r.Int(column)
				if _, known := place[n]; !known && n != 0 {
					place[n] = len(m.ids)
					m.ids = append(m.ids, n)
				}
				if n != 0 {
					o.ids[r.at(column)] = place[n]
				}
			}
			m.rows = append(m.rows, o)
		}
	}
	for i := range m.rows {
		m.note(&m.rows[i])
	}
	return m, nil
}

// note finds the times of a row and the ids in its texts, when all ids are known.
func (m *Model) note(o *original) {
	for _, column := range o.of.table.Times {
		at := o.Int(column)
		if at == 0 {
			continue
		}
		o.times = append(o.times, o.at(column))
		if m.begin == 0 || at < m.begin {
			m.begin = at
		}
	}
	for _, column := range o.of.table.Texts {
		o.texts[o.at(column)] = m.cut(o.Text(column))
	}
}

// cut parts a text behind each id of the model that stands in it.
func (m *Model) cut(text string) (out []piece) {
	for {
		first, of := len(text), -1
		for i, n := range m.ids {
			if at := strings.Index(text, letters(n)); at >= 0 && at < first {
				first, of = at, i
			}
		}
		out = append(out, piece{text[:first], of})
		if of < 0 {
			return out
		}
		text = text[first+len(letters(m.ids[of])):]
	}
}

// Ref is an id of the thing in a column of one of its rows, 0 where it has none.
func (m *Model) Ref(table, column string) int64 {
	for _, o := range m.rows {
		if o.of.table.Name == table {
			return o.Int(column)
		}
	}
	return 0
}

// Total adds up a column of the thing's rows by the values of another.
func (m *Model) Total(table, by, column string) map[int64]int64 {
	out := map[int64]int64{}
	for _, o := range m.rows {
		if o.of.table.Name == table {
			out[o.Int(by)] += o.Int(column)
		}
	}
	return out
}

func (m *Model) copy(c Copy, src id.Source) ([]Row, error) {
	fresh := make([]int64, len(m.ids))
	for i := range fresh {
		fresh[i] = src.NextID()
	}
	move := sqldb.Millis(c.At) - m.begin
	out := make([]Row, len(m.rows))
	for i, o := range m.rows {
		out[i] = o.copy(fresh, move)
		if change := o.of.table.Change; change != nil {
			if err := change(o.Row, out[i], c.As); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (o original) copy(fresh []int64, move int64) Row {
	r := Row{o.of, append([]any(nil), o.values...)}
	for column, place := range o.ids {
		r.values[column] = fresh[place]
	}
	for _, column := range o.times {
		r.values[column] = o.values[column].(int64) + move
	}
	for column, pieces := range o.texts {
		var b strings.Builder
		for _, p := range pieces {
			b.WriteString(p.text)
			if p.id >= 0 {
				b.WriteString(letters(fresh[p.id]))
			}
		}
		r.values[column] = b.String()
	}
	return r
}

// Begin is when the thing began.
func (m *Model) Begin() time.Time { return sqldb.FromMillis(m.begin) }
