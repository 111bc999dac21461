package rights_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/moderation"
	"hawker/internal/platform/config"
	"hawker/internal/platform/events"
	"hawker/internal/platform/events/broker"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/platform/supervise"
	"hawker/internal/rights"
	"hawker/internal/room"
	"hawker/internal/shop"
	"hawker/internal/signin"
)

// sockets writes down what is asked of them, and fails as often as it is told to.
type sockets struct {
	mu    sync.Mutex // events are told beside one another
	asked []string
	fail  int
	heard chan<- string // nil: nobody waits
}

func (s *sockets) note(what string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, what)
	if s.heard != nil {
		s.heard <- what
	}
	if s.fail > 0 {
		s.fail--
		return errors.New("nobody answers")
	}
	return nil
}

func (s *sockets) DisconnectSession(session id.Session) { _ = s.note("end " + session.String()) }

func (s *sockets) Recheck(_ context.Context, channel string) error {
	return s.note("recheck " + channel)
}

func (s *sockets) RecheckUser(_ context.Context, user id.User) error {
	return s.note("recheck " + user.String())
}

func (s *sockets) Routes() []httpapi.Route { return nil }

func (s *sockets) Changed(r id.Room) { _ = s.note("changed " + r.String()) }

var (
	session = id.FromInt[id.Session](1)
	user    = id.FromInt[id.User](2)
	place   = id.FromInt[id.Room](3)
)

func record(t *testing.T, db *sqldb.DB, facts ...event.Event) {
	t.Helper()
	if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return events.Record(ctx, tx, facts...)
	}); err != nil {
		t.Fatal(err)
	}
}

func bus(db *sqldb.DB, s *sockets) *events.Bus {
	guard := supervise.New(slog.New(slog.DiscardHandler), db.Clock())
	return events.NewBus(db, guard, rights.Module(s, s).Subscriptions...)
}

// Each way in which a right ends has the open sockets hear of it; what ends no right
// disturbs nobody.
func TestWhoseRightEndedHearsNoMore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact event.Event
		want []string
	}{
		{signin.SignedOut{Session: session}, []string{"end " + session.String()}},
		{shop.StaffChanged{User: user}, []string{"recheck " + user.String()}},
		{moderation.Restricted{User: user, Banned: true}, []string{"recheck " + user.String()}},
		{moderation.Restricted{User: user}, nil}, // muted: they hear on
		{
			room.ModeChanged{Room: place},
			[]string{"changed " + place.String(), "recheck " + realtime.RoomChannel(place)},
		},
	} {
		db, s := sqltest.New(t), &sockets{}
		record(t, db, c.fact)
		if err := bus(db, s).Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.asked, c.want) {
			t.Errorf("%s: %q, want %q", c.fact.EventName(), s.asked, c.want)
		}
	}
}

// A crash or a failure between the book and the socket forgets nothing: the sockets
// are asked until they have answered.
func TestAFailureForgetsNoEndedRight(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	s := &sockets{fail: 3}
	record(t, db, shop.StaffChanged{User: user}, moderation.Restricted{User: user, Banned: true})
	for range 5 { // each time a program that starts anew
		if err := bus(db, s).Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.Advance(time.Minute)
	}
	if got := strings.Join(s.asked, ", "); len(s.asked) != 5 {
		t.Errorf("asked %s: want each until it was answered", got)
	}
	dead, waiting, err := events.Stuck(t.Context(), db.Reader())
	if dead != 0 || waiting != 0 || err != nil {
		t.Errorf("%d dead, %d wait, %v", dead, waiting, err)
	}
}

// A broker that is away, of either kind, does not delay the end of a right.
func TestARightEndsWhileTheBrokerIsAway(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"amqp://u:p@127.0.0.1:1/", "kafka://127.0.0.1:1"} {
		db, heard := sqltest.New(t), make(chan string, 1)
		carrier, err := broker.Open(config.Broker{URL: url, Name: "rights"}, db.Clock(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		s := &sockets{heard: heard}
		b := bus(db, s).Over(carrier)
		b.Inline()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		record(t, db, signin.SignedOut{User: user, Session: session})
		if got := <-heard; got != "end "+session.String() {
			t.Errorf("%s: %s", url, got)
		}
		cancel()
		if err := errors.Join(<-done, carrier.Close()); err != nil {
			t.Error(err)
		}
	}
}
