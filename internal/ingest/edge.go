package ingest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"hawker/internal/base/id"
	"hawker/internal/media/hooks"
	"hawker/internal/room"
	"hawker/internal/show"
)

// Edge makes rooms of what servers in front of us tell: SRS and nginx-rtmp take
// the publisher and package the picture; the room, its key and its states are
// ours. It implements hooks.Handler.
type Edge struct{ Service *Service }

// refused turns a room's "no" into the hook's.
func refused(err error) error {
	if errors.Is(err, room.ErrWrongKey) || errors.Is(err, room.ErrEnded) {
		return fmt.Errorf("%w: %w", hooks.ErrRefused, err)
	}
	return err
}

// OnConnect lets everybody connect: the key comes with the publishing.
func (e Edge) OnConnect(context.Context, hooks.Event) error { return nil }

// OnPublish puts the room of a key on air: at once, or, where we pull the picture, when
// that has come. The stream's name is the room's id and the key its argument `key`: the
// name stands in every viewer's playlist, so it can be neither the key nor another room's.
// (nginx-rtmp can rename a stream, but its HLS keeps the first name.)
func (e Edge) OnPublish(ctx context.Context, ev hooks.Event) (string, error) {
	s := e.Service
	playlist, pulls := s.fronts.Playlist(ev.Server), s.fronts.Pulls(ev.Server)
	h, err := s.rooms.ByKey(ctx, ev.Query.Get("key"))
	if err != nil || playlist == "" && !pulls {
		return "", refused(errors.Join(err, nowhere(playlist, pulls)))
	}
	name := h.ID.String()
	if ev.Name != name {
		return "", fmt.Errorf("%w: publish as %s?key=…", hooks.ErrRefused, name)
	}
	if err := e.reused(ctx, h.ID, connection(ev)); err != nil {
		return "", err
	}
	if pulls {
		if err := s.stage.Expect(ctx, h.ID, connection(ev)); err != nil {
			return "", err
		}
		s.fronts.Begin(h.ID, connection(ev))
		return name, nil
	}
	url := strings.ReplaceAll(playlist, "{name}", name)
	return name, s.stage.Arrived(ctx, h.ID, room.Connection{URL: url, ID: connection(ev)})
}

// reused lets the room wait whose connection had the name that another's has now: a
// server that was started again counts anew, and said no goodbye.
func (e Edge) reused(ctx context.Context, r id.Room, connection string) error {
	old, err := e.Service.rooms.Connected(ctx, connection)
	if errors.Is(err, sql.ErrNoRows) || err == nil && old.ID == r {
		return nil
	}
	if err != nil {
		return err
	}
	return e.Service.stage.Hung(ctx, old.ID, connection)
}

func nowhere(playlist string, pulls bool) error {
	if playlist == "" && !pulls {
		return fmt.Errorf("%w: nothing is configured for this server", hooks.ErrRefused)
	}
	return nil
}

// connection names a connection of a server: the goodbye of an older one must not
// end the show of a newer.
func connection(ev hooks.Event) string { return ev.Server + ":" + ev.Client }

// OnUpdate sends a publisher away whose show is over, or who was taken over from. One
// that was there all the time while this program was not finds its show going on.
func (e Edge) OnUpdate(ctx context.Context, ev hooks.Event) error {
	s := e.Service
	over := fmt.Errorf("%w: the show is over", hooks.ErrRefused)
	r, err := e.Service.rooms.Connected(ctx, connection(ev))
	if errors.Is(err, sql.ErrNoRows) {
		return over
	}
	if err != nil {
		return err
	}
	st, err := e.Service.shows.Standing(ctx, r.ID)
	switch {
	case err != nil:
		return err
	case s.fronts.Pulls(ev.Server) && r.ExternalURL == "":
		if st.State() == show.Cancelled {
			return over
		}
		return s.fronts.Ensure(ctx, r.ID) // a show may not have begun yet; its end takes the connection away
	case st.Now.State == show.Paused && st.OnAir():
		return e.Service.stage.Arrived(ctx, r.ID, room.Connection{URL: r.ExternalURL, ID: connection(ev)})
	case !st.OnAir() && !st.Private():
		return over
	}
	return nil
}

// OnUnpublish lets the room wait for its publisher, unless a newer one is there.
func (e Edge) OnUnpublish(ctx context.Context, ev hooks.Event) error {
	r, err := e.Service.rooms.Connected(ctx, connection(ev))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return e.Service.stage.Hung(ctx, r.ID, connection(ev))
}

// OnPlay lets everybody watch what is public, and us pull whatever it is.
func (e Edge) OnPlay(ctx context.Context, ev hooks.Event) error {
	var r id.Room
	if e.Service.fronts.Ours(ev.Name, ev.Query) {
		return nil
	}
	if r.UnmarshalText([]byte(ev.Name)) != nil || r.IsZero() {
		return nil
	}
	door, err := e.Service.rooms.Door(ctx, r)
	if err == nil && door.Private() {
		return hooks.ErrRefused
	}
	return err
}

// OnStop is of no concern: viewers are counted in the room.
func (e Edge) OnStop(context.Context, hooks.Event) error { return nil }

// OnRecord notes where the other server keeps a recording; replays of ours need
// our own.
func (e Edge) OnRecord(_ context.Context, ev hooks.Event) error {
	e.Service.log.Info("recorded elsewhere", "server", ev.Server, "stream", ev.Name, "file", ev.File)
	return nil
}
