// Package live owns rooms: who hosts them, when and for whom they open, what
// stands on their shelf, what is being explained now, what is said, and whether
// the picture is there. The picture itself is media's; this package is its
// Admission, its Observer and its Store, and ties pins and orders to the stream's
// clock. A dead stream loses no order and a slow order stops no stream.
//
//	live.go      the room            plan.go      schedule, modes
//	picture.go   the engine's news   audience.go  who comes, likes, figures
//	shelf.go     what it sells       marks.go     what was explained when
//	chat.go      what is said        moderate.go  who may say it
//	external.go  servers in front    restream.go  servers behind
//	announce.go  notices of shows    settings.go  what a shop says once
package live

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/media/stream"
	"hawker/internal/moderation"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/social"
)

// State is where a room is.
type State string

// The states. A room is paused while its publisher is away for a moment; it
// returns to live when the publisher does, also after it had ended.
const (
	Scheduled State = "scheduled"
	Live      State = "live"
	Paused    State = "paused"
	Ended     State = "ended"
	Cancelled State = "cancelled" // before it had begun
)

// Room is a live room.
type Room struct {
	ID        id.Room
	Shop      id.Shop
	Host      id.User
	Title     string
	CoverURL  string
	State     State
	Likes     int64
	Messages  int64
	StartedAt time.Time
	EndedAt   time.Time
	Replay    bool // a recording can be played
	Recorded  bool // shows are recorded; set when the room is made
	CreatedAt time.Time

	Mode          Mode
	ScheduledAt   time.Time
	Part          time.Duration // wanted length of a part; 0 is the installation's
	Ladder        bool          // smaller renditions are made
	Slow          time.Duration // between two messages of one viewer
	FollowersOnly bool
	PinnedMessage id.Message
	Entries       int64 // how often somebody came in
	ViewersPeak   int64
	Follows       int64  // new followers while here
	ExternalURL   string // where another server serves the picture, if one does
}

// ShelfItem is a product that the room sells.
type ShelfItem struct {
	Product  id.Product
	Position int
	Sold     int64 // in this room
	Hidden   bool  // from viewers
	Notes    string
}

// Pin is a stretch of "explaining now". StreamAt is the stream's own clock
// (PROGRAM-DATE-TIME) when it began, zero when there was no picture.
type Pin struct {
	ID       id.Pin
	Room     id.Room
	Product  id.Product
	By       id.User
	PinnedAt time.Time
	StreamAt time.Time
	// Both zero while it is explained.
	UnpinnedAt  time.Time
	StreamUntil time.Time
}

// MessageKind says who speaks.
type MessageKind string

// The kinds.
const (
	FromViewer MessageKind = "chat"
	FromHost   MessageKind = "host"
	FromOrder  MessageKind = "order"
	FromSystem MessageKind = "system"
)

// Message is a line of a room's conversation.
type Message struct {
	ID   id.Message
	Room id.Room
	User id.User
	Name string
	Kind MessageKind
	Text string
	// Texts is the same in every language, of what the program says itself.
	Texts    lang.Text
	At       time.Time
	State    MessageState
	Question bool
}

// Limits on a room.
const (
	TitleMax   = 60
	TextMax    = 200
	ShelfMax   = 100
	LikesMax   = 50 // in one request
	recentSize = 50
)

// Publisher carries news to whoever is in a room.
type Publisher interface {
	Publish(ctx context.Context, channel string, v any) error
	Listeners(channel string) int
}

// Picture is the live engine as a room sees it.
type Picture interface {
	Stream(id string) (stream.Health, bool)
	Close(id string) bool
	Kick(id string) bool
	Mark(id string, m stream.Mark) error
}

// Options are what the module needs of others.
type Options struct {
	DB      *sqldb.DB
	Box     *secret.Box
	Log     *slog.Logger
	Catalog *catalog.Service
	News    Publisher
	Words   *moderation.Service
	Follows *social.Service
	Limiter cache.Limiter
	Relay   Relay         // may be nil: nothing is sent on
	Part    time.Duration // wanted length of a part where a room says nothing
	// What a shop has that says nothing of smaller renditions.
	Ladder     bool
	Renditions []int
}

// Service is the module.
type Service struct {
	Options
	db       *sqldb.DB
	box      *secret.Box
	log      *slog.Logger
	catalog  *catalog.Service
	news     Publisher
	picture  Picture // set by Attach: the engine asks this package for admission, so one of the two comes first
	people   Names
	listener Listener
	audience audience
	stage    stage
}

// Listener hears what viewers say, after it is on the screens.
type Listener interface {
	Said(ctx context.Context, room id.Room, user id.User, text string)
}

// Listen sets who hears what viewers say, before anything runs.
func (s *Service) Listen(l Listener) { s.listener = l }

// New makes the module.
func New(o Options) *Service {
	return &Service{Options: o, db: o.DB, box: o.Box, log: o.Log, catalog: o.Catalog, news: o.News, audience: newAudience()}
}

// Attach gives the module its live engine, before anything runs.
func (s *Service) Attach(p Picture) { s.picture = p }

// Plan is what a merchant says of a room.
type Plan struct {
	Shop        id.Shop
	Host        id.User
	Title       string
	CoverURL    string
	Products    []id.Product
	ScheduledAt time.Time // zero: whenever the picture comes
	Mode        Mode      // empty is open
	Key         string    // empty: a fresh one
	Unkept      bool      // nothing is recorded
}

func keySeal(room id.Room) string { return "stream key " + room.String() }

// Create makes a room with its shelf and a stream key. Faults: live.bad_title,
// live.bad_shelf.
func (s *Service) Create(ctx context.Context, p Plan) (Room, error) {
	title, err := checkTitle(p.Title)
	if err != nil {
		return Room{}, err
	}
	shelf, err := s.shelfOf(ctx, p.Shop, p.Products)
	if err != nil {
		return Room{}, err
	}
	if err := s.checkSchedule(p.ScheduledAt); err != nil {
		return Room{}, err
	}
	if p.Key == "" {
		p.Key = newKey()
	}
	if p.Mode == "" {
		p.Mode = Open
	}
	set, err := s.SettingsOf(ctx, p.Shop)
	if err != nil {
		return Room{}, err
	}
	r := Room{
		Shop: p.Shop, Host: p.Host, Title: title, CoverURL: p.CoverURL, State: Scheduled, Recorded: !p.Unkept, Mode: p.Mode, ScheduledAt: p.ScheduledAt,
		Ladder: set.Ladder,
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		r.ID, r.CreatedAt = id.Make[id.Room](tx), tx.Now()
		fresh, err := insertRoom(ctx, tx, r, s.box.Index(p.Key, "stream key"), s.box.Seal([]byte(p.Key), keySeal(r.ID)))
		if err != nil || !fresh {
			return errors.Join(err, fault.Conflict("live.key_taken"))
		}
		return putShelf(ctx, tx, r.ID, shelf)
	})
	if err == nil {
		s.stage.set(r.ID, r.Shop, r.Mode)
	}
	return r, err
}

func newKey() string { return "live_" + id.Token()[:20] }

func checkTitle(title string) (string, error) {
	title = strings.TrimSpace(title)
	if n := utf8.RuneCountInString(title); n == 0 || n > TitleMax {
		return "", fault.Invalid("live.bad_title", "max", TitleMax).At("body.title")
	}
	return title, nil
}

// shelfOf checks that products are the shop's own.
func (s *Service) shelfOf(ctx context.Context, shop id.Shop, products []id.Product) ([]id.Product, error) {
	found, err := s.catalog.ProductsByID(ctx, products)
	if err != nil {
		return nil, err
	}
	seen := map[id.Product]bool{}
	for _, p := range products {
		if found[p].Shop != shop || seen[p] || len(products) > ShelfMax {
			return nil, fault.Invalid("live.bad_shelf", "max", ShelfMax).At("body.product_ids")
		}
		seen[p] = true
	}
	return products, nil
}

// Find reads a room; fault live.not_found.
func (s *Service) Find(ctx context.Context, room id.Room) (Room, error) {
	return find(ctx, s.db.Reader(), room)
}

func find(ctx context.Context, q sqldb.Querier, room id.Room) (Room, error) {
	r, err := roomByID(ctx, q, room)
	if errors.Is(err, sql.ErrNoRows) {
		return r, fault.NotFound("live.not_found")
	}
	return r, err
}

// OfShop finds a room of a shop.
func (s *Service) OfShop(ctx context.Context, shop id.Shop, room id.Room) (Room, error) {
	r, err := s.Find(ctx, room)
	if err == nil && r.Shop != shop {
		return Room{}, fault.NotFound("live.not_found")
	}
	return r, err
}

// List answers rooms, newest first; live counts paused ones. Without staff, what
// is not open is left out.
func (s *Service) List(ctx context.Context, shop id.Shop, state State, staff bool, r page.Request) (page.Page[Room], error) {
	var before id.Room
	if err := page.Decode(r.Cursor, &before); err != nil {
		return page.Page[Room]{}, err
	}
	rows, err := listRooms(ctx, s.db.Reader(), roomFilter{shop: shop, state: state, before: before, staff: staff}, r.Size()+1)
	return page.Cut(rows, r.Size(), func(r Room) any { return r.ID }), err
}

// update runs a change on a room of a shop.
func (s *Service) update(ctx context.Context, shop id.Shop, room id.Room, fn func(ctx context.Context, tx *sqldb.Tx, r Room) error) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		r, err := find(ctx, tx, room)
		if err != nil {
			return err
		}
		if r.Shop != shop {
			return fault.NotFound("live.not_found")
		}
		return fn(ctx, tx, r)
	})
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

// ResetKey makes the old key useless and sends a publisher that used it away.
func (s *Service) ResetKey(ctx context.Context, shop id.Shop, room id.Room) error {
	key := newKey()
	err := s.update(ctx, shop, room, func(ctx context.Context, tx *sqldb.Tx, _ Room) error {
		return setKey(ctx, tx, room, s.box.Index(key, "stream key"), s.box.Seal([]byte(key), keySeal(room)))
	})
	if err == nil {
		s.picture.Close(room.String())
	}
	return err
}

// Health is the state of the picture.
func (s *Service) Health(room id.Room) (stream.Health, bool) { return s.picture.Stream(room.String()) }

// Viewers counts who is in the room.
func (s *Service) Viewers(room id.Room) int { return s.news.Listeners(channel(room)) }

// RoomShowing implements catalog.LiveNow: the newest live room with the product
// on its shelf.
func (s *Service) RoomShowing(ctx context.Context, product id.Product) (id.Room, error) {
	rooms, err := liveRoomsWith(ctx, s.db.Reader(), product)
	if err != nil || len(rooms) == 0 {
		return id.Room{}, err
	}
	return rooms[0], nil
}

// Since lists a shop's rooms that have been on air since a time.
func (s *Service) Since(ctx context.Context, shop id.Shop, since time.Time) ([]Room, error) {
	return roomsSince(ctx, s.db.Reader(), shop, since)
}
