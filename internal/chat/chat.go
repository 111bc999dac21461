// Package chat keeps what is said in rooms: messages, who may say them and what is
// done about them, purchases that everybody sees. What is said belongs to the show
// in which it was said; what is said while a room waits for one becomes that one's.
package chat

import (
	"context"
	"log/slog"
	"slices"
	"time"
	"unicode/utf8"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/permission"
	"hawker/internal/catalog"
	"hawker/internal/moderation"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/show"
	"hawker/internal/social"
)

// Kind says who speaks.
type Kind string

// The kinds.
const (
	FromViewer Kind = "chat"
	FromStaff  Kind = "staff" // by their own name: the server says whose they are
	FromHost   Kind = "host"
	FromOrder  Kind = "order"
	FromSystem Kind = "system"
)

// State says who sees a message.
type State int

// The states.
const (
	Shown    State = iota
	Held           // a moderator looks first
	Removed        // nobody sees it any more
	gathered       // a purchase that is told, with others, in a moment
)

// Message is a line of a room's conversation.
type Message struct {
	ID   id.Message
	Room id.Room
	Show id.Show // zero: while the room waited for one
	User id.User
	Name string
	Kind Kind
	Text string
	// Texts is the same in every language, of what the program says itself.
	Texts    lang.Text
	At       time.Time
	State    State
	Question bool
}

// Limits.
const (
	TextMax    = 200
	recentSize = 50
	saidMax    = 500
)

// Names gives display names.
type Names interface {
	Names(ctx context.Context, users []id.User) (map[id.User]account.User, error)
}

// Staff tells whether somebody works for a shop.
type Staff interface {
	May(ctx context.Context, user id.User, shop id.Shop, p permission.Permission) (bool, error)
}

// Listener hears what viewers say, after it is on the screens.
type Listener interface {
	Said(ctx context.Context, room id.Room, user id.User, text string) error
}

// Sockets asks again who may listen to what, after rights have ended.
type Sockets interface {
	RecheckUser(ctx context.Context, user id.User) error
}

// Options are what the module needs of others.
type Options struct {
	DB       *sqldb.DB
	Log      *slog.Logger
	Shows    *show.Service
	Catalog  *catalog.Service
	Shops    catalog.ShopNames
	Staff    Staff
	News     room.News
	Words    *moderation.Service
	Follows  *social.Service
	Limiter  cache.Limiter
	People   Names
	Listener Listener // may be nil
	Sockets  Sockets  // may be nil
}

// Service is the module.
type Service struct {
	options Options
	db      *sqldb.DB
	log     *slog.Logger
	shows   *show.Service
	news    room.News
	answers *idem.Brief[Message]
}

// New makes the module.
func New(o Options) *Service {
	return &Service{
		options: o, db: o.DB, log: o.Log, shows: o.Shows, news: o.News,
		answers: idem.NewBrief[Message](),
	}
}

// News that a room hears, by their type.
const (
	newsMessage       = "message"
	newsRemoved       = "removed"
	newsHeld          = "held"
	newsPinnedMessage = "pinned_message"
)

// Say adds a message to a room and shows it to everybody in it; one that is held
// is shown to the staff. Faults: live.bad_text, live.not_found.
func (s *Service) Say(ctx context.Context, m Message) (Message, error) {
	var st show.Standing
	var err error
	if m.Text, err = checkText(m.Text); err != nil {
		return Message{}, err
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		if st, err = standingToSpeak(ctx, tx, m.Room); err != nil {
			return err
		}
		m.ID, m.At = id.Make[id.Message](tx), tx.Now()
		m.Show = id.Show{}
		if st.State() != show.Scheduled || st.Now.Rehearsal {
			m.Show = st.Now.ID
		}
		if _, err := show.CountMessage(ctx, tx, m.Show); err != nil {
			return err
		}
		return insertMessage(ctx, tx, m)
	})
	if err != nil {
		return Message{}, err
	}
	if m.State == Held {
		s.news.TellStaff(ctx, st.Shop, heldNews{newsHeld, m.Room, View(m)})
		return m, nil
	}
	s.news.Tell(ctx, m.Room, messageNews{newsMessage, View(m)})
	return m, nil
}

// standingToSpeak reads how a room stands. A rehearsal is kept from ending meanwhile:
// what is said in it must not be written when the rest of it has been forgotten, for
// then everybody would read it.
func standingToSpeak(ctx context.Context, tx *sqldb.Tx, r id.Room) (show.Standing, error) {
	st, err := show.Of(ctx, tx, r)
	if err != nil || st.Mode != room.Rehearsal {
		return st, err
	}
	if err := room.Lock(ctx, tx, st.Shop, r); err != nil {
		return st, err
	}
	return show.Of(ctx, tx, r)
}

// checkText gives what was typed as one line; fault live.bad_text.
func checkText(text string) (string, error) {
	text = room.Line(text)
	if n := utf8.RuneCountInString(text); n == 0 || n > TextMax {
		return "", fault.Invalid("live.bad_text", "max", TextMax).At("body.text")
	}
	return text, nil
}

// Recent gives the newest messages of a room's newest show and of those who wait
// for the next, the newest last. Fault live.not_found.
func (s *Service) Recent(ctx context.Context, r id.Room) ([]Message, error) {
	st, err := s.shows.Standing(ctx, r)
	if err != nil {
		return nil, err
	}
	list, err := recentMessages(ctx, s.db.Reader(), r, st.Now.ID, recentSize)
	if err != nil || st.Now.ID.IsZero() {
		return list, err
	}
	waiting, err := recentMessages(ctx, s.db.Reader(), r, id.Show{}, recentSize)
	list = append(list, waiting...)
	slices.SortFunc(list, func(a, b Message) int { return int(min(max(a.ID.Int()-b.ID.Int(), -1), 1)) })
	return list[max(0, len(list)-recentSize):], err
}

// Between lists what was said in a stretch of time, in order: a replay shows the
// chat of then.
func (s *Service) Between(ctx context.Context, r id.Room, from, until time.Time) ([]Message, error) {
	return messagesBetween(ctx, s.db.Reader(), r, from, until)
}

// After lists what was said after a message, for who was away.
func (s *Service) After(ctx context.Context, r id.Room, message id.Message) ([]Message, error) {
	return messagesAfter(ctx, s.db.Reader(), r, message)
}

// Begun prepares the chat of a show that begins: a message of the one before is not
// held at the top any more.
func Begun(ctx context.Context, tx *sqldb.Tx, st show.Standing) error {
	if st.PinnedMessage.IsZero() {
		return nil
	}
	m, err := messageOf(ctx, tx, st.ID, st.PinnedMessage)
	if err != nil && fault.As(err) == nil {
		return err
	}
	if m.Show.IsZero() && err == nil {
		return nil // of those who waited for this show
	}
	_, err = room.UnpinMessage(ctx, tx, st.ID, st.PinnedMessage)
	return err
}

// adopt makes part of a show what was said while the room waited for it.
func adopt(ctx context.Context, tx *sqldb.Tx, e show.Started) error {
	n, err := adoptMessages(ctx, tx, e)
	if err != nil || n == 0 || e.Show.IsZero() {
		return err
	}
	_, err = show.AddFigures(ctx, tx, e.Show, show.Figures{Messages: n})
	return err
}

// Forget takes away what was said in a rehearsal.
func Forget(ctx context.Context, tx *sqldb.Tx, r room.Room, rehearsal id.Show) error {
	if !r.PinnedMessage.IsZero() {
		m, err := messageOf(ctx, tx, r.ID, r.PinnedMessage)
		if err != nil && fault.As(err) == nil {
			return err
		}
		if m.Show == rehearsal || err != nil {
			if _, err := room.UnpinMessage(ctx, tx, r.ID, r.PinnedMessage); err != nil {
				return err
			}
		}
	}
	return forgetMessages(ctx, tx, r.ID, rehearsal)
}
