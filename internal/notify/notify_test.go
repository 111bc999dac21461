package notify_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/notify"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb/sqltest"
)

type bell struct{ rung []string }

func (b *bell) Publish(_ context.Context, channel string, _ any) error {
	b.rung = append(b.rung, channel)
	return nil
}

func TestANoticeIsWrittenOncePerCause(t *testing.T) {
	t.Parallel()
	db, clock := sqltest.NewManual(t)
	b := &bell{}
	s := notify.New(db, slog.New(slog.DiscardHandler), b)
	ann, bob := id.Make[id.User](db), id.Make[id.User](db)
	for range 2 { // a job that is done twice
		if err := s.Send(t.Context(), []id.User{ann, bob}, "live.started", "rom_1",
			map[string]string{"room_id": "rom_1"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Send(t.Context(), []id.User{ann}, "live.started", "rom_2", nil); err != nil {
		t.Fatal(err)
	}
	if len(b.rung) != 3 || b.rung[0] != realtime.UserChannel(ann) {
		t.Errorf("rung: %v", b.rung)
	}
	p, err := s.Inbox(t.Context(), ann, page.Request{Limit: 1})
	if err != nil || len(p.Items) != 1 || p.Items[0].Ref != "rom_2" || p.NextCursor == "" {
		t.Fatalf("%+v, %v", p, err)
	}
	if p, err = s.Inbox(t.Context(), ann, page.Request{Limit: 1, Cursor: p.NextCursor}); err != nil ||
		len(p.Items) != 1 || p.NextCursor != "" {
		t.Errorf("%+v, %v", p, err)
	}
	unread := func(want int64) {
		t.Helper()
		if n, err := s.Unread(t.Context(), ann); err != nil || n != want {
			t.Errorf("%d unread, %v; want %d", n, err, want)
		}
	}
	unread(2)
	if err := s.ReadAll(t.Context(), ann); err != nil {
		t.Fatal(err)
	}
	unread(0)
	clock.Advance(61 * 24 * time.Hour)
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p, err := s.Inbox(t.Context(), bob, page.Request{}); err != nil || len(p.Items) != 0 {
		t.Errorf("an old notice stays: %+v, %v", p, err)
	}
}
