package room

import (
	"context"
	"database/sql"
	"errors"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/sqldb"
)

// Why a publisher is refused.
var (
	ErrWrongKey = errors.New("wrong stream key")
	ErrEnded    = errors.New("the host has just ended this show")
)

// Holder is the room that a key opens, and how its picture is wanted.
type Holder struct {
	Room
	Renditions []int // of the ladder; none: none
}

// Key shows the stream key of a room.
func (s *Service) Key(ctx context.Context, room id.Room) (string, error) {
	sealed, err := sealedKey(ctx, s.db.Reader(), room)
	if err != nil {
		return "", err
	}
	key, err := s.box.Open(sealed, keySeal(room))
	return string(key), err
}

// ResetKey makes the old key useless; whoever publishes with it is to be sent
// away. Fault live.not_found.
func (s *Service) ResetKey(ctx context.Context, shop id.Shop, room id.Room) error {
	key := newKey()
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		ok, err := setKey(ctx, tx, room, shop, sealed{
			s.box.Index(key, keyIndex),
			s.box.Seal([]byte(key), keySeal(room)),
		})
		if err == nil && !ok {
			return fault.NotFound("live.not_found")
		}
		if err != nil {
			return err
		}
		return audit.Changed(ctx, tx, "stream_key.reset", shop, room, nil, nil)
	})
}

// ByKey finds the room that a key opens now. Errors ErrWrongKey, ErrEnded.
func (s *Service) ByKey(ctx context.Context, key string) (Holder, error) {
	if key == "" {
		return Holder{}, ErrWrongKey
	}
	h, closedUntil, err := roomByKey(ctx, s.db.Reader(), s.box.Index(key, keyIndex))
	if errors.Is(err, sql.ErrNoRows) {
		return h, ErrWrongKey
	}
	if err != nil {
		return h, err
	}
	if !h.CancelledAt.IsZero() || s.db.Clock().Now().Before(closedUntil) {
		return h, ErrEnded
	}
	if h.Part <= 0 {
		h.Part = s.options.Part
	}
	switch {
	case !h.Ladder:
		h.Renditions = nil
	case len(h.Renditions) == 0:
		h.Renditions = s.options.Renditions
	}
	return h, nil
}
