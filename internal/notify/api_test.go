package notify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/notify"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb/sqltest"
)

func TestAnInboxBehindTheDoor(t *testing.T) {
	t.Parallel()
	db, clock := sqltest.NewManual(t)
	s := notify.New(db, slog.New(slog.DiscardHandler), &bell{})
	d := httpapitest.Open(t, clock, s.Module())
	d.Strangers()
	ann, bob := id.Make[id.User](db), id.Make[id.User](db)
	for i := range 5 {
		if err := s.Send(t.Context(), []id.User{ann}, "live.started", fmt.Sprint("rom_", i),
			map[string]any{"n": i}); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Second)
	}
	var seen []string
	cursor := ""
	for range 4 {
		p := d.Call(ann, 200, "GET /me/notices?limit=2&cursor="+cursor, nil)
		if p.Int("unread") != 5 {
			t.Errorf("%d unread", p.Int("unread"))
		}
		for _, n := range p.List("items") {
			seen = append(seen, n.Show("payload.n", "kind", "read"))
		}
		if cursor = p.Text("next_cursor"); cursor == "" {
			break
		}
	}
	var want []string
	for _, i := range []int{4, 3, 2, 1, 0} {
		want = append(want, fmt.Sprintf("%d live.started false", i))
	}
	if !slices.Equal(seen, want) {
		t.Errorf("the pages are %q, want %q", seen, want)
	}
	if p := d.Call(bob, 200, "GET /me/notices", nil); p.Show("items", "unread", "next_cursor") != "[] 0 " {
		t.Errorf("another's inbox: %v", p)
	}
	d.Call(bob, 204, "POST /me/notices/read", nil)
	if p := d.Call(ann, 200, "GET /me/notices", nil); p.Int("unread") != 5 {
		t.Errorf("read by another: %v", p)
	}
	d.Call(ann, 204, "POST /me/notices/read", nil)
	if p := d.Call(ann, 200, "GET /me/notices", nil); p.Show("unread", "items.0.read",
		"items.4.read") != "0 true true" {
		t.Errorf("read: %v", p)
	}
	d.Refuse(ann, 422, "request.bad_cursor", "GET /me/notices?cursor=nonsense", nil)
}

// deaf is a channel that takes nothing.
type deaf struct{ heard []string }

func (d *deaf) Publish(_ context.Context, channel string, _ any) error {
	d.heard = append(d.heard, channel)
	return errors.New("nobody there")
}

// A bell that does not ring loses no notice, and what came twice rings once.
func TestABellThatDoesNotRing(t *testing.T) {
	t.Parallel()
	db, clock := sqltest.NewManual(t)
	d := &deaf{}
	s := notify.New(db, slog.New(slog.DiscardHandler), d)
	ann, bob := id.Make[id.User](db), id.Make[id.User](db)
	send := func(users ...id.User) {
		t.Helper()
		if err := s.Send(t.Context(), users, "order.shipped", "ord_1", nil); err != nil {
			t.Fatal(err)
		}
	}
	send(ann, ann)
	clock.Advance(time.Hour)
	send(ann, bob)
	if want := []string{realtime.UserChannel(ann), realtime.UserChannel(bob)}; !slices.Equal(d.heard, want) {
		t.Errorf("rung at %v, want %v", d.heard, want)
	}
	for _, u := range []id.User{ann, bob} {
		p, err := s.Inbox(t.Context(), u, page.Request{})
		if err != nil || len(p.Items) != 1 || string(p.Items[0].Payload) != "null" {
			t.Errorf("the inbox of %s: %+v, %v", u, p.Items, err)
		}
	}
	if err := s.Send(t.Context(), nil, "order.shipped", "ord_1", nil); err != nil {
		t.Errorf("to nobody: %v", err)
	}
	if err := s.Send(t.Context(), []id.User{ann}, "order.shipped", "ord_2", func() {}); err == nil {
		t.Error("what cannot be written was sent")
	}
	if _, err := s.Inbox(t.Context(), ann, page.Request{Cursor: "x"}); fault.Code(err) != "request.bad_cursor" {
		t.Errorf("a cursor of nothing: %v", err)
	}
}

// A notice stays sixty days, read or not, and the task knows when the next is due.
func TestANoticeStaysSixtyDays(t *testing.T) {
	t.Parallel()
	db, clock := sqltest.NewManual(t)
	s := notify.New(db, slog.New(slog.DiscardHandler), &bell{})
	task, ann := s.Module().Tasks[0], id.Make[id.User](db)
	due := func() time.Time {
		t.Helper()
		at, err := task.Next(t.Context(), db.Reader())
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	if at := due(); !at.IsZero() {
		t.Errorf("with nothing to forget it is due at %s", at)
	}
	first := clock.Now()
	for i := range 3 {
		if err := s.Send(t.Context(), []id.User{ann}, "k", fmt.Sprint(i), nil); err != nil {
			t.Fatal(err)
		}
		clock.Advance(24 * time.Hour)
	}
	for left := 3; left > 0; left-- {
		if at, want := due(), first.Add(time.Duration(63-left)*24*time.Hour); at.Before(want) ||
			at.After(want.Add(time.Minute)) {
			t.Errorf("with %d left it is due at %s, want %s", left, at, want)
		}
		clock.Advance(due().Sub(clock.Now()) - time.Millisecond)
		for after, want := range []int{left, left - 1} {
			if err := task.Do(t.Context()); err != nil {
				t.Fatal(err)
			}
			if p, err := s.Inbox(t.Context(), ann, page.Request{}); err != nil || len(p.Items) != want {
				t.Errorf("%d of %d left, %v, after the time: %v", len(p.Items), want, err, after == 1)
			}
			clock.Advance(time.Second)
		}
	}
}
