package notify_test

import (
	"fmt"
	"log/slog"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/notify"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

func TestNoticesAreReadAsRanges(t *testing.T) {
	t.Parallel()
	rec := &sqltest.Recorder{}
	db, clock := sqltest.NewManual(t, rec.Watch)
	s := notify.New(db, slog.New(slog.DiscardHandler), &bell{})
	ann := id.Make[id.User](db)
	if err := s.Send(t.Context(), []id.User{ann}, "live.started", "rom_1", nil); err != nil {
		t.Fatal(err)
	}
	sqltest.Fill(t, db, "notice", func(n int64, r sqltest.Row) {
		r["id"], r["ref"] = r.Int("id")+n, fmt.Sprint("room ", n)
		if n%3 == 0 {
			r["user_id"] = r.Int("user_id") + n
		}
		if n%100 == 0 {
			r["created_at"] = sqldb.Millis(clock.Now().AddDate(0, 0, -70))
		}
	})
	rec.WantPages(t, db, "an inbox", func(cursor string) (string, error) {
		p, err := s.Inbox(t.Context(), ann, page.Request{Cursor: cursor, Limit: page.LimitMax})
		return p.NextCursor, err
	})
	rec.WantRanges(t, db, "what is old", func() error { return s.Sweep(t.Context()) })
	rec.WantRanges(t, db, "what is unread", func() error {
		_, err := s.Unread(t.Context(), id.FromInt[id.User](ann.Int()+3))
		return err
	})
}
