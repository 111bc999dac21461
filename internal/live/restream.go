package live

import (
	"context"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/media/relay"
	"hawker/internal/platform/sqldb"
)

// Restream is another RTMP server that gets a room's picture while it is public.
// The address holds that server's key: it is sealed, and shown without it.
type Restream struct {
	ID      id.Restream
	Room    id.Room
	Name    string
	URL     string
	Enabled bool
	At      time.Time
}

// Relay is the engine that sends on.
type Relay interface {
	Set(streamID string, targets []relay.Target)
	Status(streamID string) map[string]relay.Status
}

// Limits on restreams.
const (
	RestreamsMax    = 5
	restreamURLMax  = 500
	restreamNameMax = 30
)

// Restreams lists where a room is sent on to.
func (s *Service) Restreams(ctx context.Context, room id.Room) ([]Restream, error) {
	return s.restreams(ctx, s.db.Reader(), room)
}

// AddRestream adds an address and begins to send when the room is on air. Fault
// live.bad_restream.
func (s *Service) AddRestream(ctx context.Context, shop id.Shop, r Restream) (Restream, error) {
	u, err := url.Parse(r.URL)
	bad := fault.Invalid("live.bad_restream", "max", RestreamsMax).At("body.url")
	if err != nil || (u.Scheme != "rtmp" && u.Scheme != "rtmps") || u.Host == "" || strings.Count(strings.Trim(u.Path, "/"), "/") < 1 || len(r.URL) > restreamURLMax {
		return Restream{}, bad
	}
	r.Name = strings.TrimSpace(r.Name)
	if r.Name == "" || utf8.RuneCountInString(r.Name) > restreamNameMax {
		r.Name = u.Hostname()
	}
	err = s.update(ctx, shop, r.Room, func(ctx context.Context, tx *sqldb.Tx, _ Room) error {
		have, err := s.restreams(ctx, tx, r.Room)
		if err != nil {
			return err
		}
		if len(have) >= RestreamsMax {
			return bad
		}
		r.ID, r.At = id.Make[id.Restream](tx), tx.Now()
		return insertRestream(ctx, tx, r, s.box.Seal([]byte(r.URL), restreamSeal(r.ID)))
	})
	if err != nil {
		return Restream{}, err
	}
	return r, s.syncRelay(ctx, r.Room)
}

func restreamSeal(r id.Restream) string { return "restream " + r.String() }

// SwitchRestream turns sending on or off; gone removes the address. Fault
// live.no_such_restream.
func (s *Service) SwitchRestream(ctx context.Context, shop id.Shop, room id.Room, restream id.Restream, enabled, gone bool) error {
	err := s.update(ctx, shop, room, func(ctx context.Context, tx *sqldb.Tx, _ Room) error {
		ok, err := changeRestream(ctx, tx, room, restream, enabled, gone)
		if err == nil && !ok {
			return fault.NotFound("live.no_such_restream")
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.syncRelay(ctx, room)
}

// syncRelay tells the engine what is wanted. What is not public is not sent on.
func (s *Service) syncRelay(ctx context.Context, room id.Room) error {
	if s.Relay == nil {
		return nil
	}
	r, err := s.Find(ctx, room)
	if err != nil {
		return err
	}
	list, err := s.Restreams(ctx, room)
	if err != nil {
		return err
	}
	var targets []relay.Target
	for _, t := range list {
		if t.Enabled && r.Mode == Open {
			targets = append(targets, relay.Target{ID: t.ID.String(), URL: t.URL})
		}
	}
	s.Relay.Set(room.String(), targets)
	return nil
}

// StartRelays takes up all restreams after a start.
func (s *Service) StartRelays(ctx context.Context) error {
	rooms, err := roomsRestreamed(ctx, s.db.Reader())
	if err != nil {
		return err
	}
	for _, room := range rooms {
		if err := s.syncRelay(ctx, room); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) restreams(ctx context.Context, q sqldb.Querier, room id.Room) ([]Restream, error) {
	list, err := restreamsOf(ctx, q, room)
	if err != nil {
		return nil, err
	}
	for i, r := range list {
		plain, err := s.box.Open(r.URL, restreamSeal(r.ID))
		if err != nil {
			return nil, err
		}
		list[i].URL = string(plain)
	}
	return list, nil
}
