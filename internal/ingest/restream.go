package ingest

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/media/relay"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
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

// Addresses says whether a host may be called at a port, as far as that can be told
// before its name is resolved.
type Addresses interface {
	CheckNamed(host string, port int) error
}

// Limits on restreams.
const (
	RestreamsMax    = 5
	restreamURLMax  = 500
	restreamNameMax = 30
)

// Restreams keeps where rooms are sent on to.
type Restreams struct {
	db    *sqldb.DB
	box   *secret.Box
	rooms *room.Service
	relay Relay
	may   Addresses
	turn  sync.Mutex // what was read last is what the relay is told last
}

// NewRestreams makes that part.
func NewRestreams(db *sqldb.DB, box *secret.Box, rooms *room.Service, to Relay, may Addresses) *Restreams {
	return &Restreams{db: db, box: box, rooms: rooms, relay: to, may: may}
}

// Of lists where a room is sent on to.
func (s *Restreams) Of(ctx context.Context, r id.Room) ([]Restream, error) {
	return s.restreams(ctx, s.db.Reader(), r)
}

// Add adds an address and begins to send when the room is on air. Faults:
// live.bad_restream, live.restream_forbidden, live.not_found.
func (s *Restreams) Add(ctx context.Context, key idem.Key, shop id.Shop, r Restream) (Restream, error) {
	u, err := url.Parse(r.URL)
	bad := fault.Invalid("live.bad_restream", "max", RestreamsMax).At("body.url")
	if err != nil || (u.Scheme != "rtmp" && u.Scheme != "rtmps") || u.Host == "" ||
		strings.Count(strings.Trim(u.Path, "/"), "/") < 1 || len(r.URL) > restreamURLMax {
		return Restream{}, bad
	}
	port, err := relay.Port(u)
	if err != nil {
		return Restream{}, bad
	}
	if err := s.may.CheckNamed(u.Hostname(), port); err != nil {
		return Restream{}, fault.Invalid("live.restream_forbidden").At("body.url").Because(err)
	}
	r.Name = strings.TrimSpace(r.Name)
	if r.Name == "" || utf8.RuneCountInString(r.Name) > restreamNameMax {
		r.Name = u.Hostname()
	}
	r.ID, err = idem.Once(ctx, s.db, key, func(ctx context.Context, tx *sqldb.Tx) (id.Restream, error) {
		if err := room.Lock(ctx, tx, shop, r.Room); err != nil {
			return id.Restream{}, err
		}
		n, err := countRestreams(ctx, tx, r.Room)
		if err == nil && n >= RestreamsMax {
			err = bad
		}
		if err != nil {
			return id.Restream{}, err
		}
		added := r
		added.ID, added.At = id.Make[id.Restream](tx), tx.Now()
		if err := insertRestream(ctx, tx, added, s.box.Seal([]byte(r.URL), restreamSeal(added.ID))); err != nil {
			return added.ID, err
		}
		return added.ID, audit.Changed(ctx, tx, "restream.added", shop, added.ID, nil, map[string]string{
			"name": r.Name, "host": u.Host, // never the path: a key stands in it
		})
	})
	if err != nil {
		return Restream{}, err
	}
	return r, s.Sync(ctx, r.Room)
}

func restreamSeal(r id.Restream) string { return "restream " + r.String() }

// Switch turns sending on or off. Faults: live.no_such_restream, live.not_found.
func (s *Restreams) Switch(ctx context.Context, shop id.Shop, r id.Room, restream id.Restream, enabled bool) error {
	return s.change(ctx, shop, r, func(ctx context.Context, tx *sqldb.Tx) (bool, error) {
		ok, err := switchRestream(ctx, tx, r, restream, enabled)
		if err != nil || !ok {
			return ok, err
		}
		return true, audit.Changed(ctx, tx, "restream.switched", shop, restream, nil, enabled)
	})
}

// Remove removes an address. Faults: live.no_such_restream, live.not_found.
func (s *Restreams) Remove(ctx context.Context, shop id.Shop, r id.Room, restream id.Restream) error {
	return s.change(ctx, shop, r, func(ctx context.Context, tx *sqldb.Tx) (bool, error) {
		ok, err := deleteRestream(ctx, tx, r, restream)
		if err != nil || !ok {
			return ok, err
		}
		return true, audit.Changed(ctx, tx, "restream.removed", shop, restream, nil, nil)
	})
}

func (s *Restreams) change(
	ctx context.Context, shop id.Shop, r id.Room, do func(ctx context.Context, tx *sqldb.Tx) (bool, error),
) error {
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if _, err := room.OfShop(ctx, tx, shop, r); err != nil {
			return err
		}
		ok, err := do(ctx, tx)
		if err == nil && !ok {
			return fault.NotFound("live.no_such_restream")
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.Sync(ctx, r)
}

// Sync tells the engine what is wanted. What is not public is not sent on.
func (s *Restreams) Sync(ctx context.Context, r id.Room) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	place, err := s.rooms.Find(ctx, r)
	if err != nil {
		return err
	}
	list, err := s.Of(ctx, r)
	if err != nil {
		return err
	}
	var targets []relay.Target
	for _, t := range list {
		if t.Enabled && !place.Private() {
			targets = append(targets, relay.Target{ID: t.ID.String(), URL: t.URL})
		}
	}
	s.relay.Set(r.String(), targets)
	return nil
}

// Start takes up all restreams after a start. One that cannot be read keeps no
// other.
func (s *Restreams) Start(ctx context.Context) error {
	rooms, err := roomsRestreamed(ctx, s.db.Reader())
	errs := []error{err}
	for _, r := range rooms {
		errs = append(errs, s.Sync(ctx, r))
	}
	return errors.Join(errs...)
}

func (s *Restreams) restreams(ctx context.Context, q sqldb.Querier, r id.Room) ([]Restream, error) {
	list, err := restreamsOf(ctx, q, r)
	if err != nil {
		return nil, err
	}
	for i, x := range list {
		plain, err := s.box.Open(x.URL, restreamSeal(x.ID))
		if err != nil {
			return nil, err
		}
		list[i].URL = string(plain)
	}
	return list, nil
}
