package show_test

import (
	"context"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/schema"
	"hawker/internal/show"
)

// until gives the migrations before one.
func until(t *testing.T, stop string) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(schema.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path[strings.LastIndexByte(path, '/')+1:] >= stop {
			return err
		}
		raw, err := fs.ReadFile(schema.FS, path)
		out[path] = &fstest.MapFile{Data: raw}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Rooms of before shows had rows keep what they had: each its show, with its
// figures and whatever hung on them.
func TestRoomsOfBeforeShowsKeepTheirs(t *testing.T) {
	t.Parallel()
	url := sqltest.FreshURL(t)
	open := func(schema fs.FS) *sqldb.DB {
		t.Helper()
		db, err := sqldb.Open(t.Context(), sqldb.Options{
			URL: url, Clock: clock.NewManual(sqltest.Start), Log: slog.New(slog.DiscardHandler),
		})
		if err == nil {
			err = sqldb.Migrate(t.Context(), db, schema)
		}
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	db := open(until(t, "0018"))
	start := sqltest.Start.UnixMilli()
	const room = `INSERT INTO room (id, shop_id, host_id, title, cover_url, key_sealed, recorded, created_at,
		key_index, state, mode, started_at, ended_at, likes, messages, viewers_peak, replay_ready) VALUES
		(?, 1, 1, 'T', '', '', 1, 5, ?, ?, ?, ?, ?, 7, 2, 3, 1)`
	was := func(n int, state, mode string, started, ended int64) (statement string, args []any) {
		return room, []any{n, strings.Repeat("k", n), state, mode, started, ended}
	}
	must(db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		do := func(statement string, args []any) {
			if _, err := tx.Exec(ctx, statement, args...); err != nil {
				t.Error(err)
			}
		}
		do(was(1, "scheduled", "open", 0, 0))
		do(was(2, "ended", "open", start, start+60_000))
		do(was(3, "cancelled", "open", 0, 0))
		do(was(4, "live", "rehearsal", start, 0))
		do(was(5, "paused", "open", start, 0))
		const pin = `INSERT INTO pin (id, room_id, product_id, by_id, pinned_at, stream_at, unpinned_at)
			VALUES (?, 2, 1, 1, ?, 1, 1)`
		do(pin, []any{1, start - 1})
		do(pin, []any{2, start + 1})
		do(`INSERT INTO room_message (id, room_id, user_id, user_name, kind, body, created_at)
			VALUES (1, 2, 1, 'V', 'chat', 'x', ?)`,
			[]any{start})
		for _, before := range []int64{0, 3_600_000} {
			do("INSERT INTO room_minute (room_id, at_minute, viewers, likes, messages) VALUES (2, ?, 1, 1, 1)",
				[]any{start - before})
			do(`INSERT INTO recording (id, room_id, generation, folder, started_at, duration_ms, size, created_at)
				VALUES (?, 2, 1, ?, ?, 1, 1, 1)`, []any{
				before + 1, strings.Repeat("f", int(before/3_600_000)+1),
				start - before,
			})
		}
		return nil
	}))
	must(db.Close())
	db = open(schema.FS)
	t.Cleanup(func() { must(db.Close()) })
	for n, want := range map[int64]show.State{
		1: show.Scheduled, 2: show.Ended, 3: show.Cancelled, 4: show.Live,
		5: show.Paused,
	} {
		st, err := show.Of(t.Context(), db.Reader(), id.FromInt[id.Room](n))
		must(err)
		if st.State() != want || st.Now.Rehearsal != (n == 4) || (st.Now.ID.Int() == n) != (n != 1 && n != 3) {
			t.Errorf("room %d is %s, want %s: %+v", n, st.State(), want, st.Now)
		}
		if n == 2 && (st.Now.Likes != 7 || st.Now.Messages != 2 || st.Now.ViewersPeak != 3 || !st.Now.Replay ||
			!st.Now.EndedAt.Equal(sqltest.Start.Add(time.Minute))) {
			t.Errorf("the show that was: %+v", st.Now)
		}
	}
	for what, want := range map[string]int{
		"pin WHERE show_id = 2": 1, "room_message WHERE show_id = 2": 1, "show_minute WHERE show_id = 2": 1,
		"recording WHERE show_id = 2": 1, "recording WHERE show_id = 0": 1,
	} {
		var n int
		must(db.Reader().QueryRow(t.Context(), "SELECT COUNT(*) FROM "+what).Scan(&n))
		if n != want {
			t.Errorf("%d of %s, want %d", n, what, want)
		}
	}
}
