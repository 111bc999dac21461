package audit

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/sqldb"
)

func insert(ctx context.Context, tx *sqldb.Tx, e Entry, before, after string) error {
	_, err := tx.Exec(ctx, `INSERT INTO audit_entry (id, created_at, action, outcome, actor_id, actor_kind, address,
		request_id, shop_id, subject, before_json, after_json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id.Make[id.Audit](tx), sqldb.Millis(tx.Now()), string(e.Action), string(e.Outcome), e.Origin.Actor,
		string(e.Origin.Kind), e.Origin.Address, e.Origin.Request, e.Shop, e.Subject, before, after)
	return err
}

// Filter says which entries are wanted: of a shop or of all, and of these at most those
// of one action, one actor or one subject.
type Filter struct {
	Shop    id.Shop
	Action  Action
	Actor   id.User
	Subject string
}

// where gives the index along which entries of the filter lie, and the condition.
func (f Filter) where() (index, cond string, args []any) {
	index, cond = "", "1 = 1"
	narrow := func(to, column string, v any) { index, cond, args = to, cond+" AND "+column+" = ?", append(args, v) }
	shop := !f.Shop.IsZero()
	if shop {
		narrow("ix_audit_shop", "shop_id", f.Shop)
	}
	with := func(of string) string {
		if shop {
			return "ix_audit_shop_" + of
		}
		return "ix_audit_" + of
	}
	switch {
	case f.Subject != "":
		narrow("ix_audit_subject", "subject", f.Subject)
	case f.Action != "":
		narrow(with("action"), "action", string(f.Action))
	case !f.Actor.IsZero():
		narrow(with("actor"), "actor_id", f.Actor)
	}
	return index, cond, args
}

// List gives a page of entries, the newest first.
func List(ctx context.Context, q sqldb.Querier, f Filter, r page.Request) (page.Page[Entry], error) {
	var before id.Audit
	if err := page.Decode(r.Cursor, &before); err != nil {
		return page.Page[Entry]{}, err
	}
	index, cond, args := f.where()
	if before.IsZero() {
		before = id.FromInt[id.Audit](math.MaxInt64) // a range of the index on the first page, too
	}
	along := " "
	if index != "" {
		along = sqldb.Along(index)
	}
	rows, err := q.Query(ctx, "SELECT "+columns+" FROM audit_entry"+along+"WHERE "+cond+
		" AND id < ? ORDER BY id DESC LIMIT ?", append(args, before, r.Size()+1)...)
	list, err := sqldb.Collect(rows, err, scan)
	return page.Cut(list, r.Size(), func(e Entry) any { return e.ID }), err
}

// Since gives the newest entries of an action, back to an instant, the newest first.
func Since(ctx context.Context, q sqldb.Querier, a Action, from time.Time, most int) ([]Entry, error) {
	index, cond, args := Filter{Action: a}.where()
	rows, err := q.Query(ctx, "SELECT "+columns+" FROM audit_entry"+sqldb.Along(index)+"WHERE "+cond+
		" AND id < ? ORDER BY id DESC LIMIT ?", append(args, id.FromInt[id.Audit](math.MaxInt64), most)...)
	list, err := sqldb.Collect(rows, err, scan)
	for i, e := range list {
		if e.At.Before(from) {
			return list[:i], err
		}
	}
	return list, err
}

const columns = `id, created_at, action, outcome, actor_id, actor_kind, address, request_id, shop_id,
		subject, before_json, after_json`

func scan(s sqldb.Scanner) (e Entry, err error) {
	var at int64
	var before, after string
	err = s.Scan(&e.ID, &at, (*string)(&e.Action), (*string)(&e.Outcome), &e.Origin.Actor, (*string)(&e.Origin.Kind),
		&e.Origin.Address, &e.Origin.Request, &e.Shop, &e.Subject, &before, &after)
	e.At, e.Before, e.After = sqldb.FromMillis(at), json.RawMessage(before), json.RawMessage(after)
	return e, err
}
