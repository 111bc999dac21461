// Package room keeps the places where hosts sell live: whose a room is, for whom
// it is open, when a show is planned, which key opens it for a publisher, the
// rules of its chat, who wants to be reminded. What happens in a room on one
// evening is a show (package show); what it sells and what is said are shelf and
// chat. Each change here is one guarded statement, so that two hands at once lose
// nothing.
package room

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"
	"unicode/utf8"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
)

// Mode says for whom a room is.
type Mode string

// The modes. In warm-up the picture is on and only staff see it; the show begins
// when the room is opened. In a rehearsal everything works and nothing is public;
// what was said, shown and liked is forgotten when the room leaves it.
const (
	Open      Mode = httpapi.RoomOpen
	WarmUp    Mode = httpapi.RoomWarmUp
	Rehearsal Mode = httpapi.RoomRehearsal
)

// Room is a place where a host sells live.
type Room struct {
	ID            id.Room
	Shop          id.Shop
	Host          id.User
	Title         string
	CoverURL      string
	Mode          Mode
	Show          id.Show   // that runs or was the last; in a rehearsal, the rehearsal; zero: none yet
	ScheduledAt   time.Time // zero: whenever the picture comes
	CancelledAt   time.Time // zero: it was not called off
	Recorded      bool      // shows are recorded; set when the room is made
	Part          time.Duration
	Ladder        bool          // smaller renditions are made
	Slow          time.Duration // between two messages of one viewer
	FollowersOnly bool
	PinnedMessage id.Message
	ExternalURL   string // where another server serves the picture, if one does
	CreatedAt     time.Time
}

// Private tells whether the room is for its staff only.
func (r Room) Private() bool { return r.Mode != Open }

// Limits on a room.
const (
	TitleMax = 60
	aheadMax = 365 * 24 * time.Hour
	slowMax  = 10 * time.Minute
	fastPart = 200 * time.Millisecond
)

// Publisher carries news to whoever is in a room.
type Publisher interface {
	Publish(ctx context.Context, channel string, v any) error
	Listeners(channel string) int
}

// News tells rooms what is new in them. News that do not arrive are logged:
// whoever opens the room reads how it stands.
type News struct {
	Publisher Publisher
	Log       *slog.Logger
}

// Tell publishes news to a room.
func (n News) Tell(ctx context.Context, room id.Room, news any) {
	if err := n.Publisher.Publish(ctx, realtime.RoomChannel(room), news); err != nil {
		n.Log.Warn("room not told", "room", room.String(), "error", err)
	}
}

// TellStaff publishes news to the counter of a shop.
func (n News) TellStaff(ctx context.Context, shop id.Shop, news any) {
	if err := n.Publisher.Publish(ctx, realtime.ShopChannel(shop), news); err != nil {
		n.Log.Warn("staff not told", "shop", shop.String(), "error", err)
	}
}

// Viewers counts who is in a room.
func (n News) Viewers(room id.Room) int { return n.Publisher.Listeners(realtime.RoomChannel(room)) }

// Options are what the module needs of others.
type Options struct {
	DB      *sqldb.DB
	Box     *secret.Box
	Notices Notices
	// What a shop has that says nothing of smaller renditions.
	Ladder     bool
	Renditions []int
	Part       time.Duration // wanted length of a part where a room says nothing
}

// Service is the module.
type Service struct {
	options Options
	db      *sqldb.DB
	box     *secret.Box
	doors   *doors
}

// New makes the module.
func New(o Options) *Service {
	return &Service{options: o, db: o.DB, box: o.Box, doors: newDoors(o.DB)}
}

// Plan is what a merchant says of a room.
type Plan struct {
	Shop        id.Shop
	Host        id.User
	Title       string
	CoverURL    string
	ScheduledAt time.Time
	Mode        Mode   // empty is open
	Key         string // empty: a fresh one
	Unkept      bool   // nothing is recorded
}

// Draft checks a plan and gives what is to be added; faults live.bad_title,
// live.bad_schedule.
func (s *Service) Draft(ctx context.Context, p Plan) (Draft, error) {
	title, err := checkTitle(p.Title)
	if err != nil {
		return Draft{}, err
	}
	if err := s.checkSchedule(p.ScheduledAt); err != nil {
		return Draft{}, err
	}
	set, err := s.SettingsOf(ctx, p.Shop)
	if err != nil {
		return Draft{}, err
	}
	if p.Key == "" {
		p.Key = newKey()
	}
	if p.Mode == "" {
		p.Mode = Open
	}
	return Draft{key: p.Key, room: Room{
		Shop: p.Shop, Host: p.Host, Title: title, CoverURL: p.CoverURL, Recorded: !p.Unkept, Mode: p.Mode,
		ScheduledAt: p.ScheduledAt, Ladder: set.Ladder,
	}}, nil
}

// Draft is a room that has been checked and not added.
type Draft struct {
	room Room
	key  string
}

// Add makes a room of a draft; fault live.key_taken.
func (s *Service) Add(ctx context.Context, tx *sqldb.Tx, d Draft) (Room, error) {
	r := d.room
	r.ID, r.CreatedAt = id.Make[id.Room](tx), tx.Now()
	fresh, err := insertRoom(ctx, tx, r, s.box.Index(d.key, keyIndex), s.box.Seal([]byte(d.key), keySeal(r.ID)))
	if err != nil || !fresh {
		return r, errors.Join(err, fault.Conflict("live.key_taken"))
	}
	return r, nil
}

const keyIndex = "stream key"

func keySeal(room id.Room) string { return "stream key " + room.String() }

func newKey() string { return "live_" + id.Token()[:20] }

func checkTitle(title string) (string, error) {
	title = Line(title)
	if n := utf8.RuneCountInString(title); n == 0 || n > TitleMax {
		return "", fault.Invalid("live.bad_title", "max", TitleMax).At("body.title")
	}
	return title, nil
}

func (s *Service) checkSchedule(at time.Time) error {
	now := s.db.Clock().Now()
	if !at.IsZero() && (at.Before(now) || at.After(now.Add(aheadMax))) {
		return fault.Invalid("live.bad_schedule").At("body.scheduled_at")
	}
	return nil
}

// ByID reads a room; fault live.not_found.
func ByID(ctx context.Context, q sqldb.Querier, room id.Room) (Room, error) {
	r, err := roomByID(ctx, q, room)
	if errors.Is(err, sql.ErrNoRows) {
		return r, fault.NotFound("live.not_found")
	}
	return r, err
}

// OfShop reads a room of a shop; fault live.not_found.
func OfShop(ctx context.Context, q sqldb.Querier, shop id.Shop, room id.Room) (Room, error) {
	r, err := ByID(ctx, q, room)
	if err == nil && r.Shop != shop {
		return Room{}, fault.NotFound("live.not_found")
	}
	return r, err
}

// Find reads a room; fault live.not_found.
func (s *Service) Find(ctx context.Context, room id.Room) (Room, error) {
	return ByID(ctx, s.db.Reader(), room)
}

// OfShop finds a room of a shop; fault live.not_found.
func (s *Service) OfShop(ctx context.Context, shop id.Shop, room id.Room) (Room, error) {
	return OfShop(ctx, s.db.Reader(), shop, room)
}

// Change is what a host changes of a room; nil is unchanged.
type Change struct {
	Title         *string
	CoverURL      *string
	ScheduledAt   *time.Time
	Slow          *time.Duration
	FollowersOnly *bool
	LowLatency    *bool // from the next show on
	Ladder        *bool // likewise
}

// Update changes what is named of a room and nothing else: two hands at once both
// keep theirs. Faults: live.bad_title, live.bad_schedule, live.bad_chat_rules,
// live.not_found.
func (s *Service) Update(ctx context.Context, shop id.Shop, room id.Room, c Change) error {
	if c.Title != nil {
		title, err := checkTitle(*c.Title)
		if err != nil {
			return err
		}
		c.Title = &title
	}
	if c.ScheduledAt != nil {
		if err := s.checkSchedule(*c.ScheduledAt); err != nil {
			return err
		}
	}
	if c.Slow != nil && (*c.Slow < 0 || *c.Slow > slowMax) {
		return fault.Invalid("live.bad_chat_rules", "max", int(slowMax.Seconds())).At("body.slow_seconds")
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		ok, err := updateRoom(ctx, tx, shop, room, c)
		if err == nil && !ok {
			return fault.NotFound("live.not_found")
		}
		return err
	})
}
