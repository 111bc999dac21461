package show_test

import (
	"strings"
	"testing"
	"time"

	"hawker/internal/analytics"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/show"
	"hawker/internal/stage/stagetest"
)

// With many rooms, shows and messages, whatever is asked often reads a range of an
// index.
func TestShowsAreReadAsRanges(t *testing.T) {
	t.Parallel()
	rec := &sqltest.Recorder{}
	k := stagetest.Open(t, rec.Watch)
	tea := k.Product(k.Shop, "Tea")
	r := k.Room(tea)
	k.Publish(r)
	k.Pin(r, tea.ID)
	k.Speak(r, k.Host, "hello")
	x := k.Standing(r).Now.ID
	sqltest.Fill(t, k.DB, "live_show", func(n int64, row sqltest.Row) {
		row["id"], row["state"], row["ended_at"] = row.Int("id")+n, string(show.Ended), row.Int("started_at")+n
		row["room_id"] = row.Int("room_id") + n/2
		row["shop_id"] = row.Int("shop_id") + n%7
	})
	sqltest.Fill(t, k.DB, "room", func(n int64, row sqltest.Row) {
		row["show_id"], row["key_index"] = x.Int()+2*n, strings.Repeat("k", 20)+id.FromInt[id.Room](n+1).String()
		row["id"], row["shop_id"] = row.Int("id")+n, row.Int("shop_id")+n%7
	})
	for table, ids := range map[string]string{"pin": "unpinned_at", "room_message": "created_at"} {
		sqltest.Fill(t, k.DB, table, func(n int64, row sqltest.Row) {
			row["id"], row[ids], row["show_id"] = row.Int("id")+n, n+1, x.Int()+n%100
		})
	}
	q := k.DB.Reader()
	for name, ask := range map[string]func() error{
		"what waits":      func() error { _, err := k.Stage.NextEnd(t.Context(), q); return err },
		"what is planned": func() error { _, err := k.Rooms.NextReminder(t.Context(), q); return err },
		"what runs":       func() error { return k.Shows.Load(t.Context()) },
		"a room":          func() error { _, err := k.Shows.Standing(t.Context(), r); return err },
		"who is on air":   func() error { _, err := k.Shows.RoomsOnAir(t.Context(), []id.Shop{k.Shop}); return err },
		"marks":           func() error { _, err := k.Shelf.Marks(t.Context(), x); return err },
		"the chat":        func() error { _, err := k.Chat.Recent(t.Context(), r); return err },
		"what it shows":   func() error { _, err := k.Shelf.RoomShowing(t.Context(), tea.ID); return err },
		"a report": func() error {
			_, err := analytics.New(k.DB, time.UTC).Report(t.Context(), k.Shop, r, x)
			return err
		},
	} {
		rec.WantRanges(t, k.DB, name, ask)
	}
	rec.WantPages(t, k.DB, "all rooms", func(cursor string) (string, error) {
		p, err := k.Shows.List(t.Context(), id.Shop{}, "", false, page.Request{Cursor: cursor, Limit: page.LimitMax})
		return p.NextCursor, err
	})
	rec.WantRanges(t, k.DB, "a shop's rooms", func() error {
		_, err := k.Shows.List(t.Context(), k.Shop, "", true, page.Request{})
		return err
	})
}
