package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

var (
	ann  = id.FromInt[id.User](1)
	bo   = id.FromInt[id.User](2)
	shop = id.FromInt[id.Shop](3)
)

func by(t *testing.T, user id.User) context.Context {
	return audit.WithOrigin(t.Context(), audit.Origin{
		Kind: audit.Person, Actor: user, Address: "203.0.113.9", Request: "req-1",
	})
}

func record(ctx context.Context, t *testing.T, db *sqldb.DB, list ...audit.Entry) {
	t.Helper()
	for _, e := range list {
		if err := db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
			return audit.Record(ctx, tx, e)
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// list reads a filter's entries page by page.
func list(t *testing.T, db *sqldb.DB, f audit.Filter) (out []audit.Entry) {
	t.Helper()
	for cursor := ""; ; {
		p, err := audit.List(t.Context(), db.Reader(), f, page.Request{Cursor: cursor, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p.Items...)
		if cursor = p.NextCursor; cursor == "" {
			return out
		}
	}
}

func TestAnEntryTellsWhoFromWhereAndWhatItWas(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	record(by(t, ann), t, db, audit.Entry{
		Action: "price.changed", Shop: shop, Subject: "sku_1", Before: 700, After: map[string]int{"price": 900},
	})
	record(t.Context(), t, db, audit.Entry{Action: "refund.settled"})
	got := list(t, db, audit.Filter{})
	if len(got) != 2 || got[0].Origin.Kind != audit.System || got[0].Origin.Address != "" {
		t.Fatalf("%+v", got)
	}
	e := got[1]
	if e.Origin != audit.OriginOf(by(t, ann)) || e.Outcome != audit.Done || e.Shop != shop || e.Subject != "sku_1" ||
		!e.At.Equal(c.Now().Truncate(time.Millisecond)) {
		t.Errorf("%+v", e)
	}
	if before, after := e.Before.(json.RawMessage), e.After.(json.RawMessage); string(before) != "700" ||
		string(after) != `{"price":900}` {
		t.Errorf("before %s, after %s", before, after)
	}
}

// What was rolled back was not done, and nobody rewrites what was.
func TestTheLogIsOnlyAddedTo(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	errNo := errors.New("no")
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return errors.Join(audit.Record(ctx, tx, audit.Entry{Action: "role.changed"}), errNo)
	})
	if !errors.Is(err, errNo) || len(list(t, db, audit.Filter{})) != 0 {
		t.Errorf("%v, and it is told all the same", err)
	}
	record(t.Context(), t, db, audit.Entry{Action: "role.changed"})
	for _, q := range []string{"DELETE FROM audit_entry", "UPDATE audit_entry SET action = 'x'"} {
		err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, q)
			return err
		})
		if err == nil {
			t.Errorf("%s went through", q)
		}
	}
	if got := list(t, db, audit.Filter{}); len(got) != 1 || got[0].Action != "role.changed" {
		t.Errorf("%+v", got)
	}
}

func TestFiltersFindTheirsAndNothingElse(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	other := id.FromInt[id.Shop](4)
	for i, user := range []id.User{ann, bo, ann, bo, ann} {
		record(by(t, user), t, db, audit.Entry{
			Action: audit.Action(fmt.Sprint("a.", i%2)), Shop: []id.Shop{shop, other, {}}[i%3], Subject: fmt.Sprint("s",
				i),
		})
	}
	for _, c := range []struct {
		f    audit.Filter
		want string
	}{
		{audit.Filter{}, "s4 s3 s2 s1 s0"},
		{audit.Filter{Actor: bo}, "s3 s1"},
		{audit.Filter{Shop: shop}, "s3 s0"},
		{audit.Filter{Shop: other, Actor: ann}, "s4"},
		{audit.Filter{Shop: shop, Action: "a.1"}, "s3"},
		{audit.Filter{Action: "a.0"}, "s4 s2 s0"},
		{audit.Filter{Subject: "s2"}, "s2"},
		{audit.Filter{Shop: other, Subject: "s2"}, ""},
	} {
		var got []string
		for _, e := range list(t, db, c.f) {
			got = append(got, e.Subject)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %v, want %s", c.f, got, c.want)
		}
	}
}

// However long the log, a page is read along an index.
func TestPagesOfALongLog(t *testing.T) {
	t.Parallel()
	var seen sqltest.Recorder
	db := sqltest.New(t, sqltest.Once, seen.Watch)
	if err := db.Update(by(t, ann), func(ctx context.Context, tx *sqldb.Tx) error {
		for range 3000 {
			e := audit.Entry{Action: "price.changed", Shop: shop, Subject: "sku_1"}
			if err := audit.Record(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, f := range []audit.Filter{
		{},
		{Shop: shop},
		{Actor: ann},
		{Action: "price.changed"},
		{Shop: shop, Actor: ann},
		{Shop: shop, Action: "price.changed"},
		{Subject: "sku_1"},
	} {
		seen.WantPages(t, db, fmt.Sprintf("%+v", f), func(cursor string) (string, error) {
			p, err := audit.List(t.Context(), db.Reader(), f, page.Request{Cursor: cursor})
			return p.NextCursor, err
		})
	}
}

func TestALongSideIsLeftOut(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	record(t.Context(), t, db, audit.Entry{Action: "word.set", After: strings.Repeat("长", audit.SideMax)})
	if got := string(list(t, db, audit.Filter{})[0].After.(json.RawMessage)); !strings.Contains(got, "left_out_bytes") {
		t.Errorf("%.80s", got)
	}
}

// Who is refused again and again fills no disk: each person and operation is told of
// once a minute, and of all together so many.
func TestRefusalsAreFew(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	r := &audit.Refusals{DB: db, Limiter: cache.NewMemoryLimiter(c), Log: slog.New(slog.DiscardHandler)}
	gone, hangUp := context.WithCancel(by(t, ann))
	hangUp()
	for range 5 {
		r.Note(gone, "admin-user-list")
		r.Note(by(t, bo), "admin-user-list")
	}
	got := list(t, db, audit.Filter{Action: audit.ActionRefused})
	if len(got) != 2 || got[1].Origin.Actor != ann || got[1].Subject != "admin-user-list" ||
		got[1].Outcome != audit.Refused {
		t.Errorf("%+v", got)
	}
	for n := range 200 {
		r.Note(by(t, id.FromInt[id.User](int64(n+10))), "admin-word-list")
	}
	if r.Count() != 210 {
		t.Errorf("%d are counted", r.Count())
	}
	if n := len(list(t, db, audit.Filter{})); n > 70 {
		t.Errorf("%d refusals in a minute", n)
	}
	c.Advance(time.Minute)
	r.Note(by(t, ann), "admin-user-list")
	if n := len(list(t, db, audit.Filter{Actor: ann})); n != 2 {
		t.Errorf("a minute later: %d", n)
	}
}
