// Package page holds keyset paging: a page of items and an opaque cursor that
// names the last item seen, never an offset, so that rows that come or go do
// not shift what the reader sees.
package page

import (
	"encoding/base64"
	"encoding/json"

	"hawker/internal/base/fault"
)

// Limits on a page, in items.
const (
	LimitDefault = 20
	LimitMax     = 50
)

// Page is one answer of a list.
type Page[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor" doc:"Pass as ?cursor= for the next page; empty at the end, and there alone: a page may be short"`
}

// List is the answer of a list that is short enough to be given whole.
type List[T any] struct {
	Items []T `json:"items"`
}

// Whole makes a list of views of the items, an empty one of none.
func Whole[A, B any](items []A, f func(A) B) List[B] {
	out := List[B]{Items: make([]B, len(items))}
	for i, a := range items {
		out.Items[i] = f(a)
	}
	return out
}

// Request asks for one page.
type Request struct {
	Cursor string
	Limit  int
}

// Size is the limit within bounds.
func (r Request) Size() int {
	if r.Limit <= 0 {
		return LimitDefault
	}
	return min(r.Limit, LimitMax)
}

// Encode makes a cursor of the sort keys of the last item.
func Encode(keys any) string {
	raw, err := json.Marshal(keys)
	if err != nil {
		panic("page: cursor keys do not marshal: " + err.Error()) // a programming error: keys are ids and numbers
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Decode reads the keys back; an empty cursor leaves them as they are.
func Decode(cursor string, keys any) error {
	if cursor == "" {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(raw, keys)
	}
	if err != nil {
		return fault.Invalid("request.bad_cursor").Because(err)
	}
	return nil
}

// Cut makes a page of rows that were asked for with one more than the limit;
// keys gives the sort keys of an item.
func Cut[T any](rows []T, limit int, keys func(T) any) Page[T] {
	p := Page[T]{Items: rows}
	if len(rows) > limit {
		p.Items = rows[:limit]
		p.NextCursor = Encode(keys(rows[limit-1]))
	}
	if p.Items == nil {
		p.Items = []T{}
	}
	return p
}

// Map turns a page of one type into a page of another.
func Map[A, B any](p Page[A], f func(A) B) Page[B] {
	out := Page[B]{Items: make([]B, len(p.Items)), NextCursor: p.NextCursor}
	for i, a := range p.Items {
		out.Items[i] = f(a)
	}
	return out
}
