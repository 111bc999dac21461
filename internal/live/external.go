package live

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"hawker/internal/base/id"
	"hawker/internal/media/hooks"
	"hawker/internal/platform/sqldb"
)

// Edge makes rooms of what servers in front of us tell: SRS and nginx-rtmp take
// the publisher and package the picture; the room, its key and its states are
// ours. It implements hooks.Handler.
type Edge struct {
	Service *Service
	// Playlists says where a server puts the HLS of a stream, "{name}" stands for
	// the stream's name; by server, "" where it may not publish here.
	Playlists map[string]string
}

// refused turns a room's "no" into the hook's.
func refused(err error) error {
	if errors.Is(err, ErrWrongKey) || errors.Is(err, ErrEnded) {
		return fmt.Errorf("%w: %w", hooks.ErrRefused, err)
	}
	return err
}

// OnConnect lets everybody connect: the key comes with the publishing.
func (e Edge) OnConnect(context.Context, hooks.Event) error { return nil }

// OnPublish puts the room of a key on air. The stream's name is the room's id and
// the key its argument `key`: the name stands in every viewer's playlist, so it
// can be neither the key nor another room's. (nginx-rtmp can rename a stream, but
// its HLS keeps the first name.)
func (e Edge) OnPublish(ctx context.Context, ev hooks.Event) (string, error) {
	s := e.Service
	playlist := e.Playlists[ev.Server]
	k, err := s.keyHolder(ctx, ev.Query.Get("key"))
	if err != nil || playlist == "" {
		return "", refused(errors.Join(err, noPlaylist(playlist)))
	}
	name := k.room.String()
	if ev.Name != name {
		return "", fmt.Errorf("%w: publish as %s?key=…", hooks.ErrRefused, name)
	}
	url := strings.ReplaceAll(playlist, "{name}", name)
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		r, err := find(ctx, tx, k.room)
		if err != nil {
			return err
		}
		if err := setExternal(ctx, tx, k.room, url, externalID(ev)); err != nil || r.Mode == WarmUp {
			return err
		}
		return s.goOnAir(ctx, tx, r)
	})
	if err != nil {
		return "", err
	}
	s.tellState(ctx, k.room)
	return name, nil
}

func noPlaylist(playlist string) error {
	if playlist == "" {
		return fmt.Errorf("%w: no playlist is configured for this server", hooks.ErrRefused)
	}
	return nil
}

// externalID names a connection of a server: the goodbye of an older one must
// not end the show of a newer.
func externalID(ev hooks.Event) string { return ev.Server + ":" + ev.Client }

// OnUpdate sends a publisher away whose show is over, or who was taken over from.
func (e Edge) OnUpdate(ctx context.Context, ev hooks.Event) error {
	_, err := roomOfExternal(ctx, e.Service.db.Reader(), externalID(ev))
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%w: the show is over", hooks.ErrRefused)
	}
	return err
}

// OnUnpublish lets the room wait for its publisher, unless a newer one is there.
func (e Edge) OnUnpublish(ctx context.Context, ev hooks.Event) error {
	s := e.Service
	room, err := roomOfExternal(ctx, s.db.Reader(), externalID(ev))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if gone, err := clearExternal(ctx, tx, room, externalID(ev)); err != nil || !gone {
			return err
		}
		return pause(ctx, tx, room)
	})
	if err == nil {
		s.tellState(ctx, room)
	}
	return err
}

// OnPlay lets everybody watch what is public.
func (e Edge) OnPlay(_ context.Context, ev hooks.Event) error {
	var room id.Room
	if room.UnmarshalText([]byte(ev.Name)) != nil || room.IsZero() {
		return nil
	}
	if _, private := e.Service.Private(room); private {
		return hooks.ErrRefused
	}
	return nil
}

// OnStop is of no concern: viewers are counted in the room.
func (e Edge) OnStop(context.Context, hooks.Event) error { return nil }

// OnRecord notes where the other server keeps a recording; replays of ours need
// our own.
func (e Edge) OnRecord(_ context.Context, ev hooks.Event) error {
	e.Service.log.Info("recorded elsewhere", "server", ev.Server, "stream", ev.Name, "file", ev.File)
	return nil
}
