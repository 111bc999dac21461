// Package older holds data that older programs wrote, as they are migrated to this one:
// by the migrations of that time, then its rows, then what came since. scripts/older-data
// makes it.
package older

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
)

// Table is one table with its rows.
type Table struct {
	Name    string   `json:"table"`
	Columns []string `json:"columns"`
	Rows    [][]Cell `json:"rows"`
}

// Cell is a value as text behind a letter for its kind: a number, a text, bytes, nothing.
type Cell string

// CellOf makes a cell of what the driver answers.
func CellOf(v any) Cell {
	switch v := v.(type) {
	case nil:
		return ""
	case []byte:
		return Cell("b" + base64.StdEncoding.EncodeToString(v))
	case string:
		return Cell("t" + v)
	default:
		return Cell(fmt.Sprint("n", v))
	}
}

// Value is what is written.
func (c Cell) Value() (any, error) {
	if c == "" {
		return nil, nil
	}
	text := string(c[1:])
	switch c[0] {
	case 'n':
		return strconv.ParseInt(text, 10, 64)
	case 'b':
		return base64.StdEncoding.DecodeString(text)
	}
	return text, nil
}

// Read decodes a line of rows.
func Read(line []byte) (t Table, err error) { return t, json.Unmarshal(line, &t) }
